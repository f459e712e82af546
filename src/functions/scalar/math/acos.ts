// SQL acos(x).
import { floatFunction } from './float-function.ts';

export const acos = floatFunction({
  name: 'acos',
  doc: 'Arc cosine in radians; null outside -1…1.',
  examples: [
    ['acos(1)', 0],
    ['acos(2)', null],
    ['acos(a)', null, { a: null }],
    ['acos(a)', { error: 'cannot convert string(x) to float64' }, { a: 'x' }],
  ],
  compute: Math.acos,
});
