// Which messages of each partition are done: the position to commit is behind the last one before which none is open. Pure. Used by source.ts and spread-source.ts.

interface Entry {
  readonly offset: bigint;
  done: boolean;
}

interface Partition {
  /** In the order of the offsets; the first one is open, or the list is empty. */
  entries: Entry[];
  /** Behind the last message that is done with all before it. */
  position: bigint | undefined;
  committed: bigint | undefined;
  last: bigint;
}

export class Positions {
  /** Messages that are open. */
  open = 0;
  private partitions = new Map<number, Partition>();

  /** A message came. @returns what to call when it is done */
  begin(partition: number, offset: bigint): () => void {
    let p = this.partitions.get(partition);
    // it comes again: the partition was away and came back, and what was open then is given again
    if (!p || offset <= p.last) {
      if (p) this.open -= p.entries.filter((e) => !e.done).length;
      p = { entries: [], position: undefined, committed: undefined, last: offset };
      this.partitions.set(partition, p);
    }
    p.last = offset;
    const entry: Entry = { offset, done: false };
    p.entries.push(entry);
    this.open++;
    const owner = p;
    return () => {
      if (entry.done || this.partitions.get(partition) !== owner) return;
      entry.done = true;
      this.open--;
      let n = 0;
      while (n < owner.entries.length && owner.entries[n]!.done) n++;
      if (n === 0) return;
      owner.position = owner.entries[n - 1]!.offset + 1n;
      owner.entries.splice(0, n);
    };
  }

  /** How far messages have come of each partition that gave any: behind the last one. */
  ends(): Map<number, bigint> {
    return new Map([...this.partitions].map(([partition, p]) => [partition, p.last + 1n]));
  }

  /** Open messages before these positions. */
  openBefore(ends: ReadonlyMap<number, bigint>): number {
    let n = 0;
    for (const [partition, end] of ends) for (const e of this.partitions.get(partition)?.entries ?? []) if (!e.done && e.offset < end) n++;
    return n;
  }

  /** Positions that moved since they were committed. */
  moved(): { partition: number; offset: bigint }[] {
    const out: { partition: number; offset: bigint }[] = [];
    for (const [partition, p] of this.partitions)
      if (p.position !== undefined && p.position !== p.committed) out.push({ partition, offset: p.position });
    return out;
  }

  committed(list: readonly { partition: number; offset: bigint }[]): void {
    for (const { partition, offset } of list) {
      const p = this.partitions.get(partition);
      if (p) p.committed = offset;
    }
  }

  clear(): void {
    this.partitions.clear();
    this.open = 0;
  }
}
