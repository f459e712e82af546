// SQL erase(obj, key), erase(obj, keys).
import { reserveMembers, spend } from '../../../base/budget.ts';
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { toText } from '../../../data/cast.ts';
import { brief } from '../../../data/go-format.ts';
import { setMember } from '../../../data/set-member.ts';
import { isStruct, type Value, type ValueObject } from '../../../data/value.ts';

export const erase = defineScalar({
  name: 'erase',
  group: 'object',
  since: '0.1.0',
  pure: true,
  nulls: 'null-or-empty',
  params: [param('obj', 'struct'), param('keys', 'any'), param('more', 'any', { optional: true, rest: true })],
  countText: (found) => `At least has 2 argument but found ${found}.`,
  returns: 'struct',
  doc: 'Copy of obj without the named members of its top level.',
  examples: [
    ['erase(a, "x")', { y: 2 }, { a: { x: 1, y: 2 } }],
    ['erase(a, array_create("x", "y"))', {}, { a: { x: 1, y: 2 } }],
    ['erase(a, "x")', null, { a: {} }],
    ['erase(a, "x")', { error: 'the first argument should be map[string]interface{}, got str' }, { a: 'str' }],
    ['erase(a, 1)', { error: 'the argument should be slice or string' }, { a: { x: 1 } }],
    ['erase(a, "x", "y")', { error: 'the argument number should be 2, got 3' }, { a: { x: 1 } }],
  ],
  exec: (obj: Value, keys: Value, ...more: Value[]) => {
    if (more.length > 0) throw rowError(`the argument number should be 2, got ${2 + more.length}`);
    if (!isStruct(obj)) throw rowError(`the first argument should be map[string]interface{}, got ${brief(obj)}`);
    const erased = namesOf(keys);
    const out: ValueObject = {};
    const members = Object.keys(obj);
    reserveMembers(members.length);
    for (const key of members) if (!erased.has(key)) setMember(out, key, obj[key]);
    return out;
  },
});

function namesOf(keys: Value): ReadonlySet<string> {
  if (typeof keys === 'string') return new Set([keys]);
  if (Array.isArray(keys)) {
    spend(keys.length * 2);
    return new Set(keys.map((key) => toText(key, 'all')));
  }
  throw rowError('the argument should be slice or string');
}
