// Before a join with scan tables: one streaming row becomes a collection of one. The table's rows are taken by the join itself, from the
// host, so nothing is copied per row; the operator exists for status and topo, where eKuiper has it.
import type { Downstream, Operator, OperatorStats } from './operator.ts';

export function createJoinAlign(stats: OperatorStats, next: Downstream): Operator {
  return {
    stats,
    row(t) {
      stats.recordsIn++;
      stats.recordsOut++;
      next.rows({ rows: [t], win: t.win });
    },
    rows(c) {
      stats.recordsIn++;
      stats.recordsOut++;
      next.rows(c);
    },
  };
}
