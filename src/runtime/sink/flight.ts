// Items that the sink was given and has not answered for, in their order. A late answer still counts as long as the item was not sent again.
// Used by sink-line.ts.
import type { SinkItem } from './sink-item.ts';

/** Answered items are cleared away in bulk beyond this. */
const TRIM_AT = 64;

export class Flight {
  /** Items without an answer. */
  count = 0;
  private list: SinkItem[] = [];

  /** @param landed told once, when the sink answers in time; `error` undefined = delivered
   *  @param late the sink says that it took an item after the flight was given up */
  launch(item: SinkItem, answer: Promise<void>, landed: (item: SinkItem, error: unknown) => void, late: (item: SinkItem) => void): void {
    item.state = 'flying';
    const number = ++item.flights;
    this.list.push(item);
    this.count++;
    const answered = (error: unknown): void => {
      if (number !== item.flights) return;
      if (item.state === 'flying') {
        this.count--;
        landed(item, error);
      } else if (error === undefined && item.state !== 'done') late(item);
    };
    answer.then(
      () => answered(undefined),
      (error: unknown) => answered(error ?? new Error('the sink rejected without a reason')),
    );
  }

  /** An item that failed at once goes into the row of those that fly, so that it keeps its place. */
  fail(item: SinkItem): void {
    item.state = 'failed';
    // one that comes back, since it could not be parked, may still be in its old place: twice in the row it would be sent twice
    if (!this.list.includes(item)) this.list.push(item);
  }

  /** Forgets answered items while nothing failed. */
  trim(): void {
    if (this.count === 0) this.list.length = 0;
    else if (this.list.length > TRIM_AT && this.count * 2 < this.list.length) this.list = this.list.filter((i) => i.state === 'flying');
  }

  /** Takes out the failed ones, in their order, which have no copy on disk. */
  takeFailed(): SinkItem[] {
    const failed = this.list.filter((i) => i.state === 'failed' && !i.stored);
    this.list = this.list.filter((i) => i.state === 'flying');
    return failed;
  }

  /** The peer is lost: no answer counts as a failure. */
  abandon(): void {
    for (const item of this.list) if (item.state === 'flying') item.state = 'failed';
    this.count = 0;
  }

  /** Items without an answer or failed that have no copy on disk. */
  unstored(): SinkItem[] {
    return this.list.filter((i) => !i.stored && i.state !== 'done');
  }

  /** Items without an answer that have a copy on disk or on its way there. */
  get copies(): number {
    let n = 0;
    if (this.count > 0) for (const i of this.list) if (i.stored && i.state === 'flying') n++;
    return n;
  }

  /** Length of the list, with answered ones. */
  get size(): number {
    return this.list.length;
  }

  some(test: (item: SinkItem) => boolean): boolean {
    return this.list.some((i) => i.state === 'flying' && test(i));
  }

  clear(): void {
    this.list = [];
    this.count = 0;
  }
}
