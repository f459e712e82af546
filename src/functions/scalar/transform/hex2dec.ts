// SQL hex2dec(text).
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { brief } from '../../../data/go-format.ts';
import type { Value } from '../../../data/value.ts';

const HEX = /^[+-]?[0-9a-fA-F]+$/;

export const hex2dec = defineScalar({
  name: 'hex2dec',
  group: 'transform',
  since: '0.1.0',
  pure: true,
  nulls: 'null-or-empty',
  params: [param('text', 'string')],
  returns: 'bigint',
  doc: 'The int that hex digits stand for, with or without 0x.',
  examples: [
    ['hex2dec("0xff")', 255n],
    ['hex2dec("ff")', 255n],
    ['hex2dec(a)', null, { a: null }],
    ['hex2dec("xyz")', { error: 'invalid hexadecimal value: xyz' }],
    ['hex2dec(a)', { error: 'invalid input type: 255 please input hex string' }, { a: 255 }],
  ],
  exec: (v: Value) => {
    if (typeof v !== 'string') throw rowError(`invalid input type: ${brief(v)} please input hex string`);
    const digits = v.startsWith('0x') ? v.slice(2) : v;
    const value = HEX.test(digits) ? parseHex(digits) : undefined;
    if (value === undefined) throw rowError(`invalid hexadecimal value: ${digits}`);
    return value;
  },
});

/** @returns undefined when it does not fit int64 */
function parseHex(digits: string): bigint | undefined {
  const significant = digits.replace(/^[+-]?0*/, '');
  if (significant.length > 16) return undefined;
  const size = BigInt(`0x${significant || '0'}`);
  const value = digits[0] === '-' ? -size : size;
  return BigInt.asIntN(64, value) === value ? value : undefined;
}
