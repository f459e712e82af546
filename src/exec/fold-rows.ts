// Aggregates over a list of rows, results put into the slots of one tuple. Used where a collection is not grouped: HAVING, aggregates
// in WHERE.
import { inFunction } from '../base/budget.ts';
import type { Tuple } from '../data/tuple.ts';
import type { Value } from '../data/value.ts';
import type { TellFailure } from './failed-rows.ts';
import type { AggregateCall } from './operator.ts';

/** @param tell set for standard SQL: takes rows that fail, which then count for none of the calls. Results throw all the same
 *  @returns the rows that counted
 *  @throws what an argument or a fold throws */
export function foldRows(
  rows: readonly Tuple[],
  calls: readonly AggregateCall[],
  into: Tuple,
  tell: TellFailure | undefined,
): readonly Tuple[] {
  const good = tell ? rows.filter((t) => takes(t, calls, tell)) : rows;
  for (const call of calls) {
    try {
      let state = call.def.init(call.site);
      for (const t of good) {
        if (call.filter && call.filter(t) !== true) continue;
        state = call.def.add(state, ...call.args.map((a) => a(t)));
      }
      into.cols[call.slot] = call.def.result(state, call.site);
    } catch (error) {
      throw inFunction(error, call.site.name);
    }
  }
  return good;
}

function takes(t: Tuple, calls: readonly AggregateCall[], tell: TellFailure): boolean {
  for (const call of calls) {
    try {
      if (call.filter && call.filter(t) !== true) continue;
      const values = call.args.map((a) => a(t));
      (call.def.check as ((...args: Value[]) => void) | undefined)?.(...values);
    } catch (error) {
      tell(inFunction(error, call.site.name), t);
      return false;
    }
  }
  return true;
}
