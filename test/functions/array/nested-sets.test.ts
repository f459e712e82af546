// Sets of nested elements by key against the definition: each compared with each.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Budget, within } from '../../../src/base/budget.ts';
import { deepEqual } from '../../../src/data/compare.ts';
import type { Value } from '../../../src/data/value.ts';
import * as array from '../../../src/functions/scalar/array/index.ts';

const leaf = fc.constantFrom<Value>(null, 0, -0, 1, 1n, Number.NaN, 'a', '1', true);
const { element } = fc.letrec<{ element: Value }>((tie) => ({
  element: fc.oneof(
    { depthSize: 'small', maxDepth: 2 },
    leaf,
    fc.array(tie('element'), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom('a', 'b'), tie('element'), { maxKeys: 2 }),
  ),
}));
const elements = fc.array(element, { maxLength: 12 });

/** How sets were built: scalars by the engine's Set, nested values one by one. */
class Pairwise {
  private readonly scalars = new Set<Value>();
  private readonly nested: Value[] = [];
  constructor(list: readonly Value[] = []) {
    for (const e of list) this.add(e);
  }
  has(e: Value): boolean {
    if (typeof e !== 'object' || e === null) return this.scalars.has(e ?? null);
    return this.nested.some((n) => deepEqual(n, e));
  }
  add(e: Value): boolean {
    if (this.has(e)) return false;
    if (typeof e !== 'object' || e === null) this.scalars.add(e ?? null);
    else this.nested.push(e);
    return true;
  }
}
const union = (a: Value[], b: Value[]): Value[] => {
  const seen = new Pairwise();
  return [...a, ...b].filter((e) => seen.add(e));
};
const intersect = (a: Value[], b: Value[]): Value[] => {
  const [first, seen] = [new Pairwise(a), new Pairwise()];
  return b.filter((e) => first.has(e) && seen.add(e));
};
const except = (a: Value[], b: Value[]): Value[] => {
  const seen = new Pairwise(b);
  return a.filter((e) => seen.add(e));
};
const same = (got: unknown, wanted: readonly Value[]): void => {
  const list = got as Value[];
  expect(list.length).toBe(wanted.length);
  for (const [i, e] of list.entries()) expect(e).toBe(wanted[i]);
};

describe('sets of nested elements', () => {
  // @covers finding:security#D1
  it('union, intersection, difference and overlap give the very elements, in the order, that comparing each with each gives', () => {
    fc.assert(
      fc.property(elements, elements, (a, b) => {
        same(array.arrayUnion.exec!(a, b), union(a, b));
        same(array.arrayIntersect.exec!(a, b), intersect(a, b));
        same(array.arrayExcept.exec!(a, b), except(a, b));
        expect(array.arrayContainsAny.exec!(a, b)).toBe(a.some((e) => new Pairwise(b).has(e)));
      }),
      { numRuns: 500 },
    );
  });

  it('an element with a member that cannot be read is compared like any other: who does not meet that member does not fail', () => {
    const unreadable: Value = Object.defineProperty({ a: 1 }, 'b', {
      get: () => {
        throw new Error('b is wrong');
      },
      enumerable: true,
    });
    const other = { c: 1 };
    same(array.arrayUnion.exec!([unreadable], [other, { c: 1 }]), [unreadable, other]);
    expect(() => array.arrayUnion.exec!([unreadable], [{ a: 1, b: 2 }])).toThrow('b is wrong');
  });

  // @covers finding:security#D1
  it.each([
    ['array_union', array.arrayUnion, 20_000],
    ['array_intersect', array.arrayIntersect, 20_000],
    ['array_except', array.arrayExcept, 20_000],
    ['array_contains_any', array.arrayContainsAny, 20_000],
  ] as const)('%s of nested elements needs work in proportion to their number', (_name, fn, n) => {
    const stepsFor = (count: number): number => {
      const budget = new Budget('');
      const list = (from: number) => Array.from({ length: count }, (_, i) => [from + i, { x: i }]);
      within(budget, 1, () => fn.exec!(list(0), list(count)));
      return budget.steps;
    };
    const [one, two] = [stepsFor(n / 2), stepsFor(n)];
    expect(one).toBeGreaterThan(n);
    expect(two / one).toBeGreaterThan(1.8);
    expect(two / one).toBeLessThan(2.2);
  });
});
