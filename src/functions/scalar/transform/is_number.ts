// SQL is_number(value).
import { defineScalar, param } from '../../../contract/function.ts';
import type { Value } from '../../../data/value.ts';

export const isNumber = defineScalar({
  name: 'is_number',
  group: 'transform',
  since: '0.2.0',
  onlyStandard: true,
  pure: true,
  nulls: 'pass',
  params: [param('value')],
  returns: 'boolean',
  doc: 'True for an int or a float that is finite; false for everything else, null and texts too (try_cast reads texts).',
  examples: [
    ['is_number(a)', true, { a: 1.5 }],
    ['is_number(a)', true, { a: 7n }],
    ['is_number(a)', false, { a: '7' }],
    ['is_number(a)', false, { a: null }],
  ],
  exec: (v: Value) => typeof v === 'bigint' || (typeof v === 'number' && Number.isFinite(v)),
});
