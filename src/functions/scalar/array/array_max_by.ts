// SQL array_max_by(arr, x -> value).
import { defineScalar, param } from '../../../contract/function.ts';
import { gt } from '../../../data/compare.ts';
import { bestBy, OF_ELEMENT } from './lambda.ts';

export const arrayMaxBy = defineScalar({
  name: 'array_max_by',
  group: 'array',
  since: '0.2.0',
  onlyStandard: true,
  pure: true,
  nulls: 'pass',
  params: [param('arr', 'array'), param('fn', 'any')],
  lambda: OF_ELEMENT,
  returns: 'unknown',
  doc: 'The element for which the lambda gives the largest value, the first of equal ones; elements for which it gives null do not count: array_max_by(arr, x -> value).',
  examples: [
    ['array_max_by(a, x -> x->rssi)->id', 'b', { a: [{ id: 'a', rssi: -90 }, { id: 'b', rssi: -50 }, { id: 'c' }] }],
    ['array_max_by(a, x -> x->rssi)', null, { a: [] }],
    ['array_max_by(a, x -> x)', { error: 'invalid operation' }, { a: [1, 'x'] }],
  ],
  compile: bestBy(gt),
});
