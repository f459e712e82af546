// The way of a sink's items to disk and their queue there: a buffer that is written page by page, the bounds, and the pause of a disk that
// fails. What is stored is confirmed. Used by sink-line.ts; drain.ts reads what lies here.
import { type Backoff, createBackoff } from '../../base/backoff.ts';
import type { Clock } from '../../base/clock.ts';
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import type { DurableQueue } from './durable-queue.ts';
import { countRows, type SinkItem } from './sink-item.ts';

/** Items are collected for so long before they are written, so that a slow trickle is not one commit each. */
const LINGER_MS = 100;
const AT_ONCE = 64;

export interface SpoolOptions {
  clock: Clock;
  /** Made at the first need: of thousands of sinks most never store anything. */
  makeQueue(): DurableQueue;
  random(): number;
  pageRows: number;
  full: 'dropOldest' | 'wait' | 'stop';
  sink: string;
  /** Items are safe on disk. */
  stored(items: readonly SinkItem[]): void;
  exception(error: unknown): void;
  /** The queue is at its bound, and the rule wants to stop then. */
  crash(error: unknown): void;
}

export class Spool {
  /** Items on their way to disk, in order. */
  buffer: SinkItem[] = [];
  /** Rows that were stored so far. */
  spilled = 0;
  /** Why the last write failed. */
  error = '';
  /** Resolves when the write under way is over. */
  writing: Promise<boolean> | undefined;
  private readonly options: SpoolOptions;
  private queue: DurableQueue | undefined;
  private pause: Backoff | undefined;
  private pauseUntilMs = 0;
  private closed = false;

  constructor(options: SpoolOptions) {
    this.options = options;
  }

  /** Made on first use. */
  get disk(): DurableQueue {
    this.queue ??= this.options.makeQueue();
    return this.queue;
  }

  /** Undefined as long as nothing was stored. */
  get opened(): DurableQueue | undefined {
    return this.queue;
  }

  get pages(): number {
    return this.queue?.items ?? 0;
  }

  add(item: SinkItem): void {
    item.stored = true;
    this.buffer.push(item);
  }

  /** Items older than those in the buffer. */
  addFirst(items: readonly SinkItem[]): void {
    if (items.length === 0) return;
    for (const item of items) item.stored = true;
    this.buffer = [...items, ...this.buffer];
  }

  /** Takes out what is not stored yet. */
  take(): SinkItem[] {
    const all = this.buffer.filter((i) => i.state !== 'done');
    for (const item of all) item.stored = false;
    this.buffer = [];
    return all;
  }

  /** How long to wait before the next write. */
  delayMs(failing: boolean): number {
    if (failing) return Math.max(0, this.pauseUntilMs - this.options.clock.monotonic());
    return this.buffer.length >= AT_ONCE ? 0 : LINGER_MS;
  }

  /** Writes the buffer page by page. @returns false at a write that fails or a bound: the rest stays in the buffer */
  flush(): Promise<boolean> {
    this.writing ??= this.write().finally(() => {
      this.writing = undefined;
    });
    return this.writing;
  }

  private async write(): Promise<boolean> {
    const { full, sink } = this.options;
    for (;;) {
      // an answer may have come while the item lay here
      this.buffer = this.buffer.filter((i) => i.state !== 'done');
      if (this.buffer.length === 0 || this.closed) return true;
      const page = this.buffer.slice(0, this.options.pageRows);
      try {
        if (full !== 'dropOldest' && this.disk.full(countRows(page), 0)) {
          this.error = 'the queue is at its bound';
          const { rows, bytes } = this.disk;
          if (full === 'stop') this.options.crash(new GatewayError('RUNTIME_QUEUE_FULL', { sink, rows, bytes }));
          return this.rest();
        }
        await this.disk.append(page);
      } catch (error) {
        this.error = messageOf(error);
        this.options.exception(error);
        return this.rest();
      }
      this.error = '';
      this.pause?.reset();
      // items may have come before these meanwhile
      const written = new Set(page);
      this.buffer = this.buffer.filter((i) => !written.has(i));
      this.spilled += countRows(page);
      this.options.stored(page);
    }
  }

  /** The disk is left alone for a while, counted from now: also when the sink takes data from memory meanwhile. */
  private rest(): false {
    this.pause ??= createBackoff({ firstMs: 200, maxMs: 5000, random: this.options.random });
    this.pauseUntilMs = this.options.clock.monotonic() + this.pause.next();
    return false;
  }

  /** Nothing is written any more but by `storeRest`; waits for the write under way. */
  async close(): Promise<SinkItem[]> {
    this.closed = true;
    await this.writing;
    const rest = this.buffer;
    this.buffer = [];
    return rest;
  }

  /** Stores the last items. @returns those that could not be stored, and why */
  async storeRest(items: readonly SinkItem[]): Promise<{ lost: readonly SinkItem[]; error: unknown }> {
    const open = items.filter((i) => i.state !== 'done');
    for (let start = 0; start < open.length; start += this.options.pageRows) {
      const page = open.slice(start, start + this.options.pageRows);
      try {
        await this.disk.append(page);
      } catch (error) {
        return { lost: open.slice(start), error };
      }
      this.spilled += countRows(page);
    }
    return { lost: [], error: undefined };
  }
}
