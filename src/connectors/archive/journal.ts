// The rows of a file that is not finished yet, a line each, safe on the disk before they count as delivered. Used by sink.ts.
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock, TimerHandle } from '../../base/clock.ts';
import { ioError, messageOf } from '../../base/errors/gateway-error.ts';

export class Journal {
  rows = 0;
  bytes = 0;
  readonly file: string;
  readonly openedAtMs: number;
  private readonly clock: Clock;
  private readonly syncMs: number;
  private handle: FileHandle | undefined;
  private lines: string[] = [];
  private batch: PromiseWithResolvers<void> | undefined;
  private timer: TimerHandle | undefined;
  private writing: Promise<void> = Promise.resolve();
  private size = 0;
  private broken: unknown;

  constructor(file: string, clock: Clock, syncMs: number) {
    this.file = file;
    this.clock = clock;
    this.syncMs = syncMs;
    this.openedAtMs = clock.monotonic();
  }

  /** It failed: rows go to another one. */
  get isBroken(): boolean {
    return this.broken !== undefined;
  }

  /** @returns resolves when the lines are on the disk  @throws ioError */
  add(lines: readonly string[]): Promise<void> {
    if (this.broken !== undefined) throw this.broken;
    for (const line of lines) {
      this.lines.push(line);
      this.bytes += line.length + 1;
    }
    this.rows += lines.length;
    if (!this.batch) {
      this.batch = Promise.withResolvers<void>();
      this.timer = this.clock.setTimer(this.syncMs, () => void this.flush());
    }
    return this.batch.promise;
  }

  /** Never rejects: those who wait for their rows are told. */
  flush(): Promise<void> {
    this.clock.clear(this.timer);
    const { batch, lines } = this;
    if (!batch) return this.writing;
    this.batch = undefined;
    this.lines = [];
    this.writing = this.writing.then(async () => {
      try {
        if (this.broken !== undefined) throw this.broken;
        if (!this.handle) {
          this.handle = await open(this.file, 'ax', 0o640);
          await syncFolder(dirname(this.file));
        }
        const bytes = Buffer.from(`${lines.join('\n')}\n`);
        for (let at = 0; at < bytes.length; ) at += (await this.handle.write(bytes, at)).bytesWritten;
        await this.handle.datasync();
        this.size += bytes.length;
        batch.resolve();
      } catch (error) {
        this.broken ??= ioError(`archive: ${this.file}: ${messageOf(error)}`, error);
        // what came behind the last safe row was confirmed to nobody, and comes again
        await this.handle?.truncate(this.size).catch(() => undefined);
        batch.reject(this.broken);
      }
    });
    return this.writing;
  }

  /** Nothing may be added after it. */
  async end(): Promise<void> {
    await this.flush();
    await this.handle?.close().catch(() => undefined); // its rows are safe, or refused, already
    this.handle = undefined;
  }
}

/** The name of a new file is safe as well. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
