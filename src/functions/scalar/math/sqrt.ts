// SQL sqrt(x).
import { rowError } from '../../../base/errors/gateway-error.ts';
import { formatFloat } from '../../../data/go-format.ts';
import { floatFunction } from './float-function.ts';

export const sqrt = floatFunction({
  name: 'sqrt',
  doc: 'Square root. A negative argument is an error.',
  examples: [
    ['sqrt(9)', 3],
    ['sqrt(-1)', { error: 'The argument must be a positive number but got -1' }],
    ['sqrt(a)', null, { a: null }],
    ['sqrt(a)', { error: 'cannot convert string(x) to float64' }, { a: 'x' }],
  ],
  compute: (x) => {
    if (x < 0) throw rowError(`The argument must be a positive number but got ${formatFloat(x)}`);
    return Math.sqrt(x);
  },
});
