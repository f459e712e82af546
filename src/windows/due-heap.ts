// Things that are due at moments, the earliest first; a thing's moment may change. For event time, where a watermark must find what it makes
// due among thousands of keys. Things of one moment come in the order in which they were set. Used by keyed.ts and exec/timers.ts.

interface Entry<T> {
  atMs: number;
  seq: number;
  thing: T;
}

export class DueHeap<T> {
  private readonly heap: Entry<T>[] = [];
  /** Where each thing stands; entries of the heap that are not in here are out of date. */
  private readonly entries = new Map<T, Entry<T>>();
  private seq = 0;

  get size(): number {
    return this.entries.size;
  }

  /** @param atMs Infinity: never */
  set(thing: T, atMs: number): void {
    const known = this.entries.get(thing);
    if (known?.atMs === atMs) return;
    if (atMs === Number.POSITIVE_INFINITY) {
      this.remove(thing);
      return;
    }
    const entry = { atMs, seq: this.seq++, thing };
    this.entries.set(thing, entry);
    if (this.heap.length > 64 && this.heap.length > this.entries.size * 4) this.rebuild();
    else this.push(entry);
  }

  remove(thing: T): void {
    this.entries.delete(thing);
  }

  /** @returns the earliest moment, Infinity when there is none */
  next(): number {
    return this.first()?.atMs ?? Number.POSITIVE_INFINITY;
  }

  /** @returns the earliest thing that is due at or before the moment; it stays until its moment is changed or it is removed */
  dueAt(nowMs: number): T | undefined {
    const entry = this.first();
    return entry !== undefined && entry.atMs <= nowMs ? entry.thing : undefined;
  }

  private first(): Entry<T> | undefined {
    for (let e = this.heap[0]; e !== undefined; e = this.heap[0]) {
      if (this.entries.get(e.thing) === e) return e;
      this.pop();
    }
    return undefined;
  }

  private rebuild(): void {
    this.heap.length = 0;
    for (const e of this.entries.values()) this.push(e);
  }

  private push(e: Entry<T>): void {
    const { heap } = this;
    let i = heap.push(e) - 1;
    while (i > 0) {
      const up = (i - 1) >> 1;
      if (!before(e, heap[up]!)) break;
      heap[i] = heap[up]!;
      i = up;
    }
    heap[i] = e;
  }

  private pop(): void {
    const { heap } = this;
    const last = heap.pop()!;
    const n = heap.length;
    if (n === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= n) break;
      if (child + 1 < n && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
  }
}

const before = (a: { atMs: number; seq: number }, b: { atMs: number; seq: number }): boolean =>
  a.atMs < b.atMs || (a.atMs === b.atMs && a.seq < b.seq);
