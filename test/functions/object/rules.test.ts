import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ValueObject } from '../../../src/data/value.ts';
import * as object from '../../../src/functions/scalar/object/index.ts';

const {
  erase,
  items,
  keys,
  kvpairArrayToObj,
  objToKvpairArray,
  object: makeObject,
  objectConcat,
  objectConstruct,
  objectPick,
  objectSize,
  values,
  zip,
} = object;
const name = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'a', 'b'));
const members = fc.array(fc.tuple(name, fc.integer()), { minLength: 1, maxLength: 8 });
const made = (list: [string, number][]) => zip.exec!(list) as ValueObject;

describe('objects and their parts', () => {
  it('items, keys with values, and pairs each make the object again', () => {
    fc.assert(
      fc.property(members, (list) => {
        const o = made(list);
        expect(zip.exec!(items.exec!(o))).toEqual(o);
        expect(makeObject.exec!(keys.exec!(o), values.exec!(o))).toEqual(o);
        expect(kvpairArrayToObj.exec!(objToKvpairArray.exec!(o))).toEqual(o);
        expect(objectConstruct.exec!(...list.flat())).toEqual(o);
        expect(objectSize.exec!(o)).toBe(BigInt(new Set(list.map(([k]) => k)).size));
      }),
    );
  });

  it('a member named __proto__ is a member', () => {
    const o = objectConstruct.exec!('__proto__', 1) as ValueObject;
    expect(Object.keys(o)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(o)).toBe(Object.prototype);
    expect(Object.keys(objectConcat.exec!({}, o) as ValueObject)).toEqual(['__proto__']);
  });

  it('erase and pick split the object, concat joins it again; the input stays', () => {
    fc.assert(
      fc.property(members, fc.array(name, { minLength: 1 }), (list, chosen) => {
        const o = made(list);
        const names = chosen.filter((k) => !k.includes('.'));
        fc.pre(names.length > 0);
        const before = { ...o };
        const rest = erase.exec!(o, names) as ValueObject;
        const picked = objectPick.exec!(o, names) as ValueObject;
        expect(objectConcat.exec!(rest, picked)).toEqual(o);
        expect(Object.keys(picked).every((k) => !Object.hasOwn(rest, k))).toBe(true);
        expect(o).toEqual(before);
      }),
    );
  });
});

describe('object_pick of nested members', () => {
  const o = { n: { p: 1, q: { r: 2 } }, s: 3 };

  it('keeps the nesting, also of several members of one parent', () => {
    expect(objectPick.exec!(o, 'n.p', 'n.q.r', 's')).toEqual(o);
    expect(objectPick.exec!(o, 'n.nope', 's.x', 'zz.y')).toEqual({});
  });

  it('does not change the input when a parent was picked whole before', () => {
    const input = { n: { p: 1 }, m: { n: { p: 2 } } };
    const copy = structuredClone(input);
    objectPick.exec!(input, 'n', 'n.p');
    expect(input).toEqual(copy);
  });
});
