// HAVING: keeps groups for which the condition is true. Null drops the group; with sqlCompatibility ekuiper it is an
// error, unlike in WHERE. Over rows that are not grouped the
// whole collection is one group: kept or dropped as a whole.
import { rowError } from '../base/errors/gateway-error.ts';
import type { Expr } from '../contract/function.ts';
import { describe } from '../data/go-format.ts';
import { Tuple, widen } from '../data/tuple.ts';
import { operatorError } from './errors.ts';
import { type FailedRows, failureTeller, type TellFailure } from './failed-rows.ts';
import { foldRows } from './fold-rows.ts';
import type { AggregateCall, Collection, Downstream, Operator, OperatorStats, ProgramHost } from './operator.ts';
import type { ClosureState } from './stateful.ts';

export interface HavingSpec {
  condition: Expr;
  onPass: readonly ((t: Tuple) => void)[];
  /** Aggregates over the whole collection, when its rows are not groups. */
  calls: readonly AggregateCall[];
  grouped: boolean;
  width: number;
  state: ClosureState;
  /** Set for standard SQL: null does not pass, and a group that fails is left out alone. */
  failed?: FailedRows | undefined;
  /** GROUP BY values of a group's row, for a person. */
  shownKey?(t: Tuple): string;
}

const PREFIX = 'run Having error: ';

export function createHaving(spec: HavingSpec, host: ProgramHost, stats: OperatorStats, next: Downstream): Operator {
  const { condition, onPass, state } = spec;
  const shownKey = spec.shownKey ?? (() => '');
  const passes = (t: Tuple): boolean => {
    const v = condition(t);
    if (typeof v === 'boolean') return v;
    throw rowError(`invalid condition that returns non-bool value ${describe(v)}`);
  };
  const tell = spec.failed && failureTeller(spec.failed, PREFIX, host, stats);
  const passesOrTold = (t: Tuple): boolean => {
    try {
      const v = condition(t);
      return v == null ? false : typeof v === 'boolean' ? v : passes(t);
    } catch (error) {
      tell!(error, t, shownKey(t));
      return false;
    }
  };
  const keep = (c: Collection): Tuple[] => {
    if (tell) {
      const rows = spec.grouped ? c.rows.filter(passesOrTold) : passesOrTold(wholeOf(c, spec, tell)) ? c.rows : [];
      if (rows.length > 0) for (const update of onPass) update(rows[0]!);
      return rows;
    }
    const kept = spec.grouped ? c.rows.filter(passes) : passes(wholeOf(c, spec, undefined)) ? c.rows : [];
    if (kept.length > 0) for (const update of onPass) update(kept[0]!);
    return kept;
  };
  return {
    stats,
    row(t) {
      stats.recordsIn++;
      let kept: Tuple[];
      try {
        kept = keep({ rows: [t], win: t.win });
      } catch (error) {
        host.exception(stats, operatorError(PREFIX, error));
        return;
      }
      if (kept.length === 0) return;
      stats.recordsOut++;
      next.row(t);
    },
    rows(c) {
      stats.recordsIn++;
      let kept: Tuple[];
      try {
        kept = keep(c);
      } catch (error) {
        host.exception(stats, operatorError(PREFIX, error));
        return;
      }
      if (kept.length === 0) return;
      stats.recordsOut++;
      next.rows({ rows: kept, win: c.win });
    },
    ...(state.size > 0 && { save: state.save, load: state.load }),
  };
}

/** One row that stands for the collection: its first row with the aggregates of all. */
function wholeOf(c: Collection, spec: HavingSpec, tell: TellFailure | undefined): Tuple {
  const first = c.rows[0];
  const whole = first ? widen(first, spec.width) : new Tuple(new Array(spec.width), c.win?.endMs ?? 0, undefined, undefined, c.win);
  foldRows(c.rows, spec.calls, whole, tell);
  return whole;
}
