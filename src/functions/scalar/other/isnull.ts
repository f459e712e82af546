// SQL isnull(value).
import { defineScalar, param } from '../../../contract/function.ts';
import { nilArray } from '../../../data/nil-array.ts';
import type { Value } from '../../../data/value.ts';

export const isnull = defineScalar({
  name: 'isnull',
  group: 'other',
  since: '0.1.0',
  pure: true,
  nulls: 'pass',
  params: [param('value', 'any')],
  returns: 'boolean',
  doc: 'True for null and for a field that the row has not; false for empty arrays and objects.',
  examples: [
    ['isnull(1)', false],
    ['isnull(a)', true, { a: null }],
    ['isnull(a)', false, { a: [] }],
    ['isnull()', { error: 'Expect 1 arguments but found 0' }],
  ],
  exec: (v: Value) => v == null || v === nilArray,
});
