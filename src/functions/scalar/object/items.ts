// SQL items(obj).
import { reserveMembers } from '../../../base/budget.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import type { Value } from '../../../data/value.ts';
import { objectArg } from './object-args.ts';

export const items = defineScalar({
  name: 'items',
  group: 'object',
  since: '0.1.0',
  pure: true,
  nulls: 'null-or-empty',
  params: [param('obj', 'struct')],
  returns: 'array',
  doc: 'Array of [name, value] for each member, in the order of the message.',
  examples: [
    ['items(a)', [['k', 1]], { a: { k: 1 } }],
    ['items(a)', null, { a: {} }],
    ['items(a)', null, { a: null }],
    ['items(a)', { error: 'first argument should be map[string]interface{}' }, { a: [1] }],
  ],
  exec: (obj: Value) => {
    const members = objectArg(obj, 'first argument should be map[string]interface{}');
    reserveMembers(Object.keys(members).length * 2);
    return Object.entries(members);
  },
});
