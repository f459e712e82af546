// SQL array_except(a, b).
import { defineScalar, param } from '../../../contract/function.ts';
import type { Value } from '../../../data/value.ts';
import { arrayArg } from './array-args.ts';
import { ElementSet } from './element-set.ts';

export const arrayExcept = defineScalar({
  name: 'array_except',
  group: 'array',
  since: '0.1.0',
  pure: true,
  nulls: 'pass',
  params: [param('a', 'array'), param('b', 'array')],
  returns: 'array',
  doc: 'Elements of a that b has not, each once; null when a is null, b null is an empty array. An int 2 is not a float 2.',
  examples: [
    ['array_except(a, b)', [1], { a: [1, 2, 3, 2], b: [2, 3, 4] }],
    ['array_except(a, b)', [1, 2], { a: [1, 2, 1], b: null }],
    ['array_except(a, b)', null, { a: null, b: [1] }],
    ['array_except(a, b)', { error: 'second argument should be array of interface{}' }, { a: [1], b: 'str' }],
  ],
  exec: (a: Value, b: Value) => {
    if (a == null) return null;
    const first = arrayArg(a, 'first');
    const seen = new ElementSet(b == null ? [] : arrayArg(b, 'second'));
    return first.filter((e) => seen.add(e));
  },
});
