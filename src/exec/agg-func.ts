// Aggregates in WHERE: computed over the whole collection and put into each of its rows, before the filter looks at them.
import { Tuple, widen } from '../data/tuple.ts';
import { operatorError } from './errors.ts';
import { foldRows } from './fold-rows.ts';
import type { AggregateCall, Collection, Downstream, Operator, OperatorStats, ProgramHost } from './operator.ts';

export interface AggFuncSpec {
  calls: readonly AggregateCall[];
  width: number;
}

export function createAggFunc(spec: AggFuncSpec, host: ProgramHost, stats: OperatorStats, next: Downstream): Operator {
  const fill = (c: Collection): Tuple[] => {
    const whole = new Tuple(new Array(spec.width), 0);
    foldRows(c.rows, spec.calls, whole);
    return c.rows.map((t) => {
      const row = widen(t, spec.width);
      for (const call of spec.calls) row.cols[call.slot] = whole.cols[call.slot];
      return row;
    });
  };
  const run = (c: Collection): Tuple[] | undefined => {
    stats.recordsIn++;
    try {
      const rows = fill(c);
      stats.recordsOut++;
      return rows;
    } catch (error) {
      host.exception(stats, operatorError('run Where error: ', error));
      return undefined;
    }
  };
  return {
    stats,
    row(t) {
      const rows = run({ rows: [t], win: t.win });
      if (rows) next.row(rows[0]!);
    },
    rows(c) {
      const rows = run(c);
      if (rows) next.rows({ rows, win: c.win });
    },
  };
}
