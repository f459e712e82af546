// SQL radians(x).
import { floatFunction } from './float-function.ts';

export const radians = floatFunction({
  name: 'radians',
  doc: 'Degrees as radians.',
  examples: [
    ['radians(180)', Math.PI],
    ['radians(a)', null, { a: null }],
    ['radians(a)', { error: 'cannot convert string(x) to float64' }, { a: 'x' }],
  ],
  compute: (degrees) => degrees * (Math.PI / 180),
});
