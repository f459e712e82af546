// @covers issue:13#4
// What a plugin gives, as a value of a row: numbers that every sink can write, and lists that somebody can walk through.
import { describe, expect, test } from 'vitest';
import { Budget, defaultBudgetLimits, within } from '../../../src/base/budget.ts';
import { fromPlugin } from '../../../src/plugin-host/remote/plugin-values.ts';

const given = (v: unknown) => within(new Budget('rule r', { ...defaultBudgetLimits, maxTimeMs: 60_000 }), 1, () => fromPlugin(v));

describe('what a plugin gives', () => {
  test.each<[bigint, bigint | number]>([
    [2n ** 63n - 1n, 2n ** 63n - 1n],
    [-(2n ** 63n), -(2n ** 63n)],
    [2n ** 63n, 2 ** 63],
    [-(2n ** 63n) - 1n, -(2 ** 63)],
    [2n ** 1_000_000n, Number.POSITIVE_INFINITY],
  ])('a whole number of 64 bits stays one, a larger one is a float', (v, expected) => {
    expect(given(v)).toBe(expected);
    expect(given({ a: [v] })).toEqual({ a: [expected] });
  });

  const folded = () => {
    let v: unknown = 1;
    for (let i = 0; i < 60; i++) v = [v, v];
    return v;
  };
  test.each([
    ['four thousand million holes', new Array(2 ** 32 - 1)],
    ['lists within lists', folded()],
    ['objects within objects', Array.from({ length: 60 }).reduce<unknown>((v) => ({ a: v, b: v }), {})],
  ])('%s cost the row, not the gateway', (_name, v) => {
    expect(() => given(v)).toThrow(/rule r: the work is more than/);
  });
});
