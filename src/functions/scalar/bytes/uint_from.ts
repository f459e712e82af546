// SQL uint_from(bytes, index, bits[, order]).
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import type { Value } from '../../../data/value.ts';
import { bytesArg, orderArg, readBigEndian, unsignedOf, wholeArg } from './bytes-argument.ts';

const MAX_INT64 = 2n ** 63n - 1n;

export const uintFrom = defineScalar({
  name: 'uint_from',
  group: 'bytes',
  since: '0.2.0',
  onlyStandard: true,
  pure: true,
  nulls: 'null',
  params: [param('bytes'), param('index', 'number'), param('bits', 'number'), param('order', 'string', { optional: true })],
  returns: 'bigint',
  doc: 'The unsigned int of so many bits (8 to 64) that begins at a byte, counted from 0 or, when negative, from the end; null when there are too few bytes. Orders: be (default), le, mixed-be (BADC), mixed-le (CDAB).',
  examples: [
    ['uint_from(unhex("ff38"), 0, 16)', 65336n],
    ['uint_from(unhex("38ff"), -2, 16, "le")', 65336n],
    ['uint_from("/zg=", 0, 16)', 65336n],
    ['uint_from(unhex("00"), 0, 16)', null],
    ['uint_from(a, 0, 8)', null, { a: null }],
    ['uint_from(unhex("ffffffffffffffff"), 0, 64)', { error: 'does not fit a bigint' }],
  ],
  exec: (v: Value, index: Value, bits: Value, order?: Value) => {
    const size = wholeArg(bits, 'bits') / 8;
    if (![1, 2, 3, 4, 5, 6, 7, 8].includes(size)) throw rowError('bits must be 8, 16, 24, 32, 40, 48, 56 or 64');
    const part = readBigEndian(bytesArg(v), wholeArg(index, 'the index'), size, orderArg(order));
    if (!part) return null;
    const n = unsignedOf(part);
    if (n > MAX_INT64) throw rowError(`${n} does not fit a bigint; int_from reads it as a signed int`);
    return n;
  },
});
