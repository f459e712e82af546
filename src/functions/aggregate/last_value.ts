// SQL last_value(expr, ignoreNull), last_value(*, ignoreNull).
import { rowError } from '../../base/errors/gateway-error.ts';
import { type ArgFact, defineAggregate, param } from '../../contract/function.ts';
import { describe } from '../../data/go-format.ts';
import type { Value } from '../../data/value.ts';
import { expectType, isConditionFact } from '../literal-kinds.ts';

/** Plain data. */
interface Last {
  rows: number;
  last: Value;
  lastNotNull: Value;
  /** The second argument: its first value that is not null. */
  ignoreNull: Value;
}

export const lastValue = defineAggregate<Last>({
  name: 'last_value',
  group: 'aggregate',
  since: '0.1.0',
  params: [param('expr', 'any'), param('ignoreNull', 'any')],
  validate: (args: readonly ArgFact[]) => {
    if (!isConditionFact(args[1])) throw expectType('bool', 2);
  },
  returns: 'same',
  star: 'row',
  doc: 'Value of the last row; with ignoreNull the last value that is not null, if there is one. Null for an empty window.',
  examples: [
    ['last_value(a, true)', 5, { a: 5 }],
    ['last_value(a, true)', null, { a: null }],
    ['last_value(a, false)', null, { a: null }],
  ],
  init: () => ({ rows: 0, last: null, lastNotNull: null, ignoreNull: null }),
  add: (state, v: Value, ignoreNull: Value) => {
    state.rows++;
    state.last = v ?? null;
    if (v != null) state.lastNotNull = v;
    state.ignoreNull ??= ignoreNull;
    return state;
  },
  result: (state) => {
    if (state.rows === 0) return null;
    if (typeof state.ignoreNull !== 'boolean') throw rowError(`the second parameter requires bool but found ${describe(state.ignoreNull)}`);
    return state.ignoreNull ? state.lastNotNull : state.last;
  },
  merge: (a, b) => ({
    rows: a.rows + b.rows,
    last: b.rows > 0 ? b.last : a.last,
    lastNotNull: b.lastNotNull ?? a.lastNotNull,
    ignoreNull: a.ignoreNull ?? b.ignoreNull,
  }),
});
