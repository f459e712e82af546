// SQL array_contains_any(a, b).
import { defineScalar, param } from '../../../contract/function.ts';
import type { Value } from '../../../data/value.ts';
import { arrayArg } from './array-args.ts';
import { ElementSet } from './element-set.ts';

export const arrayContainsAny = defineScalar({
  name: 'array_contains_any',
  group: 'array',
  since: '0.1.0',
  pure: true,
  nulls: 'pass',
  params: [param('a', 'array'), param('b', 'array')],
  returns: 'boolean',
  doc: 'True when the arrays share an element; false when a is null, an error when b is. An int 2 is not a float 2.',
  examples: [
    ['array_contains_any(a, b)', true, { a: [1, 2], b: [2, 3] }],
    ['array_contains_any(a, array_create(1, 2))', false, { a: [1, 2] }],
    ['array_contains_any(a, b)', false, { a: null, b: [1] }],
    ['array_contains_any(a, b)', { error: 'second argument should be array of interface{}' }, { a: [1], b: null }],
  ],
  exec: (a: Value, b: Value) => {
    if (a == null) return false;
    const first = arrayArg(a, 'first');
    const second = new ElementSet(arrayArg(b, 'second'));
    return first.some((e) => second.has(e));
  },
});
