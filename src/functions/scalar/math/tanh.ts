// SQL tanh(x).
import { floatFunction } from './float-function.ts';

export const tanh = floatFunction({
  name: 'tanh',
  doc: 'Hyperbolic tangent.',
  examples: [
    ['tanh(0)', 0],
    ['tanh(a)', null, { a: null }],
    ['tanh(a)', { error: 'cannot convert string(x) to float64' }, { a: 'x' }],
  ],
  compute: Math.tanh,
});
