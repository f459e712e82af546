// SQL array_intersect(a, b).
import { defineScalar, param } from '../../../contract/function.ts';
import type { Value } from '../../../data/value.ts';
import { arrayArg } from './array-args.ts';
import { ElementSet } from './element-set.ts';

export const arrayIntersect = defineScalar({
  name: 'array_intersect',
  group: 'array',
  since: '0.1.0',
  pure: true,
  nulls: 'null-or-empty',
  params: [param('a', 'array'), param('b', 'array')],
  returns: 'array',
  doc: 'Elements that both arrays have, each once, in the order of b. An int 2 is not a float 2.',
  examples: [
    ['array_intersect(a, b)', [3, 2], { a: [1, 2, 3, 2], b: [3, 2, 4] }],
    ['array_intersect(a, b)', [true, null], { a: [true, 'q', null], b: [true, null] }],
    ['array_intersect(a, b)', null, { a: [], b: [1] }],
    ['array_intersect(a, b)', { error: 'second argument should be array of interface{}' }, { a: [1], b: 1 }],
  ],
  exec: (a: Value, b: Value) => {
    const first = new ElementSet(arrayArg(a, 'first'));
    const seen = new ElementSet();
    return arrayArg(b, 'second').filter((e) => first.has(e) && seen.add(e));
  },
});
