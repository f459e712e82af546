// SQL substr(text, start [, length]).
import { spendText } from '../../../base/budget.ts';
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { toInt, toTextAlways } from '../../../data/cast.ts';
import type { Value } from '../../../data/value.ts';

export const substr = defineScalar({
  name: 'substr',
  group: 'string',
  since: '0.2.0',
  onlyStandard: true,
  pure: true,
  nulls: 'null',
  params: [param('text', 'string'), param('start', 'int'), param('length', 'int', { optional: true })],
  returns: 'string',
  doc: 'Characters from start, counted from 1 (negative: from the end), so many or all. substring() counts bytes from 0, as in eKuiper.',
  examples: [
    ['substr("abcdef", 3)', 'cdef'],
    ['substr("abcdef", 3, 2)', 'cd'],
    ['substr("höhe", -3)', 'öhe'],
    ['substr("abc", 9)', ''],
    ['substr("abc", 0, 2)', 'a'],
    ['substr(a, 1)', null, { a: null }],
    ['substr("abc", 1, -1)', { error: 'the length must not be negative' }],
  ],
  exec: (text: Value, start: Value, length?: Value) => {
    const characters = [...toTextAlways(text)];
    spendText(characters.length);
    const at = toInt(start, 'strict');
    const from = at < 0 ? Math.max(0, characters.length + at) : at - 1;
    if (length === undefined) return characters.slice(Math.max(0, from)).join('');
    const count = toInt(length, 'strict');
    if (count < 0) throw rowError('the length must not be negative');
    return characters.slice(Math.max(0, from), Math.max(0, from + count)).join('');
  },
});
