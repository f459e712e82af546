// A condition of WHERE that runs below a join, on the rows of one side. It drops what is plainly false and leaves nulls and errors to the
// filter above. A window of which nothing is left goes on empty: the join decides.
import type { Expr } from '../contract/function.ts';
import type { Tuple } from '../data/tuple.ts';
import type { Downstream, Operator, OperatorStats } from './operator.ts';

export interface EarlyFilterSpec {
  condition: Expr;
  /** Slot that says whether a row is of the side in question; undefined = all are. */
  present: number | undefined;
}

export function createEarlyFilter(spec: EarlyFilterSpec, stats: OperatorStats, next: Downstream): Operator {
  const { condition, present } = spec;
  const stays = (t: Tuple): boolean => {
    if (present !== undefined && t.cols[present] !== true) return true;
    try {
      return condition(t) !== false;
    } catch {
      // WHERE sees the row again and reports what is wrong with it
      return true;
    }
  };
  return {
    stats,
    row(t) {
      stats.recordsIn++;
      if (!stays(t)) return;
      stats.recordsOut++;
      next.row(t);
    },
    rows(c) {
      stats.recordsIn++;
      stats.recordsOut++;
      next.rows({ rows: c.rows.filter(stays), win: c.win });
    },
  };
}
