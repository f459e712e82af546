// SQL decode(text, "base64").
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { decodeBase64 } from '../../../data/go-base64.ts';
import type { Value } from '../../../data/value.ts';
import { checkBase64Literal, requireText } from './base64-argument.ts';

export const decode = defineScalar({
  name: 'decode',
  group: 'transform',
  since: '0.1.0',
  pure: true,
  nulls: 'null-or-empty',
  params: [param('text', 'string'), param('encoding', 'any')],
  validate: checkBase64Literal,
  returns: 'bytea',
  doc: 'Bytes of a base64 text; in JSON output they are written as base64 again.',
  examples: [
    ['cast(decode("aGVsbG8=", "base64"), "string")', 'hello'],
    ['decode(a, "base64")', null, { a: null }],
    ['decode("?", "base64")', { error: 'fail to decode base64 string: illegal base64 data' }],
    ['decode(a, "base64")', { error: 'Only string type can be decoded.' }, { a: 65 }],
  ],
  exec: (text: Value) => {
    const bytes = decodeBase64(requireText(text, 'decoded'));
    if (!bytes) throw rowError('fail to decode base64 string: illegal base64 data');
    return bytes;
  },
});
