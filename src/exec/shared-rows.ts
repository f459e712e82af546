// Rules with the same select list of plain columns make the same row of a message. The first of them makes it and the others give out the same object,
// which the encoder then writes once (codecs/json/encode.ts); the code that makes it is one closure, which stays warm. Rows are never changed
// once they are given out, nor are the tuples of sources. Made by compile/operators/project.ts, used by project.ts.
import type { Tuple } from '../data/tuple.ts';
import type { Row } from '../data/value.ts';

export class SharedRows {
  private readonly build: (t: Tuple) => Row;
  private users = 0;
  private tuple: Tuple | undefined;
  private row: Row = {};

  constructor(build: (t: Tuple) => Row) {
    this.build = build;
  }

  /** A rule more gives out these rows. */
  join(): void {
    this.users++;
  }

  readonly rowOf = (t: Tuple): Row => {
    // alone: nothing is held beyond the call
    if (this.users < 2) return this.build(t);
    if (t !== this.tuple) {
      this.tuple = t;
      this.row = this.build(t);
    }
    return this.row;
  };
}

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
