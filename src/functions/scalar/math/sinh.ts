// SQL sinh(x).
import { floatFunction } from './float-function.ts';

export const sinh = floatFunction({
  name: 'sinh',
  doc: 'Hyperbolic sine.',
  examples: [
    ['sinh(0)', 0],
    ['sinh(a)', null, { a: null }],
    ['sinh(a)', { error: 'cannot convert string(x) to float64' }, { a: 'x' }],
  ],
  compute: Math.sinh,
});
