// SQL shift_right(x, n).
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import type { Value } from '../../../data/value.ts';
import { wholeArg } from './bytes-argument.ts';

const wholeArg64 = (v: Value): bigint => (typeof v === 'bigint' ? v : BigInt(wholeArg(v, 'x')));

export const shiftRight = defineScalar({
  name: 'shift_right',
  group: 'bytes',
  since: '0.2.0',
  onlyStandard: true,
  pure: true,
  nulls: 'null',
  params: [param('x', 'number'), param('n', 'number')],
  returns: 'bigint',
  doc: 'The int64 x shifted by n bits to the right, keeping the sign; bits that leave it are gone.',
  examples: [
    ['shift_right(256, 4)', 16n],
    ['shift_right(-8, 1)', -4n],
    ['shift_right(-8, 64)', -1n],
    ['shift_right(a, 1)', null, { a: null }],
    ['shift_right(1, -1)', { error: 'the number of bits must not be negative' }],
  ],
  exec: (x: Value, n: Value) => {
    const by = wholeArg(n, 'the number of bits');
    if (by < 0) throw rowError('the number of bits must not be negative');
    return BigInt.asIntN(64, wholeArg64(x) >> BigInt(Math.min(by, 64)));
  },
});
