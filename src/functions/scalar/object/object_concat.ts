// SQL object_concat(o1, o2, …).
import { reserveMembers } from '../../../base/budget.ts';
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { brief } from '../../../data/go-format.ts';
import { setMember } from '../../../data/set-member.ts';
import { isStruct, type Value, type ValueObject } from '../../../data/value.ts';

export const objectConcat = defineScalar({
  name: 'object_concat',
  group: 'object',
  since: '0.1.0',
  pure: true,
  nulls: 'pass',
  params: [param('o1', 'struct'), param('o2', 'struct'), param('more', 'struct', { optional: true, rest: true })],
  countText: (found) => `At least has 2 argument but found ${found}.`,
  returns: 'struct',
  doc: 'Members of all objects; of equal names the last wins; nulls are skipped. Nested objects are not merged.',
  examples: [
    ['object_concat(a, b)', { x: 1, y: 3, z: 4 }, { a: { x: 1, y: 2 }, b: { y: 3, z: 4 } }],
    ['object_concat(a, b)', { x: 1 }, { a: { x: 1 }, b: null }],
    ['object_concat(a, b)', {}, { a: null, b: null }],
    ['object_concat(a, b)', { error: 'the argument should be map[string]interface{}, got str' }, { a: 'str', b: {} }],
  ],
  exec: (...objects: Value[]) => {
    const out: ValueObject = {};
    for (const o of objects) {
      if (o == null) continue;
      if (!isStruct(o)) throw rowError(`the argument should be map[string]interface{}, got ${brief(o)}`);
      const members = Object.keys(o);
      reserveMembers(members.length);
      for (const key of members) setMember(out, key, o[key]);
    }
    return out;
  },
});
