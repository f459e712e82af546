// SQL cos(x).
import { floatFunction } from './float-function.ts';

export const cos = floatFunction({
  name: 'cos',
  doc: 'Cosine of an angle in radians.',
  examples: [
    ['cos(0)', 1],
    ['cos(a)', null, { a: null }],
    ['cos(a)', { error: 'cannot convert string(x) to float64' }, { a: 'x' }],
  ],
  compute: Math.cos,
});
