import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseGoDuration } from '../../src/data/go-duration.ts';

it.each([
  ['1h30m', 5_400_000_000_000n],
  ['-1.5s', -1_500_000_000n],
  ['100ms', 100_000_000n],
  ['1us1ns', 1_001n],
  ['.5s', 500_000_000n],
  ['1.s', 1_000_000_000n],
  ['+2h', 7_200_000_000_000n],
  ['0', 0n],
])('%s', (text, ns) => {
  expect(parseGoDuration(text)).toBe(ns);
});

it.each([
  ['1d', 'time: unknown unit "d" in duration "1d"'],
  ['x', 'time: invalid duration "x"'],
  ['', 'time: invalid duration ""'],
  ['-', 'time: invalid duration "-"'],
  ['5', 'time: missing unit in duration "5"'],
  ['1h5', 'time: missing unit in duration "1h5"'],
  ['9999999h', 'time: invalid duration "9999999h"'],
])('refuses %j', (text, message) => {
  expect(() => parseGoDuration(text)).toThrow(message);
});

it('is the sum of its parts', () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.nat(59), fc.nat(59), fc.nat(999), (h, m, s, ms) => {
      const ns = parseGoDuration(`${h}h${m}m${s}s${ms}ms`);
      expect(ns).toBe(BigInt(((h * 60 + m) * 60 + s) * 1000 + ms) * 1_000_000n);
    }),
  );
});
