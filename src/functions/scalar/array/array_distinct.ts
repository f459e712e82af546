// SQL array_distinct(arr).
import { defineScalar, param } from '../../../contract/function.ts';
import type { Value } from '../../../data/value.ts';
import { arrayArg } from './array-args.ts';
import { ElementSet } from './element-set.ts';

export const arrayDistinct = defineScalar({
  name: 'array_distinct',
  group: 'array',
  since: '0.1.0',
  pure: true,
  nulls: 'null-or-empty',
  params: [param('arr', 'array')],
  returns: 'array',
  doc: 'Elements of arr, each once; nested arrays, objects and datetimes are all kept. An int 2 is not a float 2.',
  examples: [
    ['array_distinct(a)', ['a', 'b', null], { a: ['a', 'b', null, 'a', null] }],
    ['array_distinct(a)', [[1], [1]], { a: [[1], [1]] }],
    ['array_distinct(a)', null, { a: null }],
    ['array_distinct(a)', { error: 'first argument should be array of interface{}' }, { a: 'str' }],
  ],
  exec: (arr: Value) => {
    const seen = new ElementSet();
    return arrayArg(arr, 'first').filter((e) => (typeof e === 'object' && e !== null) || seen.add(e));
  },
});
