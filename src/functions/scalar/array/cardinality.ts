// SQL cardinality(arr).
import { defineScalar, param } from '../../../contract/function.ts';

export const cardinality = defineScalar({
  name: 'cardinality',
  group: 'array',
  since: '0.1.0',
  pure: true,
  nulls: 'pass',
  params: [param('arr', 'any')],
  returns: 'bigint',
  doc: 'Number of elements, nulls included; 0 for anything that is not an array. Bytes count as an array.',
  examples: [
    ['cardinality(array_create(3, 1, 2))', 3n],
    ['cardinality(a)', 4n, { a: [1.5, true, 'q', null] }],
    ['cardinality(a)', 0n, { a: null }],
    ['cardinality(a)', 0n, { a: 'str' }],
  ],
  exec: (arr) => (Array.isArray(arr) || arr instanceof Uint8Array ? BigInt(arr.length) : 0n),
});
