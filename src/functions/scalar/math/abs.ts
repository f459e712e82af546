// SQL abs(x).
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import type { Value } from '../../../data/value.ts';

const MIN_INT64 = -(2n ** 63n);

export const abs = defineScalar({
  name: 'abs',
  group: 'math',
  since: '0.1.0',
  pure: true,
  nulls: 'null-or-empty',
  params: [param('x', 'number')],
  returns: 'same',
  doc: 'Absolute value; an int stays an int.',
  examples: [
    ['abs(-2.5)', 2.5],
    ['abs(-7)', 7n],
    ['abs(a)', 9007199254740993n, { a: -9007199254740993n }],
    ['abs(a)', null, { a: null }],
    ['abs(a > 1)', { error: 'Expect number - float or int type for parameter 1' }, { a: 2 }],
    ['abs(a)', { error: 'only float64 & int type are supported' }, { a: '12' }],
  ],
  exec: (x: Value) => {
    if (typeof x === 'number') return Math.abs(x);
    if (typeof x !== 'bigint') throw rowError('only float64 & int type are supported');
    if (x === MIN_INT64) throw rowError(`the absolute value of ${x} does not fit an int64`);
    return x < 0n ? -x : x;
  },
});
