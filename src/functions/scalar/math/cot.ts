// SQL cot(x).
import { rowError } from '../../../base/errors/gateway-error.ts';
import { floatFunction } from './float-function.ts';

export const cot = floatFunction({
  name: 'cot',
  doc: 'Cotangent of an angle in radians. An angle of 0 is an error.',
  examples: [
    ['cot(a)', 1 / Math.tan(1), { a: 1 }],
    ['cot(0)', { error: 'out-of-range error' }],
    ['cot(a)', null, { a: null }],
    ['cot(a)', { error: 'cannot convert string(x) to float64' }, { a: 'x' }],
  ],
  compute: (x) => {
    const tangent = Math.tan(x);
    if (tangent === 0) throw rowError('out-of-range error');
    return 1 / tangent;
  },
});
