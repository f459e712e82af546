import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { abs, bitand, bitnot, bitor, bitxor, conv, round, sign } from '../../../src/functions/scalar/math/index.ts';
import { call } from '../helpers.ts';

const int64 = fc.bigInt(-(2n ** 63n) + 1n, 2n ** 63n - 1n);

describe('math properties', () => {
  it('abs(x) = x * sign(x), exactly for ints', () => {
    fc.assert(
      fc.property(int64, (x) => {
        expect(call(abs, x)).toBe(x * (call(sign, x) as bigint));
      }),
    );
  });

  it('abs of the smallest int is an error rather than a negative number', () => {
    expect(() => call(abs, -(2n ** 63n))).toThrow('does not fit an int64');
  });

  it('bit functions obey De Morgan', () => {
    fc.assert(
      fc.property(int64, int64, (a, b) => {
        expect(call(bitnot, call(bitand, a, b))).toBe(call(bitor, call(bitnot, a), call(bitnot, b)));
        expect(call(bitxor, a, b)).toBe(call(bitand, call(bitor, a, b), call(bitnot, call(bitand, a, b))));
      }),
    );
  });

  it('conv there and back gives the number', () => {
    const base = fc.integer({ min: 2, max: 36 }).map(BigInt);
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 64n - 1n), base, base, (n, from, to) => {
        const written = call(conv, n.toString(Number(from)), from, to) as string;
        expect(written).toBe(n.toString(Number(to)).toUpperCase());
        expect(call(conv, written, to, 10n)).toBe(String(n));
      }),
    );
  });

  it('round is idempotent', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e12, max: 1e12, noNaN: true }), fc.integer({ min: -3, max: 6 }).map(BigInt), (x, precision) => {
        const once = call(round, x, precision);
        expect(call(round, once, precision)).toBe(once);
      }),
    );
  });
});
