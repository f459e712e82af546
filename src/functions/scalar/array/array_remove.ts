// SQL array_remove(arr, v).
import { spend } from '../../../base/budget.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { deepEqual } from '../../../data/compare.ts';
import type { Value } from '../../../data/value.ts';
import { arrayArg } from './array-args.ts';

export const arrayRemove = defineScalar({
  name: 'array_remove',
  group: 'array',
  since: '0.1.0',
  pure: true,
  nulls: 'pass',
  params: [param('arr', 'array'), param('v', 'any')],
  returns: 'array',
  doc: 'Copy of arr without the elements equal to v; null when arr is null. An int 2 is not a float 2.',
  examples: [
    ['array_remove(array_create(1, 2, 3, 2), 2)', [1n, 3n]],
    ['array_remove(a, b)', ['x'], { a: ['x', null], b: null }],
    ['array_remove(a, 1)', null, { a: null }],
    ['array_remove(a, 1)', { error: 'first argument should be array of interface{}' }, { a: 'str' }],
  ],
  exec: (arr: Value, v: Value) => {
    if (arr == null) return null;
    return listOf(arr).filter((e) => !deepEqual(e, v));
  },
});

function listOf(arr: Value): Value[] {
  const list = arrayArg(arr, 'first');
  spend(list.length);
  return list;
}
