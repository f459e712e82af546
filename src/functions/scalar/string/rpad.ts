// SQL rpad(text, count).
import { defineScalar, param } from '../../../contract/function.ts';
import { toTextAlways } from '../../../data/cast.ts';
import type { Value } from '../../../data/value.ts';
import { blanks } from './blanks.ts';

export const rpad = defineScalar({
  name: 'rpad',
  group: 'string',
  since: '0.1.0',
  pure: true,
  nulls: 'null-or-empty',
  params: [param('text', 'string'), param('count', 'int')],
  returns: 'string',
  doc: 'Text with `count` blanks after it (it does not pad to a width).',
  examples: [
    ['rpad("ab", 2)', 'ab  '],
    ['rpad(a, 2)', null, { a: null }],
    ['rpad("ab", a)', { error: 'cannot convert float64(2.5) to int' }, { a: 2.5 }],
    ['rpad("ab", -1)', { error: 'must not be negative' }],
  ],
  exec: (text: Value, count: Value) => toTextAlways(text) + blanks(count),
});
