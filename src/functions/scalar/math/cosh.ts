// SQL cosh(x).
import { floatFunction } from './float-function.ts';

export const cosh = floatFunction({
  name: 'cosh',
  doc: 'Hyperbolic cosine.',
  examples: [
    ['cosh(0)', 1],
    ['cosh(a)', null, { a: null }],
    ['cosh(a)', { error: 'cannot convert string(x) to float64' }, { a: 'x' }],
  ],
  compute: Math.cosh,
});
