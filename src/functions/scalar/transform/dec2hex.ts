// SQL dec2hex(x).
import { defineScalar, param } from '../../../contract/function.ts';
import { toInt64 } from '../../../data/cast.ts';
import type { Value } from '../../../data/value.ts';

export const dec2hex = defineScalar({
  name: 'dec2hex',
  group: 'transform',
  since: '0.1.0',
  pure: true,
  nulls: 'null-or-empty',
  // eKuiper checks the literal as if it were a text, so dec2hex(16) is refused: use a column
  params: [param('x', 'string')],
  returns: 'string',
  doc: 'Hex digits of an int (or a whole float) after 0x.',
  examples: [
    ['dec2hex(a)', '0xff', { a: 255 }],
    ['dec2hex(a)', '0x-1', { a: -1n }],
    ['dec2hex(a)', null, { a: null }],
    ['dec2hex(a)', { error: 'cannot convert float64(16.5) to int' }, { a: 16.5 }],
  ],
  exec: (x: Value) => `0x${toInt64(x, 'strict').toString(16)}`,
});
