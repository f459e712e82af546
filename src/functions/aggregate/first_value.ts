// SQL first_value(expr [, ignoreNull]).
import { defineAggregate, param } from '../../contract/function.ts';
import type { Value } from '../../data/value.ts';

/** Plain data. */
interface First {
  rows: number;
  value: Value;
}

export const firstValue = defineAggregate<First>({
  name: 'first_value',
  group: 'aggregate',
  since: '0.2.0',
  onlyStandard: true,
  params: [param('expr', 'any'), param('ignoreNull', 'any', { optional: true })],
  returns: 'same',
  doc: 'Value of the first row; with ignoreNull true the first value that is not null. Null for an empty window.',
  examples: [
    ['first_value(a)', 5, { a: 5 }],
    ['first_value(a, true)', null, { a: null }],
  ],
  init: () => ({ rows: 0, value: null }),
  add: (state, v: Value, ignoreNull: Value = false) => {
    if (state.rows > 0 || (ignoreNull === true && v == null)) return state;
    state.rows = 1;
    state.value = v ?? null;
    return state;
  },
  result: (state) => state.value,
  merge: (a, b) => (a.rows > 0 ? a : b),
});
