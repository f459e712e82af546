// SQL atan2(y, x).
import { defineScalar, param } from '../../../contract/function.ts';
import { toFloat } from '../../../data/cast.ts';
import type { Value } from '../../../data/value.ts';

export const atan2 = defineScalar({
  name: 'atan2',
  group: 'math',
  since: '0.1.0',
  pure: true,
  nulls: 'null-or-empty',
  params: [param('y', 'number'), param('x', 'number')],
  returns: 'float',
  doc: 'Angle of the point (x, y) in radians. The order is y, x.',
  examples: [
    ['atan2(1, 1)', Math.PI / 4],
    ['atan2(a, 1)', null, { a: null }],
    ['atan2(a, 1)', { error: 'cannot convert bool(true) to float64' }, { a: true }],
  ],
  exec: (y: Value, x: Value) => Math.atan2(toFloat(y, 'sameKind'), toFloat(x, 'sameKind')),
});
