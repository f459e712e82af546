// Go's arithmetic on int64 and float64, and what null, text and containers do to it.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { add, bitAnd, bitOr, bitXor, div, mod, mul, sub } from '../../src/data/arithmetic.ts';
import type { Value } from '../../src/data/value.ts';

const int64 = fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n);
const MAX = 2n ** 63n - 1n;
const MIN = -(2n ** 63n);

describe('arithmetic', () => {
  it('int with int stays int, wraps and truncates toward zero', () => {
    expect(add(MAX, 1n)).toBe(MIN);
    expect(sub(MIN, 1n)).toBe(MAX);
    expect(mul(MAX, 2n)).toBe(-2n);
    expect(div(7n, 2n)).toBe(3n);
    expect(div(-7n, 2n)).toBe(-3n);
    expect(div(MIN, -1n)).toBe(MIN);
    expect(mod(-7n, 3n)).toBe(-1n);
  });

  it('a float on either side makes a float', () => {
    expect(add(1n, 0.5)).toBe(1.5);
    expect(sub(0.5, 1n)).toBe(-0.5);
    expect(mul(2n, 1.5)).toBe(3);
    expect(div(7, 2n)).toBe(3.5);
    expect(mod(7.5, 2n)).toBe(1.5);
    expect(mod(-7, 3)).toBe(-1);
  });

  it('division and remainder by zero are errors, for floats too', () => {
    for (const zero of [0, 0n]) for (const a of [1, 1n]) for (const op of [div, mod]) expect(() => op(a, zero)).toThrow('divided by zero');
  });

  it('null on either side gives null, for bit operators false', () => {
    for (const op of [add, sub, mul, div, mod]) {
      expect(op(null, 1)).toBe(null);
      expect(op(1, undefined)).toBe(null);
      expect(op(null, 'x')).toBe(null);
      expect(op(1, null)).toBe(null);
    }
    for (const op of [bitAnd, bitOr, bitXor]) expect([op(null, 1n), op(1n, undefined)]).toEqual([false, false]);
  });

  it('bit operators take two ints or two booleans', () => {
    expect([bitAnd(6n, 3n), bitOr(6n, 3n), bitXor(6n, 3n)]).toEqual([2n, 7n, 5n]);
    expect([bitAnd(true, false), bitOr(true, false), bitXor(true, true)]).toEqual([false, true, false]);
    expect(() => bitAnd(1, 2)).toThrow('invalid operation float64(1) & float64(2)');
  });

  it('other operands are refused with the types and values', () => {
    expect(() => add('x', 1)).toThrow('invalid operation string(x) + float64(1)');
    expect(() => add('a', 'b')).toThrow('invalid operation string(a) + string(b)');
    expect(() => mul(true, 2n)).toThrow('invalid operation bool(true) * int64(2)');
    expect(() => sub(1, [1])).toThrow('invalid operation float64(1) - []interface {}([1])');
  });

  it('containers on the left are refused even beside null', () => {
    const containers: [Value, string][] = [
      [[1], '[]interface {}'],
      [{ k: 1 }, 'map[string]interface {}'],
      [new Uint8Array([1]), '[]uint8'],
    ];
    for (const [v, type] of containers) {
      expect(() => add(v, null)).toThrow(`+ is an invalid operation for ${type}`);
      expect(() => bitAnd(v, null)).toThrow(`& is an invalid operation for ${type}`);
    }
  });

  it('property: int64 results are those of modular arithmetic', () => {
    fc.assert(
      fc.property(int64, int64, (a, b) => {
        expect(add(a, b)).toBe(BigInt.asIntN(64, a + b));
        expect(sub(a, b)).toBe(BigInt.asIntN(64, a - b));
        expect(mul(a, b)).toBe(BigInt.asIntN(64, a * b));
      }),
    );
  });

  it('property: a = (a / b) * b + a % b, and the remainder has the sign of a', () => {
    fc.assert(
      fc.property(
        int64,
        int64.filter((b) => b !== 0n),
        (a, b) => {
          const rest = mod(a, b) as bigint;
          expect(add(mul(div(a, b), b), rest)).toBe(a);
          expect(rest === 0n || rest < 0n === a < 0n).toBe(true);
        },
      ),
    );
  });
});
