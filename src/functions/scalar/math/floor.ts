// SQL floor(x).
import { floatFunction } from './float-function.ts';

export const floor = floatFunction({
  name: 'floor',
  doc: 'Largest whole number that is not above x, as a float.',
  examples: [
    ['floor(1.8)', 1],
    ['floor(-1.2)', -2],
    ['floor(a)', null, { a: null }],
    ['floor(a)', { error: 'cannot convert string(x) to float64' }, { a: 'x' }],
  ],
  compute: Math.floor,
});
