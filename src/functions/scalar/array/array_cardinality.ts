// SQL array_cardinality(arr).
import { defineScalar, param } from '../../../contract/function.ts';
import { isNullOrEmpty } from '../../../data/null-or-empty.ts';
import { arrayArg } from './array-args.ts';

export const arrayCardinality = defineScalar({
  name: 'array_cardinality',
  group: 'array',
  since: '0.1.0',
  pure: true,
  nulls: 'pass',
  params: [param('arr', 'array')],
  returns: 'bigint',
  doc: 'Number of elements that are not null (cardinality() counts nulls too); 0 for null.',
  examples: [
    ['array_cardinality(array_create(3, 1, 2))', 3n],
    ['array_cardinality(a)', 3n, { a: ['a', 'b', null, 'a'] }],
    ['array_cardinality(a)', 0n, { a: null }],
    ['array_cardinality(a)', { error: 'first argument should be array of interface{}' }, { a: 'str' }],
  ],
  exec: (arr) => {
    if (isNullOrEmpty(arr)) return 0n;
    let n = 0;
    for (const e of arrayArg(arr, 'first')) if (e != null) n++;
    return BigInt(n);
  },
});
