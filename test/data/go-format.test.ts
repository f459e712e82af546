// %v and %T of Go. The expected texts were printed by Go 1.26.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DateTime } from '../../src/data/datetime.ts';
import { describe as describeValue, formatFloat, formatFloatPlain, formatV, goTypeName } from '../../src/data/go-format.ts';

describe('go-format', () => {
  it('floats: shortest digits, exponent form below 1e-4 and when seven digits stand before the point', () => {
    const texts: [number, string][] = [
      [0, '0'],
      [-0, '-0'],
      [20, '20'],
      [1.5, '1.5'],
      [123456, '123456'],
      [1e6, '1e+06'],
      [1234567, '1.234567e+06'],
      [123456789, '1.23456789e+08'],
      [1704067200000, '1.7040672e+12'],
      [1e21, '1e+21'],
      [1e100, '1e+100'],
      [0.0001, '0.0001'],
      [0.00012345, '0.00012345'],
      [0.00001, '1e-05'],
      [5e-324, '5e-324'],
      [-1234.5678, '-1234.5678'],
      [Number.POSITIVE_INFINITY, '+Inf'],
      [Number.NEGATIVE_INFINITY, '-Inf'],
      [Number.NaN, 'NaN'],
    ];
    for (const [x, text] of texts) expect(formatFloat(x)).toBe(text);
  });

  it('floats without exponent', () => {
    const texts: [number, string][] = [
      [1e6, '1000000'],
      [1e21, `1${'0'.repeat(21)}`],
      [1e-7, '0.0000001'],
      [123.456, '123.456'],
    ];
    for (const [x, text] of texts) expect(formatFloatPlain(x)).toBe(text);
  });

  it('other values', () => {
    expect(formatV(null)).toBe('<nil>');
    expect(formatV(12n)).toBe('12');
    expect(formatV(true)).toBe('true');
    expect(formatV([1, 'a', null, [2]])).toBe('[1 a <nil> [2]]');
    expect(formatV({ b: 1e6, a: { c: true } })).toBe('map[a:map[c:true] b:1e+06]');
    expect(formatV(new Uint8Array([1, 255]))).toBe('[1 255]');
    expect(formatV(new DateTime(1_704_067_200_600_000_000n))).toBe('2024-01-01 00:00:00.6 +0000 UTC');
    expect(formatV(new DateTime(1_704_067_200_000_000_000n, 'Asia/Shanghai'))).toBe('2024-01-01 08:00:00 +0800 CST');
  });

  it('type names', () => {
    const names = [null, 1, 1n, 'x', true, [], {}, new Uint8Array(), DateTime.fromMs(0)].map(goTypeName);
    expect(names).toEqual([
      '<nil>',
      'float64',
      'int64',
      'string',
      'bool',
      '[]interface {}',
      'map[string]interface {}',
      '[]uint8',
      'time.Time',
    ]);
    expect(describeValue('x')).toBe('string(x)');
  });

  it('property: the digits read back as the same float', () => {
    fc.assert(
      fc.property(fc.double({ noDefaultInfinity: true, noNaN: true }), (x) => {
        expect(Number(formatFloat(x))).toBe(x);
      }),
    );
    fc.assert(
      fc.property(fc.double({ noDefaultInfinity: true, noNaN: true }), (x) => {
        expect(formatFloatPlain(x)).not.toContain('e');
        expect(Number(formatFloatPlain(x))).toBe(x);
      }),
    );
  });
});
