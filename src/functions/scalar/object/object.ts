// SQL object(keys, values).
import { reserveMembers } from '../../../base/budget.ts';
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { setMember } from '../../../data/set-member.ts';
import type { Value, ValueObject } from '../../../data/value.ts';

export const object = defineScalar({
  name: 'object',
  group: 'object',
  since: '0.1.0',
  pure: true,
  nulls: 'null-or-empty',
  params: [param('keys', 'array'), param('values', 'array')],
  returns: 'struct',
  doc: 'Object of an array of names and an array of values, of the same length; of equal names the last wins.',
  examples: [
    ['object(array_create("p", "q"), array_create(1, 2))', { p: 1n, q: 2n }],
    ['object(a, b)', null, { a: null, b: [1] }],
    ['object(a, b)', { error: 'the length of the arguments should be same' }, { a: ['x'], b: [1, 2] }],
    ['object(a, b)', { error: 'first argument should be []string' }, { a: [1], b: [1] }],
  ],
  exec: (keys: Value, values: Value) => {
    if (!Array.isArray(keys)) throw rowError('first argument should be []string');
    if (!Array.isArray(values)) throw rowError('second argument should be []interface{}');
    if (keys.length !== values.length) throw rowError('the length of the arguments should be same');
    const out: ValueObject = {};
    reserveMembers(keys.length);
    keys.forEach((key, i) => {
      if (typeof key !== 'string') throw rowError('first argument should be []string');
      setMember(out, key, values[i]);
    });
    return out;
  },
});
