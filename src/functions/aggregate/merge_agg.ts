// SQL merge_agg(*), merge_agg(obj).
import { reserveMembers } from '../../base/budget.ts';
import { defineAggregate, param } from '../../contract/function.ts';
import { isNullOrEmpty } from '../../data/null-or-empty.ts';
import { setMember } from '../../data/set-member.ts';
import { isStruct, type Value, type ValueObject } from '../../data/value.ts';

function mergeInto(all: ValueObject, v: Value): ValueObject {
  if (!isStruct(v)) return all;
  const keys = Object.keys(v);
  reserveMembers(keys.length);
  for (const key of keys) setMember(all, key, v[key]);
  return all;
}

export const mergeAgg = defineAggregate<ValueObject>({
  name: 'merge_agg',
  group: 'aggregate',
  since: '0.1.0',
  params: [param('obj', 'any')],
  returns: 'struct',
  star: 'row',
  doc: 'One object with the members of all objects; of equal names the last row wins. Values that are not objects are ignored; null when nothing was merged.',
  examples: [
    ['merge_agg(a)', { x: 1 }, { a: { x: 1 } }],
    ['merge_agg(a)', null, { a: 5 }],
    ['merge_agg(a)', null, { a: null }],
  ],
  init: () => ({}),
  add: mergeInto,
  result: (all) => (isNullOrEmpty(all) ? null : mergeInto({}, all)),
  merge: mergeInto,
});
