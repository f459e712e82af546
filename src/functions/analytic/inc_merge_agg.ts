// SQL inc_merge_agg(expr).
import { reserveMembers } from '../../base/budget.ts';
import { rowError } from '../../base/errors/gateway-error.ts';
import { setMember } from '../../data/set-member.ts';
import { isStruct, type ValueObject } from '../../data/value.ts';
import { numberParam, refuseConditions } from '../aggregate/number-param.ts';
import { defineIncremental } from './incremental.ts';

export const incMergeAgg = defineIncremental<ValueObject>({
  name: 'inc_merge_agg',
  params: [numberParam],
  validate: refuseConditions,
  returns: 'struct',
  doc: 'One object with the members of all objects so far; of equal names the last row wins.',
  examples: [
    ['inc_merge_agg(a)', { x: 1 }, { a: { x: 1 } }],
    ['inc_merge_agg(a)', null, { a: null }],
    ['inc_merge_agg(a)', { error: 'argument is not a map[string]interface{}' }, { a: 5 }],
  ],
  init: () => ({}),
  add: (all, v) => {
    if (!isStruct(v)) throw rowError('argument is not a map[string]interface{}');
    const merged: ValueObject = {};
    for (const from of [all, v]) {
      const keys = Object.keys(from);
      reserveMembers(keys.length);
      for (const key of keys) setMember(merged, key, from[key]);
    }
    return merged;
  },
  result: (all) => all,
});
