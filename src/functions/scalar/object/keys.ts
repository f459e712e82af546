// SQL keys(obj).
import { reserveArray } from '../../../base/budget.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import type { Value } from '../../../data/value.ts';
import { objectArg } from './object-args.ts';

export const keys = defineScalar({
  name: 'keys',
  group: 'object',
  since: '0.1.0',
  pure: true,
  nulls: 'null-or-empty',
  params: [param('obj', 'struct')],
  returns: 'array',
  doc: 'Names of the members, in the order of the message.',
  examples: [
    ['keys(a)', ['k'], { a: { k: 1 } }],
    ['keys(a)', null, { a: {} }],
    ['keys(a)', null, { a: null }],
    ['keys(a)', { error: 'the argument should be map[string]interface{}' }, { a: [1] }],
  ],
  exec: (obj: Value) => {
    const list = Object.keys(objectArg(obj, 'the argument should be map[string]interface{}'));
    if (list.length > 16) reserveArray(list.length * 4);
    return list;
  },
});
