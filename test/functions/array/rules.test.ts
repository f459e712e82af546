import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deepEqual } from '../../../src/data/compare.ts';
import type { Value } from '../../../src/data/value.ts';
import * as array from '../../../src/functions/scalar/array/index.ts';
import { callSite } from '../call-site.ts';

const element: fc.Arbitrary<Value> = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.bigInt(-3n, 3n),
  fc.constantFrom<Value>(null, 'a', 'b', true, 1.5),
  fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 2 }),
);
const elements = fc.array(element, { maxLength: 10 });
const has = (list: readonly Value[], v: Value) => list.some((e) => deepEqual(e, v));
const isSet = (list: readonly Value[]) => list.every((e, i) => list.findIndex((o) => deepEqual(o, e)) === i);

describe('sets of elements', () => {
  it('union holds the elements of both, each once', () => {
    fc.assert(
      fc.property(elements, elements, (a, b) => {
        const union = array.arrayUnion.exec!(a, b) as Value[];
        expect(isSet(union)).toBe(true);
        expect([...a, ...b].every((e) => has(union, e))).toBe(true);
        expect(union.every((e) => has(a, e) || has(b, e))).toBe(true);
      }),
    );
  });

  it('intersection and difference split the first array', () => {
    fc.assert(
      fc.property(elements, elements, (a, b) => {
        const both = array.arrayIntersect.exec!(a, b) as Value[];
        const rest = array.arrayExcept.exec!(a, b) as Value[];
        expect(isSet(both) && isSet(rest)).toBe(true);
        for (const e of a) expect(has(both, e) !== has(rest, e)).toBe(true);
        expect(array.arrayContainsAny.exec!(a, b)).toBe(both.length > 0);
      }),
    );
  });

  it('position, contains and remove agree, and the array is not changed', () => {
    fc.assert(
      fc.property(elements, element, (a, v) => {
        const copy = structuredClone(a);
        const first = Number(array.arrayPosition.exec!(a, v));
        const last = Number(array.arrayLastPosition.exec!(a, v));
        expect(array.arrayContains.exec!(a, v)).toBe(first >= 0);
        expect(first >= 0).toBe(last >= first && last >= 0);
        expect((array.arrayRemove.exec!(a, v) as Value[]).length).toBe(a.filter((e) => !deepEqual(e, v)).length);
        expect(a).toEqual(copy);
      }),
    );
  });
});

describe('order', () => {
  const random = (seed: number) => {
    let state = seed;
    return () => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return state / 2 ** 31;
    };
  };

  it('shuffle keeps the elements and leaves the input alone', () => {
    const site = callSite('array_shuffle');
    fc.assert(
      fc.property(elements, fc.nat(), (a, seed) => {
        const copy = [...a];
        const run = array.arrayShuffle.compile!([() => a], { ...site, env: { ...site.env, random: random(seed) } });
        const shuffled = run({} as never) as Value[];
        expect(shuffled.length).toBe(a.length);
        for (const e of a) expect(shuffled.filter((o) => deepEqual(o, e)).length).toBe(a.filter((o) => deepEqual(o, e)).length);
        expect(a).toEqual(copy);
      }),
    );
  });

  it('sort is by text and keeps the elements', () => {
    expect(array.arraySort.exec!([10, 9, 1e6, null])).toEqual([10, 1e6, 9, null]);
    fc.assert(
      fc.property(fc.array(fc.string()), (a) => {
        const sorted = array.arraySort.exec!(a) as string[];
        for (let i = 1; i < sorted.length; i++)
          expect(Buffer.compare(Buffer.from(sorted[i - 1]!), Buffer.from(sorted[i]!))).toBeLessThanOrEqual(0);
        expect([...sorted].sort()).toEqual([...a].sort());
      }),
    );
  });
});

describe('sizes', () => {
  const site = callSite('sequence', [{}, {}, {}]);

  it('a sequence goes from start by step and does not pass stop', () => {
    fc.assert(
      fc.property(fc.bigInt(-50n, 50n), fc.bigInt(-50n, 50n), fc.bigInt(1n, 7n), (start, stop, size) => {
        const step = start <= stop ? size : -size;
        const made = array.sequence.compile!([() => start, () => stop, () => step], site)({} as never) as bigint[];
        expect(made[0]).toBe(start);
        for (let i = 1; i < made.length; i++) expect(made[i]! - made[i - 1]!).toBe(step);
        const left = step > 0n ? stop - made.at(-1)! : made.at(-1)! - stop;
        expect(left >= 0n && left < size).toBe(true);
      }),
    );
  });

  it('too long an array and a step of the wrong sign are errors, not a crash', () => {
    const run = (...args: bigint[]) =>
      array.sequence.compile!(
        args.map((a) => () => a),
        site,
      )({} as never);
    expect(() => run(1n, 10n ** 12n, 1n)).toThrow('an array of 1000000000000 elements is too long: at most 10000000');
    expect(() => run(1n, 5n, -1n)).toThrow('a step of -1 does not lead from 1 to 5');
    const repeat = (n: bigint) => array.repeat.compile!([() => 'x', () => n], callSite('repeat', [{}, {}]))({} as never);
    expect(() => repeat(-1n)).toThrow('second argument should not be negative but found -1');
    expect(() => repeat(2n ** 62n)).toThrow('too long');
  });

  it('what is left empty shows as null in JSON', async () => {
    const { encodeJson } = await import('../../../src/codecs/json/encode.ts');
    expect(encodeJson({ v: array.arrayConcat.exec!(null, []) })).toBe('{"v":null}');
    expect(encodeJson({ v: array.arrayFlatten.exec!([[]]) })).toBe('{"v":null}');
    expect(encodeJson({ v: array.arrayUnion.exec!(null, []) })).toBe('{"v":[]}');
  });
});
