// SQL encode(text, "base64").

import { defineScalar, param } from '../../../contract/function.ts';
import { encodeBase64 } from '../../../data/go-base64.ts';
import { bytesOfText } from '../../../data/go-string.ts';
import type { Value } from '../../../data/value.ts';
import { checkBase64Literal, requireText } from './base64-argument.ts';

export const encode = defineScalar({
  name: 'encode',
  group: 'transform',
  since: '0.1.0',
  pure: true,
  nulls: 'null-or-empty',
  params: [param('text', 'string'), param('encoding', 'any')],
  validate: checkBase64Literal,
  returns: 'string',
  doc: 'Base64 of the UTF-8 bytes of the text.',
  examples: [
    ['encode("hello", "base64")', 'aGVsbG8='],
    ['encode(a, "base64")', null, { a: null }],
    ['encode(a, "base64")', { error: 'Only string type can be encoded.' }, { a: 65 }],
    ['encode("x", "hex")', { error: 'Only base64 is supported for the 2nd parameter.' }],
  ],
  exec: (text: Value) => encodeBase64(bytesOfText(requireText(text, 'encoded'))),
});
