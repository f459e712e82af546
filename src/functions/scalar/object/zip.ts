// SQL zip(pairs).
import { reserveMembers } from '../../../base/budget.ts';
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { setMember } from '../../../data/set-member.ts';
import type { Value, ValueObject } from '../../../data/value.ts';

const SHAPE = 'each argument should be [][2]interface{}';

export const zip = defineScalar({
  name: 'zip',
  group: 'object',
  since: '0.1.0',
  pure: true,
  nulls: 'null-or-empty',
  params: [param('pairs', 'array')],
  returns: 'struct',
  doc: 'Object of an array of [name, value]; null elements are skipped.',
  examples: [
    ['zip(a)', { a: 1, b: 2 }, { a: [['a', 1], null, ['b', 2]] }],
    ['zip(a)', null, { a: [] }],
    ['zip(a)', { error: SHAPE }, { a: [['a', 1, 2]] }],
    ['zip(a)', { error: 'the first element in the list item should be string' }, { a: [[1, 'a']] }],
  ],
  exec: (pairs: Value) => {
    if (!Array.isArray(pairs)) throw rowError(SHAPE);
    const out: ValueObject = {};
    reserveMembers(pairs.length);
    for (const pair of pairs) {
      if (pair == null) continue;
      if (!Array.isArray(pair) || pair.length !== 2) throw rowError(SHAPE);
      if (typeof pair[0] !== 'string') throw rowError('the first element in the list item should be string');
      setMember(out, pair[0], pair[1]);
    }
    return out;
  },
});
