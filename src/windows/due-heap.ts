// Things that are due at moments, the earliest first; a thing's moment may change. For a watermark or a timer that must find what is due among
// thousands of keys. Things of one moment come in the order in which they were set. What the heap must know of a thing stands in the thing, since
// there may be a hundred thousand. Used by keyed.ts and exec/timers.ts.

/** What a thing keeps for its heap; only the heap writes it. */
export class Due {
  dueAtMs = Number.POSITIVE_INFINITY;
  /** Order among things of one moment. */
  dueSeq = 0;
  /** Where it stands in the heap; -1: not in it. */
  dueIndex = -1;
}

export class DueHeap<T extends Due> {
  private readonly heap: T[] = [];
  private seq = 0;

  get size(): number {
    return this.heap.length;
  }

  /** @param atMs Infinity: never */
  set(thing: T, atMs: number): void {
    const known = thing.dueIndex;
    if (known >= 0 && thing.dueAtMs === atMs) return;
    if (atMs === Number.POSITIVE_INFINITY) {
      this.remove(thing);
      return;
    }
    const later = known >= 0 && atMs > thing.dueAtMs;
    thing.dueAtMs = atMs;
    thing.dueSeq = this.seq++;
    if (later) this.down(thing, known);
    else this.up(thing, known >= 0 ? known : this.heap.length);
  }

  remove(thing: T): void {
    const at = thing.dueIndex;
    if (at < 0) return;
    thing.dueIndex = -1;
    thing.dueAtMs = Number.POSITIVE_INFINITY;
    const last = this.heap.pop();
    if (last === undefined || last === thing) return;
    // it may belong above or below the place that became free
    this.down(last, at);
    if (last.dueIndex === at) this.up(last, at);
  }

  /** @returns the earliest moment, Infinity when there is none */
  next(): number {
    return this.heap[0]?.dueAtMs ?? Number.POSITIVE_INFINITY;
  }

  /** @returns the earliest thing that is due at or before the moment; it stays until its moment is changed or it is removed */
  dueAt(nowMs: number): T | undefined {
    const first = this.heap[0];
    return first !== undefined && first.dueAtMs <= nowMs ? first : undefined;
  }

  private up(thing: T, from: number): void {
    const { heap } = this;
    let i = from;
    while (i > 0) {
      const above = heap[(i - 1) >> 1];
      if (above === undefined || !before(thing, above)) break;
      this.put(above, i);
      i = (i - 1) >> 1;
    }
    this.put(thing, i);
  }

  private down(thing: T, from: number): void {
    const { heap } = this;
    let i = from;
    for (;;) {
      let child = 2 * i + 1;
      let least = heap[child];
      const other = heap[child + 1];
      if (least !== undefined && other !== undefined && before(other, least)) {
        least = other;
        child++;
      }
      if (least === undefined || !before(least, thing)) break;
      this.put(least, i);
      i = child;
    }
    this.put(thing, i);
  }

  private put(thing: T, at: number): void {
    this.heap[at] = thing;
    thing.dueIndex = at;
  }
}

const before = (a: Due, b: Due): boolean => a.dueAtMs < b.dueAtMs || (a.dueAtMs === b.dueAtMs && a.dueSeq < b.dueSeq);
