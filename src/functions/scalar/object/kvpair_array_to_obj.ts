// SQL kvpair_array_to_obj(pairs).
import { reserveMembers, spend } from '../../../base/budget.ts';
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { setMember } from '../../../data/set-member.ts';
import { isStruct, type Value, type ValueObject } from '../../../data/value.ts';
import { arrayArg } from '../array/array-args.ts';

export const kvpairArrayToObj = defineScalar({
  name: 'kvpair_array_to_obj',
  group: 'object',
  since: '0.1.0',
  pure: true,
  nulls: 'null-or-empty',
  params: [param('pairs', 'array')],
  returns: 'struct',
  doc: 'Object of an array of {key, value}; each element has exactly these two members, the key a string.',
  examples: [
    ['kvpair_array_to_obj(a)', { k: 1 }, { a: [{ key: 'k', value: 1 }] }],
    ['kvpair_array_to_obj(a)', null, { a: [] }],
    ['kvpair_array_to_obj(a)', { error: 'array item should be map[string]interface{}' }, { a: [1] }],
    ['kvpair_array_to_obj(a)', { error: 'array item should be key-value pair' }, { a: [{ key: 1, value: 1 }] }],
  ],
  exec: (pairs: Value) => {
    const out: ValueObject = {};
    const list = arrayArg(pairs, 'first');
    reserveMembers(list.length);
    for (const pair of list) {
      if (!isStruct(pair)) throw rowError('array item should be map[string]interface{}');
      const { key } = pair;
      const { length } = Object.keys(pair);
      spend(1 + length / 4);
      if (length !== 2 || typeof key !== 'string' || !Object.hasOwn(pair, 'value')) throw rowError('array item should be key-value pair');
      setMember(out, key, pair['value']);
    }
    return out;
  },
});
