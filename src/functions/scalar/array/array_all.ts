// SQL array_all(arr, x -> condition).
import { defineScalar, param } from '../../../contract/function.ts';
import { decidedBy, OF_ELEMENT } from './lambda.ts';

export const arrayAll = defineScalar({
  name: 'array_all',
  group: 'array',
  since: '0.2.0',
  onlyStandard: true,
  pure: true,
  nulls: 'pass',
  params: [param('arr', 'array'), param('fn', 'any')],
  lambda: OF_ELEMENT,
  returns: 'boolean',
  doc: 'True when the lambda is true for every element; null when it is false for none and null for one: array_all(arr, x -> condition).',
  examples: [
    ['array_all(a, x -> x > 3)', true, { a: [4, 5] }],
    ['array_all(a, x -> x > 3)', false, { a: [null, 1] }],
    ['array_all(a, x -> x > 3)', null, { a: [4, null] }],
    ['array_all(a, x -> x > 3)', true, { a: [] }],
  ],
  compile: decidedBy(false),
});
