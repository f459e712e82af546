// SQL length(value).
import { spend } from '../../../base/budget.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { toTextAlways } from '../../../data/cast.ts';
import { codePointCount } from '../../../data/text.ts';
import { isStruct, type Value, type ValueObject } from '../../../data/value.ts';

export const length = defineScalar({
  name: 'length',
  group: 'string',
  since: '0.1.0',
  pure: true,
  nulls: 'pass',
  params: [param('value', 'any')],
  returns: 'bigint',
  doc: 'Characters (code points) of a text, elements of an array, members of an object; of other values the characters of their text. 0 for null.',
  examples: [
    ['length("héllo")', 5n],
    ['length(a)', 2n, { a: [1, 'x'] }],
    ['length(a)', 1n, { a: { k: 1 } }],
    ['length(a)', 4n, { a: true }],
    ['length(a)', 0n, { a: null }],
    ['length()', { error: 'Expect 1 arguments but found 0' }],
  ],
  exec: (v: Value) => {
    if (Array.isArray(v)) return BigInt(v.length);
    if (isStruct(v)) return BigInt(memberCount(v));
    return BigInt(codePointCount(toTextAlways(v)));
  },
});

function memberCount(v: ValueObject): number {
  const { length } = Object.keys(v);
  spend(length / 2);
  return length;
}
