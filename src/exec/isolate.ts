// Makes rows private to the rule: a copy with room for the slots that operators fill. One copy per row, at the first operator that
// needs it. Not an operator of its own in status.
import { Tuple } from '../data/tuple.ts';
import type { Value } from '../data/value.ts';
import type { Downstream } from './operator.ts';

/** @param base slots of the shared layout that the rule knows; what lies above belongs to others
 *  @param width own slots included */
export function createIsolate(base: number, width: () => number, next: Downstream): Downstream {
  const copy = (t: Tuple): Tuple => {
    const n = width();
    const from = t.cols;
    const cols: Value[] = new Array(n);
    for (let i = 0; i < base; i++) cols[i] = from[i];
    for (let i = base; i < n; i++) cols[i] = undefined;
    return new Tuple(cols, t.tsMs, t.meta, t.ack, t.win);
  };
  return {
    row: (t) => next.row(copy(t)),
    rows: (c) => next.rows({ rows: c.rows.map(copy), win: c.win }),
  };
}

/** Group rows are private already; this only empties slots for values that are computed on demand.
 *  @param slots what the first row of the group may have left there */
export function createReset(slots: readonly number[], next: Downstream): Downstream {
  const clear = (t: Tuple): void => {
    for (const s of slots) t.cols[s] = undefined;
  };
  return {
    row(t) {
      clear(t);
      next.row(t);
    },
    rows(c) {
      c.rows.forEach(clear);
      next.rows(c);
    },
  };
}
