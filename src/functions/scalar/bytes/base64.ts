// SQL base64(bytes).
import { defineScalar, param } from '../../../contract/function.ts';
import type { Value } from '../../../data/value.ts';
import { bytesArg } from './bytes-argument.ts';

export const base64 = defineScalar({
  name: 'base64',
  group: 'bytes',
  since: '0.2.0',
  onlyStandard: true,
  pure: true,
  nulls: 'null',
  params: [param('bytes')],
  returns: 'string',
  doc: 'Base64 of bytes. decode(text, "base64") goes the other way.',
  examples: [
    ['base64(unhex("00ff10"))', 'AP8Q'],
    ['base64(a)', null, { a: null }],
    ['base64(a)', { error: 'bytes or base64 text expected' }, { a: 5 }],
  ],
  exec: (v: Value) => Buffer.from(bytesArg(v)).toString('base64'),
});
