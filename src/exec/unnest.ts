// UNNEST in FROM: one row for each element of a list, with the element in a slot of its own. What the message's confirmation waits for is what its rows wait for.
// Made by compile/operators/unnest.ts.
import { reserve, spend } from '../base/budget.ts';
import { rowError } from '../base/errors/gateway-error.ts';
import type { Expr } from '../contract/function.ts';
import { describe } from '../data/go-format.ts';
import { type Tuple, widen } from '../data/tuple.ts';
import type { Value } from '../data/value.ts';
import { operatorError } from './errors.ts';
import type { Collection, Downstream, Operator, OperatorStats, ProgramHost } from './operator.ts';

export interface UnnestSpec {
  list: Expr;
  /** A row whose list is empty or missing stays, with null for the element. */
  outer: boolean;
  slot: number;
  /** Slot of the number of the element, from 1. */
  ordinal: number | undefined;
  readonly width: number;
}

const PREFIX = 'run Unnest error: ';
/** What one row costs before anything looks at it. */
const STEPS_PER_ROW = 10;

export function createUnnest(spec: UnnestSpec, host: ProgramHost, stats: OperatorStats, next: Downstream): Operator {
  const { list, outer, slot, ordinal } = spec;
  const { width } = spec;
  const rowOf = (t: Tuple, element: Value, index: number): Tuple => {
    const row = widen(t, width);
    row.cols[slot] = element;
    if (ordinal !== undefined) row.cols[ordinal] = index === 0 ? null : BigInt(index);
    return row;
  };
  /** @throws what the list throws, or that it is none */
  const elementsOf = (t: Tuple): readonly Value[] => {
    const v = list(t);
    if (v == null) return [];
    if (!Array.isArray(v)) throw rowError(`UNNEST takes a list, but found ${describe(v)}`);
    spend(v.length * STEPS_PER_ROW);
    reserve(v.length * width * 8);
    return v;
  };
  const rowsOf = (t: Tuple): Tuple[] => {
    const elements = elementsOf(t);
    if (elements.length === 0) return outer ? [rowOf(t, null, 0)] : [];
    return elements.map((e, i) => rowOf(t, e ?? null, i + 1));
  };
  const rowsOrTold = (t: Tuple): Tuple[] => {
    try {
      return rowsOf(t);
    } catch (error) {
      host.exception(stats, operatorError(PREFIX, error));
      return [];
    }
  };
  return {
    stats,
    row(t) {
      stats.recordsIn++;
      for (const row of rowsOrTold(t)) {
        stats.recordsOut++;
        next.row(row);
      }
    },
    rows(c: Collection) {
      stats.recordsIn++;
      const rows = c.rows.flatMap(rowsOrTold);
      if (rows.length === 0) return;
      stats.recordsOut++;
      next.rows({ rows, win: c.win });
    },
  };
}
