// SQL atan(x).
import { floatFunction } from './float-function.ts';

export const atan = floatFunction({
  name: 'atan',
  doc: 'Arc tangent in radians.',
  examples: [
    ['atan(0)', 0],
    ['atan(a)', null, { a: null }],
    ['atan(a)', { error: 'cannot convert string(x) to float64' }, { a: 'x' }],
  ],
  compute: Math.atan,
});
