// WHERE. True keeps the row, false and null drop it, anything else and every error is an exception of the row (of the whole
// collection, if it is one). A collection of which nothing is left is not sent on. Made by compile/chain.ts.

import { rowError } from '../base/errors/gateway-error.ts';
import type { Expr } from '../contract/function.ts';
import { describe } from '../data/go-format.ts';
import type { Tuple } from '../data/tuple.ts';
import { operatorError } from './errors.ts';
import { type FailedRows, failureTeller } from './failed-rows.ts';
import type { Collection, Downstream, Operator, OperatorStats, ProgramHost } from './operator.ts';
import type { ClosureState } from './stateful.ts';

export interface FilterSpec {
  condition: Expr;
  /** Updates of hit counters, run for rows that pass. */
  onPass: readonly ((t: Tuple) => void)[];
  state: ClosureState;
  /** Set for standard SQL: a row of a collection that fails is left out alone. */
  failed?: FailedRows | undefined;
}

const PREFIX = 'run Where error: ';

export function createFilter(spec: FilterSpec, host: ProgramHost, stats: OperatorStats, next: Downstream): Operator {
  const { condition, onPass, state } = spec;
  state.countIn(stats);

  /** @throws rowError */
  const passes = (t: Tuple): boolean => {
    const v = condition(t);
    if (v === true) return true;
    if (v === false || v == null) return false;
    throw rowError(`invalid condition that returns non-bool value ${describe(v)}`);
  };

  const tell = spec.failed && failureTeller(spec.failed, PREFIX, host, stats);
  const passesOrTold = (t: Tuple): boolean => {
    try {
      return passes(t);
    } catch (error) {
      tell!(error, t);
      return false;
    }
  };

  return {
    stats,
    row(t) {
      stats.recordsIn++;
      let keep: boolean;
      try {
        keep = passes(t);
        if (keep) for (const update of onPass) update(t);
      } catch (error) {
        if (tell) tell(error, t);
        else host.exception(stats, operatorError(PREFIX, error));
        return;
      }
      if (!keep) return;
      stats.recordsOut++;
      next.row(t);
    },
    rows(c) {
      stats.recordsIn++;
      const kept: Tuple[] = [];
      const keeps = tell ? passesOrTold : passes;
      try {
        for (const t of c.rows) if (keeps(t)) kept.push(t);
        for (const t of kept) for (const update of onPass) update(t);
      } catch (error) {
        host.exception(stats, operatorError(PREFIX, error));
        return;
      }
      if (kept.length === 0) return;
      stats.recordsOut++;
      next.rows({ rows: kept, win: c.win } satisfies Collection);
    },
    ...(state.size > 0 && { save: state.save, load: state.load }),
  };
}
