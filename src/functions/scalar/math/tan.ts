// SQL tan(x).
import { floatFunction } from './float-function.ts';

export const tan = floatFunction({
  name: 'tan',
  doc: 'Tangent of an angle in radians.',
  examples: [
    ['tan(0)', 0],
    ['tan(a)', null, { a: null }],
    ['tan(a)', { error: 'cannot convert string(x) to float64' }, { a: 'x' }],
  ],
  compute: Math.tan,
});
