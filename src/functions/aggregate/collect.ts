// SQL collect(*), collect(expr).
import { reserve } from '../../base/budget.ts';
import { defineAggregate, param } from '../../contract/function.ts';
import type { Value } from '../../data/value.ts';

export const collect = defineAggregate<Value[]>({
  name: 'collect',
  group: 'aggregate',
  since: '0.1.0',
  params: [param('expr', 'any')],
  returns: 'array',
  star: 'row',
  doc: 'Array of all values, nulls included; collect(*) gives whole rows. An empty window gives [].',
  examples: [
    ['collect(a)', [5], { a: 5 }],
    ['collect(a)', [null], { a: null }],
  ],
  init: () => [],
  add: (list, v: Value) => {
    list.push(v ?? null);
    return list;
  },
  // A copy: the fold may go on after a result was sent.
  result: (list) => {
    if (list.length > 64) reserve(list.length * 8);
    return list.slice();
  },
  merge: (a, b) => a.concat(b),
});
