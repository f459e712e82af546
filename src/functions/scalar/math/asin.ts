// SQL asin(x).
import { floatFunction } from './float-function.ts';

export const asin = floatFunction({
  name: 'asin',
  doc: 'Arc sine in radians; null outside -1…1.',
  examples: [
    ['asin(0)', 0],
    ['asin(1.5)', null],
    ['asin(a)', null, { a: null }],
    ['asin(a)', { error: 'cannot convert string(x) to float64' }, { a: 'x' }],
  ],
  compute: Math.asin,
});
