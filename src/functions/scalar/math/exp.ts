// SQL exp(x).
import { floatFunction } from './float-function.ts';

export const exp = floatFunction({
  name: 'exp',
  doc: 'e to the power of x.',
  examples: [
    ['exp(0)', 1],
    ['exp(a)', null, { a: null }],
    ['exp(a)', { error: 'cannot convert string(x) to float64' }, { a: 'x' }],
  ],
  compute: Math.exp,
});
