// SQL numbytes(text).
import { defineScalar, param } from '../../../contract/function.ts';
import { toTextAlways } from '../../../data/cast.ts';
import { isNullOrEmpty } from '../../../data/null-or-empty.ts';
import { byteLength } from '../../../data/text.ts';
import type { Value } from '../../../data/value.ts';

export const numbytes = defineScalar({
  name: 'numbytes',
  group: 'string',
  since: '0.1.0',
  pure: true,
  nulls: 'pass',
  params: [param('text', 'string')],
  returns: 'bigint',
  doc: 'Number of bytes of the text in UTF-8; 0 for null and for an empty array or object.',
  examples: [
    ['numbytes("héllo")', 6n],
    ['numbytes(a)', 0n, { a: null }],
    ['numbytes(5)', { error: 'Expect string type for parameter 1' }],
  ],
  exec: (v: Value) => (isNullOrEmpty(v) ? 0n : BigInt(byteLength(toTextAlways(v)))),
});
