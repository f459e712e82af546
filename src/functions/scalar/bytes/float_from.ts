// SQL float_from(bytes, index, bits[, order]).
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import type { Value } from '../../../data/value.ts';
import { bytesArg, orderArg, readBigEndian, wholeArg } from './bytes-argument.ts';

export const floatFrom = defineScalar({
  name: 'float_from',
  group: 'bytes',
  since: '0.2.0',
  onlyStandard: true,
  pure: true,
  nulls: 'null',
  params: [param('bytes'), param('index', 'number'), param('bits', 'number'), param('order', 'string', { optional: true })],
  returns: 'float',
  doc: 'The IEEE 754 float of 32 or 64 bits that begins at a byte; null when there are too few bytes, and for NaN and infinities. Orders as in int_from.',
  examples: [
    ['float_from(unhex("3f800000"), 0, 32)', 1],
    ['float_from(unhex("0000803f"), 0, 32, "le")', 1],
    ['float_from(unhex("00003f80"), 0, 32, "mixed-le")', 1],
    ['float_from(unhex("803f0000"), 0, 32, "mixed-be")', 1],
    ['float_from(unhex("3ff8000000000000"), 0, 64)', 1.5],
    ['float_from(unhex("3f80"), 0, 32)', null],
    ['float_from(unhex("7fc00000"), 0, 32)', null],
    ['float_from(unhex("3f80"), 0, 16)', { error: 'bits must be 32 or 64' }],
  ],
  exec: (v: Value, index: Value, bits: Value, order?: Value) => {
    const size = wholeArg(bits, 'bits') / 8;
    if (size !== 4 && size !== 8) throw rowError('bits must be 32 or 64');
    const part = readBigEndian(bytesArg(v), wholeArg(index, 'the index'), size, orderArg(order));
    if (!part) return null;
    const view = new DataView(part.buffer, part.byteOffset, size);
    const x = size === 4 ? view.getFloat32(0) : view.getFloat64(0);
    return Number.isFinite(x) ? x : null;
  },
});
