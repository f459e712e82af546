// SQL degrees(x).
import { floatFunction } from './float-function.ts';

export const degrees = floatFunction({
  name: 'degrees',
  doc: 'Radians as degrees.',
  examples: [
    ['degrees(a)', 180, { a: Math.PI }],
    ['degrees(a)', null, { a: null }],
    ['degrees(a)', { error: 'cannot convert string(x) to float64' }, { a: 'x' }],
  ],
  compute: (radians) => radians * (180 / Math.PI),
});
