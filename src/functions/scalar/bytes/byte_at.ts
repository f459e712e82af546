// SQL byte_at(bytes, index).
import { defineScalar, param } from '../../../contract/function.ts';
import type { Value } from '../../../data/value.ts';
import { bytesArg, wholeArg } from './bytes-argument.ts';

export const byteAt = defineScalar({
  name: 'byte_at',
  group: 'bytes',
  since: '0.2.0',
  onlyStandard: true,
  pure: true,
  nulls: 'null',
  params: [param('bytes'), param('index', 'number')],
  returns: 'bigint',
  doc: 'The byte at a place counted from 0, or from the end when it is negative, as 0 to 255; null when there is none.',
  examples: [
    ['byte_at(unhex("00ff10"), 1)', 255n],
    ['byte_at(unhex("00ff10"), -1)', 16n],
    ['byte_at(unhex("00ff10"), 3)', null],
    ['byte_at(a, 0)', null, { a: null }],
    ['byte_at(unhex("00"), 0.5)', { error: 'the index must be a whole number' }],
  ],
  exec: (v: Value, i: Value) => {
    const byte = bytesArg(v).at(wholeArg(i, 'the index'));
    return byte === undefined ? null : BigInt(byte);
  },
});
