// SQL sin(x).
import { floatFunction } from './float-function.ts';

export const sin = floatFunction({
  name: 'sin',
  doc: 'Sine of an angle in radians.',
  examples: [
    ['sin(0)', 0],
    ['sin(a)', null, { a: null }],
    ['sin(a)', { error: 'cannot convert string(x) to float64' }, { a: 'x' }],
  ],
  compute: Math.sin,
});
