// SQL array_position(arr, v).
import { spend } from '../../../base/budget.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { deepEqual } from '../../../data/compare.ts';
import type { Value } from '../../../data/value.ts';
import { arrayArg } from './array-args.ts';

export const arrayPosition = defineScalar({
  name: 'array_position',
  group: 'array',
  since: '0.1.0',
  pure: true,
  nulls: 'pass',
  params: [param('arr', 'array'), param('v', 'any')],
  returns: 'bigint',
  doc: 'Index of the first element equal to v, counted from 0; -1 when there is none or arr is null. An int 2 is not a float 2.',
  examples: [
    ['array_position(array_create(1, 2, 3, 2), 2)', 1n],
    ['array_position(a, 2)', -1n, { a: [1, 2, 3] }],
    ['array_position(a, b)', 1n, { a: [1, null], b: null }],
    ['array_position(a, 1)', -1n, { a: null }],
    ['array_position(a, 1)', { error: 'first argument should be array of interface{}' }, { a: 'str' }],
  ],
  exec: (arr: Value, v: Value) => {
    if (arr == null) return -1n;
    return BigInt(listOf(arr).findIndex((e) => deepEqual(e, v)));
  },
});

function listOf(arr: Value): Value[] {
  const list = arrayArg(arr, 'first');
  spend(list.length);
  return list;
}
