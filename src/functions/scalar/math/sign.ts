// SQL sign(x).
import { defineScalar, param } from '../../../contract/function.ts';
import { toFloat } from '../../../data/cast.ts';
import type { Value } from '../../../data/value.ts';

export const sign = defineScalar({
  name: 'sign',
  group: 'math',
  since: '0.1.0',
  pure: true,
  nulls: 'null-or-empty',
  params: [param('x', 'number')],
  returns: 'bigint',
  doc: '-1, 0 or 1 as an int.',
  examples: [
    ['sign(-2.5)', -1n],
    ['sign(0)', 0n],
    ['sign(a)', null, { a: null }],
    ['sign(a)', { error: 'cannot convert string(12) to float64' }, { a: '12' }],
  ],
  exec: (v: Value) => {
    const x = toFloat(v, 'sameKind');
    return x > 0 ? 1n : x < 0 ? -1n : 0n;
  },
});
