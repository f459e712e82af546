// Comparison: operators, order of ORDER BY, typed equality, keys of groups.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { between, compareForOrder, deepEqual, eq, eqItem, ge, groupKeyText, gt, le, lt, ne } from '../../src/data/compare.ts';
import { DateTime } from '../../src/data/datetime.ts';
import { compareText } from '../../src/data/text.ts';
import type { Value } from '../../src/data/value.ts';

const operators = [eq, ne, lt, le, gt, ge];
const scalar = fc.oneof(fc.double({ noNaN: true }), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n));

describe('compare', () => {
  it('null makes every comparison false, != too', () => {
    for (const op of operators)
      for (const [a, b] of [
        [null, 1],
        [1, undefined],
        [null, null],
        ['x', null],
      ] as [Value, Value][])
        expect(op(a, b)).toBe(false);
  });

  it('ints compare with floats as floats', () => {
    expect(eq(5n, 5)).toBe(true);
    expect(lt(5n, 5.5)).toBe(true);
    expect(gt(5.5, 5n)).toBe(true);
    expect(eq(2n ** 53n + 1n, 2 ** 53)).toBe(true); // Go converts the int, which loses the last bit
    expect(eq(2n ** 53n + 1n, 2n ** 53n)).toBe(false);
  });

  it('text compares byte by byte in UTF-8', () => {
    expect(lt('a', 'b')).toBe(true);
    expect(lt('B', 'a')).toBe(true);
    expect(lt('\uffff', '😀')).toBe(true); // JavaScript would say otherwise
  });

  it('booleans have equality and no order', () => {
    expect(eq(true, true)).toBe(true);
    expect(ne(true, false)).toBe(true);
    expect(() => lt(true, false)).toThrow('invalid operation bool(true) < bool(false)');
  });

  it('a datetime compares with datetimes, parsable text and epoch milliseconds', () => {
    const t = DateTime.fromMs(1_704_067_200_000);
    expect(eq(t, DateTime.fromMs(1_704_067_200_000, 'Asia/Shanghai'))).toBe(true);
    expect(eq(t, '2024-01-01')).toBe(true);
    expect(eq(t, '2024-01-01', 'Asia/Shanghai')).toBe(false);
    expect(lt(t, 1_704_067_200_001)).toBe(true);
    expect(ge(t, 1_704_067_200_000n)).toBe(true);
    expect(() => eq(t, 'no date')).toThrow('invalid operation time.Time');
    expect(() => eq('2024-01-01', t)).toThrow('invalid operation string(2024-01-01) = time.Time');
  });

  it('other mixes are errors with types and values', () => {
    expect(() => eq('5', 5)).toThrow('invalid operation string(5) = float64(5)');
    expect(() => gt(true, 1n)).toThrow('invalid operation bool(true) > int64(1)');
    expect(() => eq(1, [1])).toThrow('invalid operation float64(1) = []interface {}([1])');
    expect(() => eq([1], [1])).toThrow('= is an invalid operation for []interface {}');
    expect(() => ne({ k: 1 }, null)).toThrow('!= is an invalid operation for map[string]interface {}');
  });

  it('items of CASE and IN: a container beside null is false, beside a value an error', () => {
    expect(eqItem([1], null)).toBe(false);
    expect(eqItem(null, 1)).toBe(false);
    expect(() => eqItem([1], 1)).toThrow('invalid operation []interface {}([1]) = float64(1)');
  });

  it('BETWEEN compares both bounds, so that a wrong one shows', () => {
    expect(between(5, 1n, 9)).toBe(true);
    expect(between(5, 5, 5)).toBe(true);
    expect(between(0, 1, 9)).toBe(false);
    expect(between(null, 1, 9)).toBe(false);
    expect(between(5, null, 9)).toBe(false);
    expect(() => between('a', 'b', 10n)).toThrow('between operator cannot compare string(a) and int64(10)');
  });

  it('ORDER BY: nulls are last for both directions, mixed kinds are an error', () => {
    const sorted = (values: Value[], descending: boolean) => values.toSorted((a, b) => compareForOrder(a, b, descending));
    expect(sorted([null, 2, 1n, 3], false)).toEqual([1n, 2, 3, null]);
    expect(sorted([null, 2, 1n, 3], true)).toEqual([3, 2, 1n, null]);
    expect(() => compareForOrder(1, 'a')).toThrow('incompatible types for comparison: float64 and string');
    expect(() => compareForOrder([1], [2])).toThrow('incompatible types for comparison');
  });

  it('deepEqual is typed and looks into arrays, objects, bytes and datetimes', () => {
    expect(deepEqual(1, 1n)).toBe(false);
    expect(deepEqual({ a: [1, { b: null }] }, { a: [1, { b: undefined }] })).toBe(true);
    expect(deepEqual({ a: 1 }, { a: 1, b: 2 })).toBe(false);
    expect(deepEqual({ a: 1 }, { b: 1 })).toBe(false);
    expect(deepEqual(new Uint8Array([1, 2]), new Uint8Array([1, 2]))).toBe(true);
    expect(deepEqual([1], new Uint8Array([1]))).toBe(false);
    expect(deepEqual(DateTime.fromMs(1), DateTime.fromMs(1, 'Asia/Tokyo'))).toBe(true);
    expect(deepEqual({ toString: 1 }, { a: 1 })).toBe(false);
  });

  it('keys of groups are %v texts joined by commas, so 1 and "1" meet', () => {
    expect(groupKeyText([1, 'x', null])).toBe('1,x,<nil>,');
    expect(groupKeyText([1])).toBe(groupKeyText(['1']));
  });

  it('property: exactly one of <, =, > holds for numbers, and the operators agree', () => {
    fc.assert(
      fc.property(scalar, scalar, (a, b) => {
        expect([lt(a, b), eq(a, b), gt(a, b)].filter(Boolean).length).toBe(1);
        expect(le(a, b)).toBe(lt(a, b) || eq(a, b));
        expect(ge(a, b)).toBe(!lt(a, b));
        expect(ne(a, b)).toBe(!eq(a, b));
        expect(lt(a, b)).toBe(gt(b, a));
      }),
    );
  });

  it('property: the order of texts is that of their UTF-8 bytes', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareText(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
  });

  it('property: deepEqual is reflexive for JSON values', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (v) => {
        expect(deepEqual(v as Value, structuredClone(v) as Value)).toBe(true);
      }),
    );
  });
});
