// Select lists of plain columns that several rules have, each with its rows. Filled by project.ts; made by compile/operators/project.ts.
import type { Tuple } from '../data/tuple.ts';
import type { Row } from '../data/value.ts';
import { SharedRows } from './project.ts';

const FIRST_SWEEP = 256;

/** Shared rows by the text of their select list, for as long as a rule uses them. */
export class SharedRowsRegistry {
  private readonly known = new Map<string, WeakRef<SharedRows>>();
  private sweepAt = FIRST_SWEEP;

  get size(): number {
    return this.known.size;
  }

  /** @param key the same only for lists that give equal rows of each tuple */
  get(key: string, build: () => (t: Tuple) => Row): SharedRows {
    let shared = this.known.get(key)?.deref();
    if (shared === undefined) {
      if (this.known.size >= this.sweepAt) this.sweep();
      shared = new SharedRows(build());
      this.known.set(key, new WeakRef(shared));
    }
    shared.join();
    return shared;
  }

  private sweep(): void {
    for (const [key, ref] of this.known) if (ref.deref() === undefined) this.known.delete(key);
    this.sweepAt = Math.max(FIRST_SWEEP, this.known.size * 2);
  }
}
