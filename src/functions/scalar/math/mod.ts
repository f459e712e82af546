// SQL mod(a, b).
import { defineScalar, param } from '../../../contract/function.ts';
import { toFloat } from '../../../data/cast.ts';
import type { Value } from '../../../data/value.ts';

export const mod = defineScalar({
  name: 'mod',
  group: 'math',
  since: '0.1.0',
  pure: true,
  nulls: 'null-or-empty',
  params: [param('a', 'number'), param('b', 'number')],
  returns: 'float',
  doc: 'Remainder of a / b as a float, with the sign of a. b = 0 gives NaN, which no JSON can hold: use a % b for an error of the row.',
  examples: [
    ['mod(7.5, 2)', 1.5],
    ['mod(-7, 3)', -1],
    ['mod(a, 3)', null, { a: null }],
    ['mod(a, 3)', { error: 'cannot convert string(x) to float64' }, { a: 'x' }],
  ],
  exec: (a: Value, b: Value) => toFloat(a, 'sameKind') % toFloat(b, 'sameKind'),
});
