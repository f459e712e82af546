// What the parts of a sink's line (aside.ts, disk-side.ts, drain-host.ts, end-line.ts) see of it. Implemented by sink-line.ts.
import type { StoredItem } from './durable-queue.ts';
import type { Flight } from './flight.ts';
import type { ItemQueue } from './item-queue.ts';
import type { LineParts } from './line-parts.ts';
import type { Outbox, OutboxEvent } from './outbox.ts';
import type { Pacing } from './pacing.ts';
import type { SinkItem } from './sink-item.ts';
import type { Spool } from './spool.ts';

export interface LineAccess {
  readonly parts: LineParts;
  readonly state: Outbox;
  readonly waiting: ItemQueue;
  readonly flight: Flight;
  readonly spool: Spool;
  readonly pacing: Pacing;
  /** Rows that the sink took so far, by whatever way. */
  readonly deliveries: number;
  /** Items that wait in memory, fly, or are on their way to disk. */
  readonly pending: number;
  /** An item that is put first goes to the sink next. */
  readonly isReady: boolean;
  readonly diskFails: boolean;
  readonly aside: { takeStored(item: StoredItem, error: unknown): Promise<boolean> };
  readonly disk: {
    readonly isWriting: boolean;
    flushNow(): Promise<boolean>;
    finish(): Promise<void> | undefined;
    stopDrain(): void;
  };
  apply(event: OutboxEvent): void;
  /** After a change of the queues or the mode. */
  settle(): void;
  first(item: SinkItem): void;
  /** From now on everything waits. */
  hold(): void;
  /** Releases the acks of an item. */
  letGo(item: SinkItem): void;
  takeBack(item: SinkItem): void;
  endTry(item: SinkItem, error: unknown): void;
  tookOne(item: Pick<SinkItem, 'data' | 'dynamic'>): void;
  noteFailure(error: unknown): void;
  exception(error: unknown): void;
}
