// Aggregates in WHERE: computed over the whole collection and put into each of its rows, before the filter looks at them.
import { Tuple, widen } from '../data/tuple.ts';
import { operatorError } from './errors.ts';
import { type FailedRows, failureTeller } from './failed-rows.ts';
import { foldRows } from './fold-rows.ts';
import type { AggregateCall, Collection, Downstream, Operator, OperatorStats, ProgramHost } from './operator.ts';

export interface AggFuncSpec {
  calls: readonly AggregateCall[];
  width: number;
  /** Set for standard SQL: a row for which an argument fails is left out alone. */
  failed?: FailedRows | undefined;
}

export function createAggFunc(spec: AggFuncSpec, host: ProgramHost, stats: OperatorStats, next: Downstream): Operator {
  const tell = spec.failed && failureTeller(spec.failed, 'run Where error: ', host, stats);
  const fill = (c: Collection): Tuple[] => {
    const whole = new Tuple(new Array(spec.width), 0);
    return foldRows(c.rows, spec.calls, whole, tell).map((t) => {
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
      const row = run({ rows: [t], win: t.win })?.[0];
      if (row) next.row(row);
    },
    rows(c) {
      const rows = run(c);
      if (rows) next.rows({ rows, win: c.win });
    },
  };
}
