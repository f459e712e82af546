// SQL bit_at(value, index).
import { defineScalar, param } from '../../../contract/function.ts';
import type { Value } from '../../../data/value.ts';
import { bytesArg, wholeArg } from './bytes-argument.ts';

export const bitAt = defineScalar({
  name: 'bit_at',
  group: 'bytes',
  since: '0.2.0',
  onlyStandard: true,
  pure: true,
  nulls: 'null',
  params: [param('value'), param('index', 'number')],
  returns: 'bigint',
  doc: 'Bit of an int (0 is the lowest) or of bytes (0 is the lowest bit of the first byte), as 0 or 1; null when there is none.',
  examples: [
    ['bit_at(5, 0)', 1n],
    ['bit_at(5, 1)', 0n],
    ['bit_at(unhex("0080"), 15)', 1n],
    ['bit_at(5, 64)', null],
    ['bit_at(a, 0)', null, { a: null }],
    ['bit_at(a, 0)', { error: 'bytes or base64 text expected' }, { a: 1.5 }],
  ],
  exec: (v: Value, i: Value) => {
    const at = wholeArg(i, 'the index');
    const int = typeof v === 'number' && Number.isSafeInteger(v) ? BigInt(v) : v;
    if (typeof int === 'bigint') return at < 0 || at > 63 ? null : (BigInt.asUintN(64, int) >> BigInt(at)) & 1n;
    const byte = at < 0 ? undefined : bytesArg(v)[Math.floor(at / 8)];
    return byte === undefined ? null : BigInt((byte >> (at % 8)) & 1);
  },
});
