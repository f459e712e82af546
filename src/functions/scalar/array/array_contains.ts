// SQL array_contains(arr, v).
import { spend } from '../../../base/budget.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { deepEqual } from '../../../data/compare.ts';
import type { Value } from '../../../data/value.ts';
import { arrayArg } from './array-args.ts';

export const arrayContains = defineScalar({
  name: 'array_contains',
  group: 'array',
  since: '0.1.0',
  pure: true,
  nulls: 'pass',
  params: [param('arr', 'array'), param('v', 'any')],
  returns: 'boolean',
  doc: 'True when an element equals v; false when arr is null. An int 2 is not a float 2.',
  examples: [
    ['array_contains(array_create(1, 2, 3), 2)', true],
    ['array_contains(a, 2)', false, { a: [1, 2, 3] }],
    ['array_contains(a, b)', true, { a: ['a', null], b: null }],
    ['array_contains(a, 1)', false, { a: null }],
    ['array_contains(a, 1)', { error: 'first argument should be array of interface{}' }, { a: 'str' }],
  ],
  exec: (arr: Value, v: Value) => {
    if (arr == null) return false;
    return listOf(arr).some((e) => deepEqual(e, v));
  },
});

function listOf(arr: Value): Value[] {
  const list = arrayArg(arr, 'first');
  spend(list.length);
  return list;
}
