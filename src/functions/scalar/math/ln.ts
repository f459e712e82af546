// SQL ln(x).
import { rowError } from '../../../base/errors/gateway-error.ts';
import { formatFloat } from '../../../data/go-format.ts';
import { floatFunction } from './float-function.ts';

export const ln = floatFunction({
  name: 'ln',
  doc: 'Natural logarithm. A negative argument is an error.',
  examples: [
    ['ln(1)', 0],
    ['ln(-1)', { error: 'The argument must be a strictly positive number but got -1' }],
    ['ln(a)', null, { a: null }],
    ['ln(a)', { error: 'cannot convert string(x) to float64' }, { a: 'x' }],
  ],
  compute: (x) => {
    if (x < 0) throw rowError(`The argument must be a strictly positive number but got ${formatFloat(x)}`);
    return Math.log(x);
  },
});
