// SQL hex(bytes).
import { defineScalar, param } from '../../../contract/function.ts';
import type { Value } from '../../../data/value.ts';
import { bytesArg } from './bytes-argument.ts';

export const hex = defineScalar({
  name: 'hex',
  group: 'bytes',
  since: '0.2.0',
  onlyStandard: true,
  pure: true,
  nulls: 'null',
  params: [param('bytes')],
  returns: 'string',
  doc: 'Hex text of bytes, two digits each, in lower case. A text is read as base64.',
  examples: [
    ['hex(a)', '00ff10', { a: new Uint8Array([0, 255, 16]) }],
    ['hex("AP8Q")', '00ff10'],
    ['hex(a)', null, { a: null }],
    ['hex(a)', { error: 'bytes or base64 text expected' }, { a: 5 }],
  ],
  exec: (v: Value) => Buffer.from(bytesArg(v)).toString('hex'),
});
