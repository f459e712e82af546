// SQL values(obj).
import { reserveArray } from '../../../base/budget.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import type { Value } from '../../../data/value.ts';
import { objectArg } from './object-args.ts';

export const values = defineScalar({
  name: 'values',
  group: 'object',
  since: '0.1.0',
  pure: true,
  nulls: 'null-or-empty',
  params: [param('obj', 'struct')],
  returns: 'array',
  doc: 'Values of the members, in the order of the message.',
  examples: [
    ['values(a)', [1], { a: { k: 1 } }],
    ['values(a)', null, { a: {} }],
    ['values(a)', null, { a: null }],
    ['values(a)', { error: 'the argument should be map[string]interface{}' }, { a: [1] }],
  ],
  exec: (obj: Value) => {
    const list = Object.values(objectArg(obj, 'the argument should be map[string]interface{}'));
    if (list.length > 16) reserveArray(list.length * 4);
    return list;
  },
});
