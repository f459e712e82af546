// Lists, dictionaries, defaults and kinds of the sprig set.
import { reserveMembers, spend } from '../../base/budget.ts';
import { deepEqual } from '../../data/compare.ts';
import { goTypeName } from '../../data/go-format.ts';
import { isStruct, kindOf, type Value, type ValueObject } from '../../data/value.ts';
import { equalityKey } from '../../data/value-key.ts';
import { isTrue } from '../compile.ts';
import { between, fixed, type TemplateFunction } from './function.ts';
import { toInt } from './math.ts';
import { strval } from './strings.ts';

const listOf = (name: string, v: Value): Value[] => {
  if (!Array.isArray(v)) throw new Error(`cannot ${name} on type ${goTypeName(v)}`);
  return v;
};
const dictOf = (v: Value): ValueObject => {
  if (!isStruct(v)) throw new Error(`expected a map; got ${v == null ? 'nil' : goTypeName(v)}`);
  return v;
};
const put = (o: ValueObject, k: string, v: Value): ValueObject => {
  Object.defineProperty(o, k, { value: v, enumerable: true, configurable: true, writable: true });
  return o;
};

/** Made by `dict`: `set` and `unset` change it in place, as in sprig. All other maps belong to the message and are copied. */
const OWN = Symbol('made by the template');
const owned = (v: Value): ValueObject => {
  const d = dictOf(v);
  if (OWN in d) return d;
  reserveMembers(Object.keys(d).length);
  return { ...d };
};

const counted = (o: ValueObject): string[] => {
  const keys = Object.keys(o);
  reserveMembers(keys.length);
  return keys;
};
const membersOf = (o: Value, names: number): [string, Value][] => {
  spend(counted(dictOf(o)).length * (1 + names / 4));
  return Object.entries(dictOf(o));
};

export const collectionFunctions: Record<string, TemplateFunction> = {
  list: between(0, undefined, (...v: Value[]) => v),
  tuple: between(0, undefined, (...v: Value[]) => v),
  first: fixed(1, (v) => listOf('find first', v)[0]),
  last: fixed(1, (v) => listOf('find last', v).at(-1)),
  rest: fixed(1, (v) => listOf('find rest', v).slice(1)),
  initial: fixed(1, (v) => listOf('find initial', v).slice(0, -1)),
  append: fixed(2, (v, e) => [...listOf('push', v), e]),
  push: fixed(2, (v, e) => [...listOf('push', v), e]),
  prepend: fixed(2, (v, e) => [e, ...listOf('prepend', v)]),
  concat: between(0, undefined, (...v: Value[]) => v.flatMap((l) => listOf('concat', l))),
  reverse: fixed(1, (v) => [...listOf('reverse', v)].reverse()),
  uniq: fixed(1, (v) => {
    const seen = new Set<string>();
    // what equals nothing, a NaN, is no first of its kind
    return listOf('find uniq', v).filter((e) => {
      const key = equalityKey(e);
      if (key === undefined || seen.has(key)) return false;
      seen.add(key);
      return true;
    });
  }),
  without: between(1, undefined, (v: Value, ...omit: Value[]) =>
    listOf('find without', v).filter((e) => {
      spend(omit.length);
      return !omit.some((x) => deepEqual(x, e));
    }),
  ),
  has: fixed(2, (e, v) => v != null && listOf('find has', v).some((x) => deepEqual(x, e))),
  compact: fixed(1, (v) => listOf('compact', v).filter(isTrue)),
  dict: between(0, undefined, (...v: Value[]) => {
    const o: ValueObject = Object.defineProperty({}, OWN, { value: true });
    for (let i = 0; i < v.length; i += 2) put(o, strval(v[i]), i + 1 < v.length ? v[i + 1] : '');
    return o;
  }),
  get: fixed(2, (o, k) => {
    const d = dictOf(o);
    return Object.hasOwn(d, strval(k)) ? d[strval(k)] : '';
  }),
  set: fixed(3, (o, k, v) => put(owned(o), strval(k), v)),
  unset: fixed(2, (o, k) => {
    const d = owned(o);
    delete d[strval(k)];
    return d;
  }),
  hasKey: fixed(2, (o, k) => Object.hasOwn(dictOf(o), strval(k))),
  keys: between(0, undefined, (...o: Value[]) => o.flatMap((d) => counted(dictOf(d)))),
  values: fixed(1, (o) => {
    counted(dictOf(o));
    return Object.values(dictOf(o));
  }),
  pick: between(1, undefined, (o: Value, ...names: Value[]) =>
    Object.fromEntries(membersOf(o, names.length).filter(([n]) => names.includes(n))),
  ),
  omit: between(1, undefined, (o: Value, ...names: Value[]) =>
    Object.fromEntries(membersOf(o, names.length).filter(([n]) => !names.includes(n))),
  ),
  merge: between(1, undefined, (...o: Value[]) => {
    for (const d of o) counted(dictOf(d));
    return Object.assign({}, ...[...o].reverse().map(dictOf)) as ValueObject;
  }),
  pluck: between(1, undefined, (k: Value, ...o: Value[]) =>
    o
      .map(dictOf)
      .filter((d) => Object.hasOwn(d, strval(k)))
      .map((d) => d[strval(k)]),
  ),
  dig: between(3, undefined, (...v: Value[]) => {
    const path = v.slice(0, -2).map(strval);
    let at: Value = v.at(-1);
    for (const k of path) {
      if (!isStruct(at) || !Object.hasOwn(at, k)) return v.at(-2);
      at = at[k];
    }
    return at;
  }),
  default: between(1, 2, (d: Value, v: Value) => (isTrue(v) ? v : d)),
  empty: fixed(1, (v) => !isTrue(v)),
  coalesce: between(0, undefined, (...v: Value[]) => v.find(isTrue)),
  all: between(0, undefined, (...v: Value[]) => v.every(isTrue)),
  any: between(0, undefined, (...v: Value[]) => v.some(isTrue)),
  ternary: fixed(3, (yes, no, test) => (test === true ? yes : no)),
  fail: fixed(1, (why) => {
    throw new Error(strval(why));
  }),
  kindOf: fixed(
    1,
    (v) =>
      ({
        null: 'invalid',
        boolean: 'bool',
        float: 'float64',
        bigint: 'int64',
        string: 'string',
        datetime: 'struct',
        bytea: 'slice',
        array: 'slice',
        struct: 'map',
      })[kindOf(v)],
  ),
  deepEqual: fixed(2, (a, b) => deepEqual(a, b)),
  typeIs: fixed(2, (name, v) => name === (v == null ? '<nil>' : goTypeName(v))),
  typeOf: fixed(1, (v) => (v == null ? '<nil>' : goTypeName(v))),
  seq: between(1, 3, (...v: Value[]) => {
    const n = v.map(toInt);
    const [a, step, b] =
      n.length === 1
        ? [1n, n[0]! < 1n ? -1n : 1n, n[0]!]
        : n.length === 2
          ? [n[0]!, n[0]! <= n[1]! ? 1n : -1n, n[1]!]
          : [n[0]!, n[1]!, n[2]!];
    const out: string[] = [];
    if (step !== 0n && (b - a) / step > 100_000n) throw new Error('the list would be longer than 100000 items');
    if (step !== 0n) spend(Math.max(0, Number((b - a) / step)) * 8);
    if (step !== 0n) for (let i = a; step > 0n ? i <= b : i >= b; i += step) out.push(String(i));
    return out.join(' ');
  }),
};
