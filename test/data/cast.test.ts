// Conversions in the three levels, and the texts that Go's strconv takes.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toBool, toBytea, toBytes, toFloat, toInt64, toText, toTextAlways } from '../../src/data/cast.ts';
import { formatFloatPlain } from '../../src/data/go-format.ts';
import { parseGoBool, parseGoFloat, parseGoInt } from '../../src/data/go-numbers.ts';

describe('cast', () => {
  it('level strict: ints from ints and whole floats only; floats from floats only', () => {
    expect(toInt64(2, 'strict')).toBe(2n);
    expect(toInt64(2n, 'strict')).toBe(2n);
    expect(() => toInt64(2.5, 'strict')).toThrow('cannot convert float64(2.5) to int');
    expect(() => toInt64('2', 'strict')).toThrow('cannot convert string(2) to int');
    expect(() => toFloat(2n, 'strict')).toThrow('cannot convert int64(2) to float64');
    expect(() => toBytes('x', 'strict')).toThrow('cannot convert string(x) to bytes');
  });

  it('level sameKind: numbers among themselves, floats are cut', () => {
    expect(toInt64(-2.9, 'sameKind')).toBe(-2n);
    expect(toFloat(2n, 'sameKind')).toBe(2);
    expect(() => toInt64(true, 'sameKind')).toThrow('cannot convert bool(true) to int');
    expect(() => toFloat('1', 'sameKind')).toThrow('cannot convert string(1) to float64');
    expect(() => toText(1, 'sameKind')).toThrow('cannot convert float64(1) to string');
    expect(toText(Buffer.from('é'), 'sameKind')).toBe('é');
    expect(() => toBool(1, 'sameKind')).toThrow('cannot convert float64(1) to bool');
  });

  it('level all: also text, booleans and null', () => {
    expect(toInt64('0x10', 'all')).toBe(16n);
    expect([toInt64(true, 'all'), toInt64(null, 'all')]).toEqual([1n, 0n]);
    expect(toFloat('1e3', 'all')).toBe(1000);
    expect([toFloat(false, 'all'), toFloat(undefined, 'all')]).toEqual([0, 0]);
    expect([toText(1e6, 'all'), toText(1e21, 'all'), toText(null, 'all'), toText([1], 'all')]).toEqual([
      '1000000',
      `1${'0'.repeat(21)}`,
      '',
      '[1]',
    ]);
    expect([toBool('t', 'all'), toBool(0, 'all'), toBool(2n, 'all'), toBool(null, 'all')]).toEqual([true, false, true, false]);
    expect(() => toBool('12', 'all')).toThrow('strconv.ParseBool: parsing "12": invalid syntax');
  });

  it('a float beyond int64 is an error rather than the smallest int', () => {
    for (const x of [1.8e19, -9.3e18, Number.NaN, Number.POSITIVE_INFINITY]) expect(() => toInt64(x, 'all')).toThrow('cannot convert');
    expect(toInt64(-(2 ** 63), 'all')).toBe(-(2n ** 63n));
  });

  it('bytea: base64 if it is, else the bytes of the text', () => {
    expect(Buffer.from(toBytea('aGVsbG8=', 'all')).toString()).toBe('hello');
    expect(Buffer.from(toBytea('abc', 'all')).toString()).toBe('abc');
    expect(() => toBytea('abc', 'strict')).toThrow('illegal string abc, must be base64 encoded string');
    expect(() => toBytea(true, 'all')).toThrow('cannot convert bool(true) to bytea');
  });

  it('text of any value: %v, null as empty text', () => {
    expect([toTextAlways(1e6), toTextAlways(null), toTextAlways({ b: 1, a: [true] })]).toEqual(['1e+06', '', 'map[a:[true] b:1]']);
  });

  it('ints as text: prefixes, signs, underscores, range', () => {
    const good: [string, bigint][] = [
      ['12', 12n],
      ['+5', 5n],
      ['-0x1F', -31n],
      ['010', 8n],
      ['0o17', 15n],
      ['0b101', 5n],
      ['1_000', 1000n],
      ['0', 0n],
      ['-9223372036854775808', -(2n ** 63n)],
    ];
    for (const [text, value] of good) expect(parseGoInt(text), text).toBe(value);
    for (const text of ['', ' 1', '1.0', '08', '1__0', '_1', '1_', '0x', 'abc', '9223372036854775808', '1e3'])
      expect(parseGoInt(text), text).toBe(undefined);
  });

  it('floats as text: decimal, hexadecimal, infinity, NaN', () => {
    const good: [string, number][] = [
      ['3.9', 3.9],
      ['.5', 0.5],
      ['2.', 2],
      ['1e3', 1000],
      ['1_0.5', 10.5],
      ['0x1p-2', 0.25],
      ['0x1.8p1', 3],
      ['-Inf', Number.NEGATIVE_INFINITY],
      ['infinity', Number.POSITIVE_INFINITY],
      ['nan', Number.NaN],
    ];
    for (const [text, value] of good) expect(parseGoFloat(text), text).toBe(value);
    for (const text of ['', ' 1', '1 ', '0x10', '1e', 'e3', '.', '1e400', 'abc', '+nan']) expect(parseGoFloat(text), text).toBe(undefined);
  });

  it('booleans as text: the twelve words of Go', () => {
    for (const text of ['1', 't', 'T', 'TRUE', 'true', 'True']) expect(parseGoBool(text)).toBe(true);
    for (const text of ['0', 'f', 'F', 'FALSE', 'false', 'False']) expect(parseGoBool(text)).toBe(false);
    for (const text of ['yes', 'tRUE', '', ' true']) expect(parseGoBool(text)).toBe(undefined);
  });

  it('property: ints and floats survive the way through text', () => {
    fc.assert(
      fc.property(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), (i) => {
        expect(toInt64(toText(i, 'all'), 'all')).toBe(i);
      }),
    );
    fc.assert(
      fc.property(fc.double(), (x) => {
        expect(toFloat(formatFloatPlain(x), 'all')).toBe(x);
      }),
    );
  });

  it('property: a text that parseGoInt takes is one that BigInt reads to the same value', () => {
    fc.assert(
      fc.property(fc.integer(), (i) => {
        expect(parseGoInt(String(i))).toBe(BigInt(i));
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789abxo_+-.e ') }), (text) => {
        const value = parseGoInt(text);
        if (value !== undefined) expect(BigInt.asIntN(64, value)).toBe(value);
      }),
    );
  });
});
