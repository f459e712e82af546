// SQL lpad(text, count).
import { defineScalar, param } from '../../../contract/function.ts';
import { toTextAlways } from '../../../data/cast.ts';
import type { Value } from '../../../data/value.ts';
import { blanks } from './blanks.ts';

export const lpad = defineScalar({
  name: 'lpad',
  group: 'string',
  since: '0.1.0',
  pure: true,
  nulls: 'null-or-empty',
  params: [param('text', 'string'), param('count', 'int')],
  returns: 'string',
  doc: 'Text with `count` blanks before it (it does not pad to a width).',
  examples: [
    ['lpad("ab", 2)', '  ab'],
    ['lpad(a, 2)', null, { a: null }],
    ['lpad("ab", a)', { error: 'cannot convert float64(2.5) to int' }, { a: 2.5 }],
    ['lpad("ab", -1)', { error: 'must not be negative' }],
  ],
  exec: (text: Value, count: Value) => blanks(count) + toTextAlways(text),
});
