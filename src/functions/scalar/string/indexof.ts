// SQL indexof(text, part).
import { defineScalar, param } from '../../../contract/function.ts';
import { toTextAlways } from '../../../data/cast.ts';
import { byteIndexOf } from '../../../data/text.ts';
import type { Value } from '../../../data/value.ts';

export const indexof = defineScalar({
  name: 'indexof',
  group: 'string',
  since: '0.1.0',
  pure: true,
  nulls: 'pass',
  params: [param('text', 'string'), param('part', 'string')],
  returns: 'bigint',
  doc: 'Byte offset (UTF-8, from 0) of the first occurrence; -1 when there is none or an argument is null.',
  examples: [
    ['indexof("pump-7", "-")', 4n],
    ['indexof("héllo", "l")', 3n],
    ['indexof("pump", "x")', -1n],
    ['indexof(a, "x")', -1n, { a: null }],
    ['indexof("a", 1)', { error: 'Expect string type for parameter 2' }],
  ],
  exec: (text: Value, part: Value) => (text == null || part == null ? -1n : BigInt(byteIndexOf(toTextAlways(text), toTextAlways(part)))),
});
