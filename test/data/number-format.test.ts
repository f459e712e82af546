// format(): expected texts were recorded from eKuiper (its library's locale data).
import { describe, expect, it } from 'vitest';
import { createNumberFormat } from '../../src/data/number-format.ts';

describe('number format', () => {
  it('without locale: no grouping, all digits of the value', () => {
    expect(createNumberFormat(4)(12332.1234567)).toBe('12332.1235');
    expect(createNumberFormat(20)(0.1)).toBe('0.10000000000000000555');
    expect(createNumberFormat(2)(9007199254740993n)).toBe('9007199254740993.00');
  });

  it('halves go to even, on the exact value', () => {
    expect([0.125, 1.005].map(createNumberFormat(2))).toEqual(['0.12', '1.00']);
    expect(createNumberFormat(0)(2.5)).toBe('2');
  });

  it('grouping and signs of the locale', () => {
    const cases: [string, number, string][] = [
      ['en_US', 1234567.891, '1,234,567.89'],
      ['de_DE', 1234567.891, '1.234.567,89'],
      ['en_IN', 1234567, '12,34,567.00'],
      ['fr_FR', 1234, '1\u00a0234,00'],
      ['de_CH', 1234, '1’234.00'],
      ['es_ES', 1234, '1.234,00'],
      ['sv_SE', -1234, '−1\u00a0234,00'],
      ['ar_SA', 0.5, '0.50'],
      ['en-us', 1234, '1,234.00'],
    ];
    for (const [locale, x, text] of cases) expect(createNumberFormat(2, locale)(x), locale).toBe(text);
  });

  it('a locale must name a language and a country', () => {
    for (const locale of ['en', 'xx_YY', 'q', '', 'en_001', 'en_ZZ', 'en_EU', 'de_DE!'])
      expect(() => createNumberFormat(2, locale), locale).toThrow(`not support for the specific locale:${locale}`);
  });
});
