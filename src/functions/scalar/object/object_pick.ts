// SQL object_pick(obj, key, …), object_pick(obj, keys).
import { checkNesting, reserveMembers, spend } from '../../../base/budget.ts';
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { brief } from '../../../data/go-format.ts';
import { setMember } from '../../../data/set-member.ts';
import { isStruct, type Value, type ValueObject } from '../../../data/value.ts';

export const objectPick = defineScalar({
  name: 'object_pick',
  group: 'object',
  since: '0.1.0',
  pure: true,
  nulls: 'pass',
  params: [param('obj', 'struct'), param('keys', 'any'), param('more', 'any', { optional: true, rest: true })],
  countText: (found) => `At least has 2 argument but found ${found}.`,
  returns: 'struct',
  doc: 'The named members of obj; "a.b" picks a nested one and keeps its place. Missing members and names that are not strings are skipped.',
  examples: [
    ['object_pick(a, "x", "nope")', { x: 1 }, { a: { x: 1, y: 2 } }],
    ['object_pick(a, array_create("n.p", "n.q"))', { n: { p: 1, q: 2 } }, { a: { n: { p: 1, q: 2, r: 3 } } }],
    ['object_pick(a, 1)', {}, { a: { x: 1 } }],
    ['object_pick(a, "x")', null, { a: null }],
    ['object_pick(a, "x")', { error: 'the first argument should be a map, got str' }, { a: 'str' }],
  ],
  exec: (obj: Value, first: Value, ...others: Value[]) => {
    if (obj == null) return null;
    if (!isStruct(obj)) throw rowError(`the first argument should be a map, got ${brief(obj)}`);
    const out: ValueObject = {};
    const names = Array.isArray(first) ? first : typeof first === 'string' ? [first, ...others] : [];
    reserveMembers(names.length);
    for (const name of names) if (typeof name === 'string') pick(out, obj, name);
    return out;
  },
});

function pick(out: ValueObject, from: ValueObject, name: string): void {
  spend(1 + name.length / 4);
  const path = name.split('.');
  checkNesting(path.length);
  const last = path.pop()!;
  let source = from;
  for (const key of path) {
    const next = Object.hasOwn(source, key) ? source[key] : undefined;
    if (!isStruct(next)) return;
    source = next;
  }
  if (!Object.hasOwn(source, last)) return;
  let target = out;
  for (const key of path) {
    // What stands here was made for an earlier name, or is the input's own object, which has the member already.
    const there = Object.hasOwn(target, key) ? target[key] : undefined;
    if (isStruct(there)) target = there;
    else {
      const inner: ValueObject = {};
      setMember(target, key, inner);
      target = inner;
    }
  }
  setMember(target, last, source[last]);
}
