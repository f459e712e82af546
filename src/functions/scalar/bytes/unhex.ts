// SQL unhex(text).
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import type { Value } from '../../../data/value.ts';

export const unhex = defineScalar({
  name: 'unhex',
  group: 'bytes',
  since: '0.2.0',
  onlyStandard: true,
  pure: true,
  nulls: 'null',
  params: [param('text', 'string')],
  returns: 'bytea',
  doc: 'Bytes of a hex text; blanks, colons and hyphens between the digits are left out, and 0x before them.',
  examples: [
    ['hex(unhex("00FF10"))', '00ff10'],
    ['hex(unhex("0x00 ff:10"))', '00ff10'],
    ['unhex(a)', null, { a: null }],
    ['unhex("0g")', { error: '0g is not a hex text' }],
    ['unhex("abc")', { error: 'abc is not a hex text' }],
  ],
  exec: (v: Value) => {
    // only a text is made a text: printing an array may cost more than the row is allowed
    if (typeof v !== 'string') throw rowError(`a value of type ${Array.isArray(v) ? 'array' : typeof v} is not a hex text`);
    const digits = v.replace(/^\s*0x/i, '').replace(/[\s:-]/g, '');
    if (digits.length % 2 === 1 || !/^[0-9a-fA-F]*$/.test(digits)) throw rowError(`${v.slice(0, 50)} is not a hex text`);
    return new Uint8Array(Buffer.from(digits, 'hex'));
  },
});
