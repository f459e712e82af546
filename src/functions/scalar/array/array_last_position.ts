// SQL array_last_position(arr, v).
import { spend } from '../../../base/budget.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { deepEqual } from '../../../data/compare.ts';
import type { Value } from '../../../data/value.ts';
import { arrayArg } from './array-args.ts';

export const arrayLastPosition = defineScalar({
  name: 'array_last_position',
  group: 'array',
  since: '0.1.0',
  pure: true,
  nulls: 'pass',
  params: [param('arr', 'array'), param('v', 'any')],
  returns: 'bigint',
  doc: 'Index of the last element equal to v, counted from 0; -1 when there is none or arr is null. An int 2 is not a float 2.',
  examples: [
    ['array_last_position(array_create(1, 2, 3, 2), 2)', 3n],
    ['array_last_position(a, 3.0)', 1n, { a: [2, 3, 4] }],
    ['array_last_position(a, 1)', -1n, { a: null }],
    ['array_last_position(a, 1)', { error: 'first argument should be array of interface{}' }, { a: 'str' }],
  ],
  exec: (arr: Value, v: Value) => {
    if (arr == null) return -1n;
    return BigInt(listOf(arr).findLastIndex((e) => deepEqual(e, v)));
  },
});

function listOf(arr: Value): Value[] {
  const list = arrayArg(arr, 'first');
  spend(list.length);
  return list;
}
