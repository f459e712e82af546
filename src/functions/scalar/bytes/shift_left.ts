// SQL shift_left(x, n).
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import type { Value } from '../../../data/value.ts';
import { wholeArg } from './bytes-argument.ts';

const wholeArg64 = (v: Value): bigint => (typeof v === 'bigint' ? v : BigInt(wholeArg(v, 'x')));

export const shiftLeft = defineScalar({
  name: 'shift_left',
  group: 'bytes',
  since: '0.2.0',
  onlyStandard: true,
  pure: true,
  nulls: 'null',
  params: [param('x', 'number'), param('n', 'number')],
  returns: 'bigint',
  doc: 'The int64 x shifted by n bits to the left; bits that leave it are gone.',
  examples: [
    ['shift_left(1, 4)', 16n],
    ['shift_left(1, 63)', -9223372036854775808n],
    ['shift_left(1, 64)', 0n],
    ['shift_left(a, 1)', null, { a: null }],
    ['shift_left(1, -1)', { error: 'the number of bits must not be negative' }],
  ],
  exec: (x: Value, n: Value) => {
    const by = wholeArg(n, 'the number of bits');
    if (by < 0) throw rowError('the number of bits must not be negative');
    return BigInt.asIntN(64, wholeArg64(x) << BigInt(Math.min(by, 64)));
  },
});
