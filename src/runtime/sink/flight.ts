// Items that the sink was given and has not answered for, in their order. A late answer still counts as long as the item was not sent again.
// Used by sink-line.ts.
import type { SinkItem } from './sink-item.ts';

/** Answered items are cleared away in bulk beyond this. */
const TRIM_AT = 64;
/** Text or bytes that may fly at once, whatever number of items they are. */
const MAX_BYTES = 8 * 1024 * 1024;

/** Items that one answer is for: sinks that gather give the same promise for many. */
interface Group {
  readonly answer: Promise<void>;
  readonly items: SinkItem[];
  /** Which flight of each item it is. */
  readonly numbers: number[];
}

export class Flight {
  /** Items without an answer, and the size of their data. */
  count = 0;
  bytes = 0;
  private list: SinkItem[] = [];
  private last: Group | undefined;

  /** One more item may fly. */
  hasRoom(maxItems: number): boolean {
    return this.count < maxItems && this.bytes < MAX_BYTES;
  }

  /** @param landed told once, when the sink answers in time, of all items of this answer; `error` undefined = delivered
   *  @param late the sink says that it took an item after the flight was given up */
  launch(
    item: SinkItem,
    answer: Promise<void>,
    landed: (items: readonly SinkItem[], error: unknown) => void,
    late: (item: SinkItem) => void,
  ): void {
    item.state = 'flying';
    const number = ++item.flights;
    this.list.push(item);
    this.count++;
    this.bytes += bytesOf(item.data);
    if (this.last?.answer === answer) {
      this.last.items.push(item);
      this.last.numbers.push(number);
      return;
    }
    const group: Group = { answer, items: [item], numbers: [number] };
    this.last = group;
    answer.then(
      () => this.answered(group, undefined, landed, late),
      (error: unknown) => this.answered(group, error ?? new Error('the sink rejected without a reason'), landed, late),
    );
  }

  private answered(
    group: Group,
    error: unknown,
    landed: (items: readonly SinkItem[], error: unknown) => void,
    late: (item: SinkItem) => void,
  ): void {
    if (this.last === group) this.last = undefined;
    const { items, numbers } = group;
    const here = items.filter((item, i) => item.state === 'flying' && item.flights === numbers[i]);
    for (const item of here) {
      this.count--;
      this.bytes -= bytesOf(item.data);
    }
    if (error === undefined && here.length < items.length)
      for (let i = 0; i < items.length; i++) {
        const item = items[i]!;
        if (numbers[i] === item.flights && item.state !== 'flying' && item.state !== 'done') late(item);
      }
    if (here.length > 0) landed(here, error);
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
    this.bytes = 0;
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
    this.bytes = 0;
  }
}

const bytesOf = (data: SinkItem['data']): number =>
  typeof data === 'string' ? data.length : data instanceof Uint8Array ? data.byteLength : 0;
