// Items that wait in memory, first in first out, without moving them on every take.
import type { SinkItem } from './sink-item.ts';

export class ItemQueue {
  private list: SinkItem[] = [];
  private head = 0;

  get size(): number {
    return this.list.length - this.head;
  }

  push(item: SinkItem): void {
    this.list.push(item);
  }

  peek(): SinkItem | undefined {
    return this.list[this.head];
  }

  shift(): SinkItem | undefined {
    const item = this.list[this.head];
    if (item === undefined) return undefined;
    this.head++;
    if (this.head > 1024 && this.head * 2 > this.list.length) {
      this.list = this.list.slice(this.head);
      this.head = 0;
    }
    return item;
  }

  /** Puts items back before all others, in their order. */
  unshift(items: readonly SinkItem[]): void {
    this.list = [...items, ...this.list.slice(this.head)];
    this.head = 0;
  }

  /** Takes everything. */
  drain(): SinkItem[] {
    const all = this.list.slice(this.head);
    this.list = [];
    this.head = 0;
    return all;
  }
}
