// One file that a sink writes: rows are gathered, written together and made safe together; only then they count as delivered. After a failure the
// file ends behind the last row that is safe. Made by sink.ts; when things are due: safety.ts.
import type { FileHandle } from 'node:fs/promises';
import type { Clock, TimerHandle } from '../../base/clock.ts';
import { ioError, messageOf } from '../../base/errors/gateway-error.ts';
import { createFileCipher } from './file-cipher.ts';
import { type Compression, createPacker, type Packer, packWhole } from './packer.ts';
import { SYNC_ROWS, syncDueMs, type Unsafe, WRITE_BYTES, writeDueMs } from './safety.ts';

export interface Opened {
  readonly handle: FileHandle;
  readonly path: string;
  /** Bytes that were there and stay. */
  readonly size: number;
  /** It is gone on with: as it was left. */
  readonly resumed: Standing | undefined;
  /** The name is safe in its folder after it. */
  syncName(): Promise<void>;
}

/** What is in a file, in rows: it rolls by these. */
export interface Content {
  readonly openedAtMs: number;
  readonly entries: number;
  /** Unpacked; counted for rollingSize only. */
  readonly rowBytes: number;
}

/** How far a file got: enough to go on with it later. */
export interface Standing extends Content {
  /** Bytes of the file that are safe. */
  readonly size: number;
  /** What stands behind them: the end mark of a json file, which is taken off again. */
  readonly endBytes: number;
  /** What stands behind them may be the rest of a write that failed. */
  readonly torn: boolean;
  /** Completes a packed member that was cut. */
  readonly closing: Buffer | undefined;
}

export interface OutFileOptions {
  readonly clock: Clock;
  /** Between two entries; what a file begins and ends with. */
  readonly separator: string;
  readonly begin: string;
  readonly end: string;
  readonly compression: Compression;
  /** Set: what is written is encrypted with it, after it is compressed. The file is open for reading, too. */
  readonly aesKey: Uint8Array | undefined;
  /** Rows count as delivered when the disk has them; false: when the system has them. */
  readonly toDisk: boolean;
  readonly syncIntervalMs: number;
  /** rollingSize is set: the bytes of rows are counted. */
  readonly countBytes: boolean;
  /** Called once, before the first write. */
  open(): Promise<Opened>;
  /** It is closed, or broke: rows of its name need another one. @param standing undefined when it was not opened */
  left(file: OutFile, standing: Standing | undefined, how: 'rest' | 'finish' | 'broken'): void;
  /** It could not be closed, or cut behind what is safe. */
  closeFailed(error: unknown): void;
}

/** Rows that are answered together. */
interface Batch extends PromiseWithResolvers<void> {
  rows: number;
}

/** No medium below it, or none that could be asked: a device, a pipe. */
const CANNOT_SYNC = new Set(['EINVAL', 'ENOTSUP', 'ENOSYS']);

export class OutFile {
  entries: number;
  rowBytes: number;
  readonly openedAtMs: number;
  /** Resolves when it is closed, or broke. */
  readonly ended: Promise<void>;
  private readonly options: OutFileOptions;
  private readonly known: Content | undefined;
  private readonly end = Promise.withResolvers<void>();
  private opened: Opened | undefined;
  private packer: Packer | undefined;
  private cipher: ((bytes: Uint8Array) => Uint8Array) | undefined;
  private chunks: Uint8Array[] = [];
  private text = '';
  private hasRows = false;
  /** Takes rows now. */
  private batch: Batch | undefined;
  /** Written, not safe. */
  private written: Batch[] = [];
  private readonly unsafe: Unsafe = {
    pendingBytes: 0,
    rows: 0,
    bytes: 0,
    lastWriteMs: Number.NEGATIVE_INFINITY,
    lastSyncMs: Number.NEGATIVE_INFINITY,
    lastRowMs: 0,
  };
  /** Bytes of the file. */
  private position = 0;
  private safe: Standing | undefined;
  private closing: 'no' | 'rest' | 'finish' | 'done' = 'no';
  private running = false;
  private armed: 'no' | 'timer' | 'turn' = 'no';
  private armedForMs = 0;
  private timer: TimerHandle | undefined;

  /** @param known what is in it, when it is gone on with */
  constructor(options: OutFileOptions, known: Content | undefined) {
    this.options = options;
    this.known = known;
    this.ended = this.end.promise;
    this.openedAtMs = known?.openedAtMs ?? options.clock.monotonic();
    this.entries = known?.entries ?? 0;
    this.rowBytes = known?.rowBytes ?? 0;
  }

  /** It has its file, and may be asked to rest. */
  get isOpen(): boolean {
    return this.opened !== undefined && this.closing === 'no';
  }

  /** It holds a file open, or did until it was closed. */
  get hasFile(): boolean {
    return this.opened !== undefined;
  }

  /** Takes one entry. @returns resolves when it is safe, together with its neighbours; rejects when none of them is */
  add(payload: string | Uint8Array): Promise<void> {
    const { unsafe, options } = this;
    const { separator } = options;
    // what stands before the first one is known when the file is open
    if (this.hasRows) this.text += separator;
    this.hasRows = true;
    let bytes = payload.length;
    if (typeof payload === 'string') {
      this.text += payload;
      if (options.countBytes) bytes = Buffer.byteLength(payload);
    } else {
      this.cutText();
      this.chunks.push(payload);
    }
    this.entries++;
    if (options.countBytes) this.rowBytes += bytes + (this.entries > 1 ? separator.length : options.begin.length);
    unsafe.pendingBytes += bytes + separator.length;
    unsafe.bytes += bytes;
    unsafe.rows++;
    unsafe.lastRowMs = options.clock.monotonic();
    const begins = this.batch === undefined;
    const batch = (this.batch ??= { ...Promise.withResolvers<void>(), rows: 0 });
    batch.rows++;
    if (begins || unsafe.pendingBytes >= WRITE_BYTES || unsafe.rows >= SYNC_ROWS) this.arm();
    return batch.promise;
  }

  /** Everything is made safe and the file closed; `finish` gives it its end mark. No entry may be added after it. */
  close(how: 'rest' | 'finish'): Promise<void> {
    if (this.closing === 'no') {
      this.closing = how;
      if (!this.running) this.arm();
    }
    return this.ended;
  }

  // ------------------------------------------------------------------------------------------------------------------ when

  private arm(): void {
    if (this.running || this.closing === 'done' || this.armed === 'turn') return;
    const { clock, syncIntervalMs } = this.options;
    const dueMs = this.closing === 'no' ? Math.min(writeDueMs(this.unsafe), syncDueMs(this.unsafe, syncIntervalMs)) : 0;
    if (dueMs === Number.POSITIVE_INFINITY) return;
    const delayMs = dueMs - clock.monotonic();
    if (this.armed === 'timer') {
      if (this.armedForMs === dueMs) return;
      clock.clear(this.timer);
    }
    this.armed = delayMs > 0 ? 'timer' : 'turn';
    this.armedForMs = dueMs;
    if (delayMs > 0) this.timer = clock.setTimer(delayMs, this.due);
    else setImmediate(this.due);
  }

  private readonly due = (): void => {
    this.armed = 'no';
    this.timer = undefined;
    if (this.running || this.closing === 'done') return;
    this.running = true;
    this.run().then(
      () => {
        this.running = false;
        this.arm();
      },
      (error: unknown) => this.fail(error),
    );
  };

  // ------------------------------------------------------------------------------------------------------------------ what

  private async run(): Promise<void> {
    const { clock, syncIntervalMs } = this.options;
    const { unsafe } = this;
    for (;;) {
      const nowMs = clock.monotonic();
      const closes = this.closing !== 'no';
      const syncs = closes || syncDueMs(unsafe, syncIntervalMs) <= nowMs;
      if (unsafe.pendingBytes > 0 && (syncs || writeDueMs(unsafe) <= nowMs)) await this.write();
      else if (!syncs) return;
      if (syncs && unsafe.rows > 0) await this.sync();
      if (closes && unsafe.rows === 0) return this.finish();
      if (unsafe.rows === 0) return;
    }
  }

  private async write(): Promise<void> {
    const { unsafe } = this;
    if (!this.opened) await this.openFile();
    this.cutText();
    const parts = this.chunks;
    this.chunks = [];
    unsafe.pendingBytes = 0;
    unsafe.lastWriteMs = this.options.clock.monotonic();
    if (this.batch) this.written.push(this.batch);
    this.batch = undefined;
    const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    if (this.options.compression) {
      this.packer ??= createPacker(this.options.compression);
      await this.packer.push(bytes);
    } else {
      await this.put(bytes);
      if (!this.options.toDisk) this.nowSafe();
    }
  }

  /** Rows that are written are safe after it. */
  private async sync(): Promise<void> {
    this.unsafe.lastSyncMs = this.options.clock.monotonic();
    if (this.packer) await this.put(await this.packer.flush());
    if (this.options.toDisk) await this.syncHandle();
    this.nowSafe();
  }

  private nowSafe(): void {
    const batches = this.written;
    this.written = [];
    for (const b of batches) this.unsafe.rows -= b.rows;
    // rows came meanwhile: they are pending, all of them
    this.unsafe.bytes = this.unsafe.pendingBytes;
    this.safe = this.standing();
    for (const b of batches) b.resolve();
  }

  /** Of what is safe when everything that was written is. */
  private standing(): Standing {
    return {
      openedAtMs: this.openedAtMs,
      entries: this.entries - this.unsafe.rows,
      rowBytes: this.options.countBytes ? this.rowBytes - this.unsafe.pendingBytes : 0,
      size: this.position,
      endBytes: 0,
      torn: false,
      closing: this.packer?.closing,
    };
  }

  private async openFile(): Promise<void> {
    const { known, options } = this;
    const opened = await options.open();
    const { handle, resumed, size } = opened;
    this.opened = opened;
    this.position = size;
    this.entries += (resumed?.entries ?? 0) - (known?.entries ?? 0);
    if (options.countBytes) this.rowBytes += (resumed?.rowBytes ?? 0) - (known?.rowBytes ?? 0);
    // until more is known, so that nothing that is safe gets lost when the next step fails
    this.safe = resumed ?? this.standing();
    if (resumed) {
      const cut = resumed.torn ? size > resumed.size : resumed.endBytes > 0 && size === resumed.size + resumed.endBytes;
      if (cut) {
        await handle.truncate(resumed.size);
        this.position = resumed.size;
      }
    }
    if (options.aesKey) this.cipher = await createFileCipher(options.aesKey, handle, this.position);
    if (resumed) {
      if (resumed.closing) await this.put(resumed.closing);
    } else if (size > 0) {
      // what is there counts as one entry
      this.entries++;
      if (options.countBytes) this.rowBytes += size;
    }
    this.safe = { ...this.standing(), closing: undefined };
    const lead = this.safe.entries > 0 ? options.separator : options.begin;
    if (lead) this.chunks.unshift(Buffer.from(lead));
    if (options.toDisk && !resumed) await opened.syncName();
  }

  private async put(plain: Uint8Array): Promise<void> {
    const { handle } = this.opened!;
    const bytes = this.cipher ? this.cipher(plain) : plain;
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await handle.write(bytes, at, bytes.length - at);
      at += bytesWritten;
      this.position += bytesWritten;
    }
  }

  private async syncHandle(): Promise<void> {
    try {
      await this.opened!.handle.datasync();
    } catch (error) {
      if (!CANNOT_SYNC.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }

  private cutText(): void {
    if (this.text === '') return;
    this.chunks.push(Buffer.from(this.text));
    this.text = '';
  }

  // ------------------------------------------------------------------------------------------------------------------- end

  private async finish(): Promise<void> {
    const { options } = this;
    const how = this.closing === 'rest' ? 'rest' : 'finish';
    let standing: Standing | undefined;
    try {
      // one that rested gets its end mark
      if (!this.opened && how === 'finish' && options.end) await this.openFile();
      if (this.opened) {
        if (this.packer) await this.put(await this.packer.end());
        standing = { ...this.safe!, size: this.position, closing: undefined };
        if (how === 'finish' && options.end) {
          const mark = options.compression ? packWhole(options.compression, options.end) : Buffer.from(options.end);
          await this.put(mark);
          standing = { ...standing, endBytes: mark.length };
        }
        if (options.toDisk) await this.syncHandle();
      }
    } catch (error) {
      options.closeFailed(error);
      standing = this.safe && { ...this.safe, torn: true };
    }
    await this.release();
    this.closing = 'done';
    options.left(this, standing, how);
    this.end.resolve();
  }

  /** Nothing that is not safe yet is delivered; the file ends behind what is. */
  private async fail(error: unknown): Promise<void> {
    const { options, opened, safe } = this;
    this.closing = 'done';
    options.clock.clear(this.timer);
    if (opened && safe)
      await opened.handle.truncate(safe.size).catch((cause: unknown) => {
        // it is cut when the file is opened the next time
        options.closeFailed(cause);
      });
    await this.release();
    const batches = this.batch ? [...this.written, this.batch] : this.written;
    options.left(this, safe && { ...safe, torn: true }, 'broken');
    this.end.resolve();
    const reason = opened ? ioError(`file ${opened.path}: ${messageOf(error)}`, error) : error;
    for (const b of batches) b.reject(reason);
  }

  private async release(): Promise<void> {
    this.packer?.drop();
    try {
      await this.opened?.handle.close();
    } catch (error) {
      this.options.closeFailed(error);
    }
  }
}
