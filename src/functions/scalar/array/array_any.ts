// SQL array_any(arr, x -> condition).
import { defineScalar, param } from '../../../contract/function.ts';
import { decidedBy, OF_ELEMENT } from './lambda.ts';

export const arrayAny = defineScalar({
  name: 'array_any',
  group: 'array',
  since: '0.2.0',
  onlyStandard: true,
  pure: true,
  nulls: 'pass',
  params: [param('arr', 'array'), param('fn', 'any')],
  lambda: OF_ELEMENT,
  returns: 'boolean',
  doc: 'True when the lambda is true for an element; null when it is for none and null for one: array_any(arr, x -> condition).',
  examples: [
    ['array_any(a, x -> x > 3)', true, { a: [1, null, 4] }],
    ['array_any(a, x -> x > 3)', null, { a: [1, null] }],
    ['array_any(a, x -> x > 3)', false, { a: [] }],
  ],
  compile: decidedBy(true),
});
