// SQL ceiling(x).
import { floatFunction } from './float-function.ts';

export const ceiling = floatFunction({
  name: 'ceiling',
  aliases: ['ceil'],
  doc: 'Smallest whole number that is not below x, as a float.',
  examples: [
    ['ceiling(1.2)', 2],
    ['ceil(-1.2)', -1],
    ['ceiling(5)', 5],
    ['ceiling(a)', null, { a: null }],
    ['ceiling(a)', { error: 'cannot convert string(x) to float64' }, { a: 'x' }],
  ],
  compute: Math.ceil,
});
