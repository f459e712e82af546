// SQL obj_to_kvpair_array(obj).
import { reserveMembers } from '../../../base/budget.ts';
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { brief } from '../../../data/go-format.ts';
import { isStruct, type Value } from '../../../data/value.ts';

export const objToKvpairArray = defineScalar({
  name: 'obj_to_kvpair_array',
  group: 'object',
  since: '0.1.0',
  pure: true,
  nulls: 'null-or-empty',
  params: [param('obj', 'struct')],
  returns: 'array',
  doc: 'Array of {key, value} for each member, in the order of the message.',
  examples: [
    ['obj_to_kvpair_array(a)', [{ key: 'k', value: 1 }], { a: { k: 1 } }],
    ['obj_to_kvpair_array(a)', null, { a: {} }],
    ['obj_to_kvpair_array("s")', { error: 'the first argument should be map[string]interface{}, got s' }],
  ],
  exec: (obj: Value) => {
    if (!isStruct(obj)) throw rowError(`the first argument should be map[string]interface{}, got ${brief(obj)}`);
    reserveMembers(Object.keys(obj).length * 2);
    return Object.entries(obj).map(([key, value]) => ({ key, value }));
  },
});
