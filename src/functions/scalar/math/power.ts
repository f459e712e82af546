// SQL power(x, y).
import { defineScalar, param } from '../../../contract/function.ts';
import { toFloat } from '../../../data/cast.ts';
import type { Value } from '../../../data/value.ts';

export const power = defineScalar({
  name: 'power',
  group: 'math',
  since: '0.1.0',
  aliases: ['pow'],
  pure: true,
  nulls: 'null-or-empty',
  params: [param('x', 'number'), param('y', 'number')],
  returns: 'float',
  doc: 'x to the power of y, always a float.',
  examples: [
    ['power(2, 10)', 1024],
    ['pow(2, -1)', 0.5],
    ['power(a, 2)', null, { a: null }],
    ['power(a, 2)', { error: 'cannot convert string(x) to float64' }, { a: 'x' }],
  ],
  // 1 to any power is 1, NaN included, as in Go
  exec: (x: Value, y: Value) => {
    const base = toFloat(x, 'sameKind');
    const exponent = toFloat(y, 'sameKind');
    return base === 1 ? 1 : base ** exponent;
  },
});
