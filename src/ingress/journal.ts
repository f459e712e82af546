// What the MQTT listener could not hand over at once, on the disk: an append-only journal in segments. Appends are gathered; one fdatasync
// confirms all of them. A segment whose messages are all done is used again under a new number, so that in the long run a sync writes data
// blocks only. Read once at a start, and by sessions that are far behind. Called by hub.ts; next file: record.ts.
import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Clock, TimerHandle } from '../base/clock.ts';
import { messageOf } from '../base/errors/gateway-error.ts';
import { decodeRecords, encodeAck, encodeMessage, type JournalMessage } from './record.ts';

export interface JournalOptions {
  folder: string;
  clock: Clock;
  /** Least time between two syncs. What comes meanwhile is gathered. */
  syncEveryMs: number;
  /** Bytes of one segment. */
  segmentBytes: number;
  /** Bytes of all segments; above, nothing is taken. */
  maxBytes: number;
  /** Tests: another way to make bytes durable. */
  sync?: (fd: number) => Promise<void>;
}

/** What a journal holds at a start. */
export interface Recovered {
  /** Session -> its first message that is not confirmed. */
  firstOpen: Map<number, number>;
  lastSeq: number;
  openMessages: number;
}

interface Segment {
  id: number;
  /** Messages that somebody has not confirmed. */
  live: number;
  /** Highest sequence number in it. */
  last: number;
}

/** Confirmations wait this long for a message to be written along with. */
const LAZY_MS = 1000;
/** After a failed write nothing is taken for this long; then a new segment is tried. */
const RETRY_MS = 5000;
const MAX_SPARE = 2;
/** Open messages; each costs some 50 bytes of memory. */
const MAX_OPEN = 1_000_000;
const fileName = (id: number) => `${String(id).padStart(10, '0')}.seg`;
const realSync = promisify(fdatasync);

export class Journal {
  readonly #options: JournalOptions;
  readonly #segments: Segment[] = [];
  readonly #spare: string[] = [];
  /** Where each open message lies. */
  readonly #home = new Map<number, Segment>();
  /** Of messages for several sessions: how many have not confirmed. */
  readonly #several = new Map<number, number>();
  #fd = -1;
  #written = 0;
  #nextSegment = 1;
  #buffers: Buffer[] = [];
  #bufferedBytes = 0;
  #waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];
  #timer: TimerHandle | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;
  /** Of segments that were left while a sync of them was under way. */
  #oldFds: number[] = [];
  #syncing = false;
  #lastSyncAtMs = Number.NEGATIVE_INFINITY;
  #failure: Error | undefined;
  #failedAtMs = 0;
  #syncs = 0;
  #bytes = 0;

  constructor(options: JournalOptions) {
    this.#options = options;
    mkdirSync(options.folder, { recursive: true, mode: 0o750 });
  }

  /** Reads what is there and goes on behind it. */
  open(): Recovered {
    const { folder } = this.#options;
    const open = new Map<number, number[]>();
    let lastSeq = 0;
    for (const name of readdirSync(folder).sort()) {
      if (name.endsWith('.free')) this.#spare.push(name);
      if (!name.endsWith('.seg')) continue;
      const id = Number(name.slice(0, 10));
      const segment: Segment = { id, live: 0, last: 0 };
      this.#segments.push(segment);
      this.#nextSegment = Math.max(this.#nextSegment, id + 1);
      for (const record of decodeRecords(this.#read(segment), id)) {
        lastSeq = Math.max(lastSeq, record.seq);
        if (record.kind === 'message') {
          open.set(record.seq, [...record.targets]);
          this.#home.set(record.seq, segment);
          segment.last = Math.max(segment.last, record.seq);
        } else {
          const targets = open.get(record.seq);
          const at = targets?.indexOf(record.session) ?? -1;
          if (at >= 0) targets!.splice(at, 1);
          if (targets?.length === 0) {
            open.delete(record.seq);
            this.#home.delete(record.seq);
          }
        }
      }
    }
    const firstOpen = new Map<number, number>();
    for (const [seq, targets] of open) {
      this.#home.get(seq)!.live++;
      if (targets.length > 1) this.#several.set(seq, targets.length);
      for (const session of targets) firstOpen.set(session, Math.min(seq, firstOpen.get(session) ?? seq));
    }
    this.#startSegment();
    this.#release();
    return { firstOpen, lastSeq, openMessages: open.size };
  }

  get bytes(): number {
    return this.#segments.length * this.#options.segmentBytes;
  }

  /** Figures for status. */
  get figures(): { syncs: number; writtenBytes: number; openMessages: number; segments: number } {
    return { syncs: this.#syncs, writtenBytes: this.#bytes, openMessages: this.#home.size, segments: this.#segments.length };
  }

  /** False when the space is used up, or the disk has failed: the sensor has to keep the message then. */
  get takes(): boolean {
    if (this.#home.size >= MAX_OPEN) return false;
    if (this.#failure) return this.#options.clock.monotonic() - this.#failedAtMs >= RETRY_MS;
    return this.bytes < this.#options.maxBytes || this.#written + this.#bufferedBytes < this.#options.segmentBytes / 2;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Resolves when the message is on the disk. @throws when it cannot be written */
  append(message: JournalMessage): Promise<void> {
    if (this.#failure && !this.#again()) return Promise.reject(this.#failure);
    const segment = this.#current(message.payload.length + message.topic.length + 64);
    this.#add(encodeMessage(message, segment.id));
    segment.last = message.seq;
    segment.live++;
    if (message.targets.length > 1) this.#several.set(message.seq, message.targets.length);
    this.#home.set(message.seq, segment);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#plan();
    });
  }

  /** A session has confirmed a message. Written with the next sync: a cut before it brings the message twice, never loses one. */
  ack(seq: number, session: number): void {
    const segment = this.#home.get(seq);
    if (!segment) return;
    const left = (this.#several.get(seq) ?? 1) - 1;
    if (left > 0) this.#several.set(seq, left);
    else {
      segment.live--;
      this.#several.delete(seq);
      this.#home.delete(seq);
    }
    if (this.#failure === undefined) {
      const current = this.#current(32);
      this.#add(encodeAck(seq, session, current.id));
      this.#plan(this.#bufferedBytes > 65_536 ? 0 : LAZY_MS);
    }
    this.#release();
  }

  /** Messages of a session from a sequence number on, as far as they are on the disk. */
  *read(session: number, fromSeq: number): Generator<JournalMessage> {
    for (const segment of [...this.#segments]) {
      if (segment.live === 0 || segment.last < fromSeq) continue;
      for (const record of decodeRecords(this.#read(segment), segment.id)) {
        if (record.kind === 'message' && record.seq >= fromSeq && record.targets.includes(session) && this.#home.has(record.seq))
          yield record;
      }
    }
  }

  /** Writes out what is gathered. */
  async close(): Promise<void> {
    this.#options.clock.clear(this.#timer);
    this.#timer = undefined;
    if (this.#syncing) await new Promise<void>((resolve) => this.#waiting.push({ resolve, reject: () => resolve() }));
    if (this.#bufferedBytes > 0 && this.#failure === undefined) await this.#syncNow();
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
  }

  #add(bytes: Buffer): void {
    this.#buffers.push(bytes);
    this.#bufferedBytes += bytes.length;
  }

  /** The segment that is written to, another one when the record does not fit. */
  #current(recordBytes: number): Segment {
    if (this.#written + this.#bufferedBytes + recordBytes > this.#options.segmentBytes && this.#written + this.#bufferedBytes > 0) {
      this.#flush();
      fdatasyncSync(this.#fd); // rare: once per segment
      this.#startSegment();
    }
    return this.#segments.at(-1)!;
  }

  #startSegment(): void {
    const { folder, segmentBytes } = this.#options;
    if (this.#fd >= 0) {
      if (this.#syncing) this.#oldFds.push(this.#fd);
      else closeSync(this.#fd);
    }
    this.#fd = -1;
    const id = this.#nextSegment++;
    const path = join(folder, fileName(id));
    const spare = this.#spare.pop();
    if (spare !== undefined) renameSync(join(folder, spare), path);
    this.#fd = openSync(path, spare === undefined ? 'wx+' : 'r+', 0o640);
    if (spare === undefined) ftruncateSync(this.#fd, segmentBytes);
    fsyncSync(this.#fd);
    const folderFd = openSync(folder, 'r');
    fsyncSync(folderFd);
    closeSync(folderFd);
    this.#written = 0;
    this.#segments.push({ id, live: 0, last: 0 });
  }

  /** Segments from the oldest on in which nothing is open go: some are kept to be written over. */
  #release(): void {
    while (this.#segments.length > 1 && this.#segments[0]!.live === 0) {
      const path = join(this.#options.folder, fileName(this.#segments.shift()!.id));
      if (this.#spare.length < MAX_SPARE) {
        const name = `${String(this.#nextSegment)}-${this.#spare.length}.free`;
        renameSync(path, join(this.#options.folder, name));
        this.#spare.push(name);
      } else rmSync(path);
    }
  }

  /** @param delayMs how long nobody waits for it */
  #plan(delayMs = 0): void {
    const { clock, syncEveryMs } = this.#options;
    if (this.#syncing) return;
    const atMs = Math.max(this.#lastSyncAtMs + syncEveryMs, clock.monotonic() + delayMs);
    if (this.#timer) {
      if (atMs >= this.#timerAtMs) return;
      clock.clear(this.#timer);
    }
    this.#timerAtMs = atMs;
    this.#timer = clock.setTimer(Math.max(0, atMs - clock.monotonic()), () => {
      this.#timer = undefined;
      void this.#syncNow();
    });
  }

  /** After a failure: a new segment, since nobody knows what the old one holds behind its last sync. @returns whether it can go on */
  #again(): boolean {
    if (this.#options.clock.monotonic() - this.#failedAtMs < RETRY_MS) return false;
    try {
      this.#buffers = [];
      this.#bufferedBytes = 0;
      this.#startSegment();
    } catch (error) {
      this.#fail(error);
      return false;
    }
    this.#failure = undefined;
    return true;
  }

  #fail(error: unknown): Error {
    this.#failedAtMs = this.#options.clock.monotonic();
    this.#failure = new Error(`the journal cannot be written: ${messageOf(error)}`, { cause: error });
    return this.#failure;
  }

  #flush(): void {
    if (this.#bufferedBytes === 0) return;
    const bytes = Buffer.concat(this.#buffers);
    this.#buffers = [];
    this.#bufferedBytes = 0;
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at, bytes.length - at, this.#written + at);
    this.#written += bytes.length;
    this.#bytes += bytes.length;
  }

  async #syncNow(): Promise<void> {
    this.#syncing = true;
    this.#lastSyncAtMs = this.#options.clock.monotonic();
    const waiting = this.#waiting;
    this.#waiting = [];
    try {
      this.#flush();
      await (this.#options.sync ?? realSync)(this.#fd);
      this.#syncs++;
      for (const one of waiting) one.resolve();
    } catch (error) {
      const failure = this.#fail(error);
      for (const one of [...waiting, ...this.#waiting]) one.reject(failure);
      this.#waiting = [];
    } finally {
      this.#syncing = false;
      for (const fd of this.#oldFds.splice(0)) closeSync(fd);
    }
    if (this.#waiting.length > 0) this.#plan();
    else if (this.#bufferedBytes > 0) this.#plan(LAZY_MS);
  }

  #read(segment: Segment): Buffer {
    if (segment === this.#segments.at(-1)) this.#flush();
    const fd = openSync(join(this.#options.folder, fileName(segment.id)), 'r');
    try {
      const bytes = Buffer.alloc(this.#options.segmentBytes * 2);
      let length = 0;
      for (let n = -1; n !== 0 && length < bytes.length; length += n) n = readSync(fd, bytes, length, bytes.length - length, length);
      return bytes.subarray(0, length);
    } finally {
      closeSync(fd);
    }
  }
}
