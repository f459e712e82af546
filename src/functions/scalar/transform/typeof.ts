// SQL typeof(value).
import { defineScalar, param } from '../../../contract/function.ts';
import { kindOf, type Value } from '../../../data/value.ts';

export const typeOf = defineScalar({
  name: 'typeof',
  group: 'transform',
  since: '0.2.0',
  onlyStandard: true,
  pure: true,
  nulls: 'pass',
  params: [param('value')],
  returns: 'string',
  doc: 'Kind of the value: bigint, float, string, boolean, datetime, bytea, array, struct, or null for null and absent fields.',
  examples: [
    ['typeof(1)', 'bigint'],
    ['typeof(a)', 'float', { a: 1.5 }],
    ['typeof(a)', 'array', { a: [] }],
    ['typeof(a)', 'null', {}],
  ],
  exec: (v: Value) => kindOf(v),
});
