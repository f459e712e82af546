// The space that all durable queues share: a bound of their own, and what must stay free on the disk. One per runtime; asked by durable-queue.ts
// before each page.
import { shownBytes } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import type { QueuePage } from '../../store/index.ts';
import type { SinkItem } from './sink-item.ts';

export interface QueueSpace {
  /** A queue holds so much now. 0 forgets it. */
  set(queue: string, bytes: number): void;
  /** @returns bytes of stored pages that must go before so much more fits; 0 = it fits as it is */
  lacks(bytes: number): number;
  /** Why something does not fit, in words. */
  reason(bytes: number): string;
  /** Bytes of all queues. */
  readonly used: number;
  /** What a queue knows of its pages beyond the disk: the next run of the same rule goes on with it. Forgotten with the queue. */
  readonly known: Map<string, () => readonly KnownPage[]>;
}

/** A page as it lies on disk, with what is known of its items. */
export interface KnownPage extends QueuePage {
  readonly from: readonly (SentBefore | undefined)[] | undefined;
}

/** An item of a page that the sink was given before: it may still be answered, or was, while the disk took nothing, not even that it was.
 *  @source sink-item.ts */
export type SentBefore = Pick<SinkItem, 'state' | 'faults' | 'faultsSince'>;

export interface QueueSpaceOptions {
  /** Bound of all queues together; 0 = none. */
  maxBytes: number;
  /** Must stay free on the disk; 0 = none. */
  minFreeBytes: number;
  /** Bytes free on the disk of the queues. @throws when the system does not say */
  freeBytes(): number;
  clock: Clock;
}

/** How long an answer of the system about free space is believed. */
const FREE_AGE_MS = 500;

export function createQueueSpace({ maxBytes, minFreeBytes, freeBytes, clock }: QueueSpaceOptions): QueueSpace {
  const byQueue = new Map<string, number>();
  const known: QueueSpace['known'] = new Map();
  let used = 0;
  let free = Number.POSITIVE_INFINITY;
  let askedAtMs = Number.NEGATIVE_INFINITY;

  const room = (): number => {
    if (minFreeBytes === 0) return Number.POSITIVE_INFINITY;
    const nowMs = clock.monotonic();
    if (nowMs - askedAtMs > FREE_AGE_MS) {
      askedAtMs = nowMs;
      try {
        free = freeBytes();
      } catch {
        free = Number.POSITIVE_INFINITY; // the write itself will say what is wrong with this disk
      }
    }
    return free - minFreeBytes;
  };
  return {
    set(queue, bytes) {
      const before = byQueue.get(queue) ?? 0;
      // what was written since the system was asked
      free -= Math.max(0, bytes - before);
      used += bytes - before;
      if (bytes > 0) byQueue.set(queue, bytes);
      else byQueue.delete(queue);
      if (bytes === 0) known.delete(queue);
    },
    lacks(bytes) {
      const over = maxBytes > 0 ? used + bytes - maxBytes : 0;
      // a page that goes leaves its place in the file to the next one: what is stored anew needs no more of the disk then
      const short = Math.min(bytes, bytes - room());
      return Math.max(0, over, short);
    },
    reason(bytes) {
      if (maxBytes > 0 && used + bytes > maxBytes)
        return `all durable queues together hold ${shownBytes(used)}, their bound is ${shownBytes(maxBytes)} (store.maxQueueBytes)`;
      return `only ${shownBytes(Math.max(0, free))} are free on the disk, ${shownBytes(minFreeBytes)} must stay free (store.minFreeBytes)`;
    },
    get used() {
      return used;
    },
    known,
  };
}
