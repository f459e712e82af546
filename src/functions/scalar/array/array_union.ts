// SQL array_union(a, b).
import { reserveArray } from '../../../base/budget.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import type { Value } from '../../../data/value.ts';
import { arrayArg } from './array-args.ts';
import { ElementSet } from './element-set.ts';

export const arrayUnion = defineScalar({
  name: 'array_union',
  group: 'array',
  since: '0.1.0',
  pure: true,
  nulls: 'pass',
  params: [param('a', 'array'), param('b', 'array')],
  returns: 'array',
  doc: 'Elements of a and then of b, each once; null counts as an empty array. An int 2 is not a float 2.',
  examples: [
    ['array_union(a, b)', [1, 2, 3, 4], { a: [1, 2, 3, 2], b: [2, 3, 4] }],
    ['array_union(a, b)', [1], { a: null, b: [1] }],
    ['array_union(a, b)', [], { a: null, b: null }],
    ['array_union(a, b)', { error: 'second argument should be array of interface{}' }, { a: [1], b: 'str' }],
  ],
  exec: (a: Value, b: Value) => {
    const first = a == null ? [] : arrayArg(a, 'first');
    const second = b == null ? [] : arrayArg(b, 'second');
    const seen = new ElementSet();
    if (first.length + second.length > 64) reserveArray(first.length + second.length);
    return [...first, ...second].filter((e) => seen.add(e));
  },
});
