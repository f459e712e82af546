// Aggregates over a list of rows, results put into the slots of one tuple. Used where a collection is not grouped: HAVING, aggregates
// in WHERE.
import { inFunction } from '../base/budget.ts';
import type { Tuple } from '../data/tuple.ts';
import type { AggregateCall } from './operator.ts';

/** @throws what an argument or a fold throws */
export function foldRows(rows: readonly Tuple[], calls: readonly AggregateCall[], into: Tuple): void {
  for (const call of calls) {
    try {
      let state = call.def.init(call.site);
      for (const t of rows) {
        if (call.filter && call.filter(t) !== true) continue;
        state = call.def.add(state, ...call.args.map((a) => a(t)));
      }
      into.cols[call.slot] = call.def.result(state, call.site);
    } catch (error) {
      throw inFunction(error, call.site.name);
    }
  }
}
