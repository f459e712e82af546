import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { roundHalfAway, roundTo } from '../../src/data/rounding.ts';

describe('rounding', () => {
  it('halves go away from zero, and only halves', () => {
    expect([roundHalfAway(2.5), roundHalfAway(-2.5), roundHalfAway(0.49999999999999994), roundHalfAway(-0.5)]).toEqual([3, -3, 0, -1]);
    expect(roundHalfAway(2 ** 52 + 1.5)).toBe(2 ** 52 + 2);
  });

  it('decimals, powers of ten, and more decimals than a float can scale', () => {
    expect([roundTo(1234.5678, 1), roundTo(1234.5678, -2), roundTo(1.005, 2)]).toEqual([1234.6, 1200, 1]);
    expect([roundTo(1e308, 1), roundTo(2.5, 400), roundTo(1.5e-310, 310), roundTo(0, 400)]).toEqual([1e308, 2.5, 2e-310, 0]);
  });

  it('property: a rounded value is whole and at most a half away', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e15, max: 1e15, noNaN: true }), (x) => {
        const rounded = roundHalfAway(x);
        expect(Number.isInteger(rounded)).toBe(true);
        expect(Math.abs(rounded - x)).toBeLessThanOrEqual(0.5);
      }),
    );
  });
});
