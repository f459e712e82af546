// Bytes, letters and white space as Go sees them.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lowerCase, upperCase } from '../../src/data/letter-case.ts';
import { byteIndexOf, byteLength, codePointCount, sliceBytes } from '../../src/data/text.ts';
import { trimEnd, trimStart } from '../../src/data/white-space.ts';

const anyText = fc.string({ unit: 'binary' });

describe('text', () => {
  it('offsets count bytes', () => {
    expect(byteIndexOf('héllo', 'l')).toBe(3);
    expect(byteIndexOf('abc', '')).toBe(0);
    expect(byteIndexOf('abc', 'x')).toBe(-1);
    expect(sliceBytes('héllo', 0, 3)).toBe('hé');
  });

  it('a cut inside a character leaves one U+FFFD per byte', () => {
    expect(sliceBytes('中', 0, 2)).toBe('\ufffd\ufffd');
    expect(sliceBytes('中a', 1)).toBe('\ufffd\ufffda');
    expect(sliceBytes('a😀', 0, 4)).toBe('a\ufffd\ufffd\ufffd');
    expect(sliceBytes('😀', 1, 3)).toBe('\ufffd\ufffd');
  });

  it('letter case maps one character to one', () => {
    expect(upperCase('straße')).toBe('STRAßE');
    expect(lowerCase('ΣΑΣ')).toBe('σασ');
    expect(lowerCase('İ')).toBe('i');
    expect(upperCase('ᾳ')).toBe('ᾼ');
    expect(upperCase('héllo')).toBe('HÉLLO');
  });

  it('white space is Unicode’s, without the byte order mark', () => {
    expect(trimStart('\u00a0\u0085 \tx')).toBe('x');
    expect(trimEnd('x\u3000\n')).toBe('x');
    expect(trimStart('\ufeffx')).toBe('\ufeffx');
    expect(trimEnd(' ')).toBe('');
  });

  it('property: slices at character bounds and offsets are those of the UTF-8 bytes', () => {
    fc.assert(
      fc.property(anyText, anyText, anyText, (a, b, c) => {
        const whole = a + b + c;
        expect(sliceBytes(whole, byteLength(a), byteLength(a + b))).toBe(b);
        expect(byteIndexOf(whole, b)).toBe(Buffer.from(whole).indexOf(Buffer.from(b)));
        expect(codePointCount(whole)).toBe(Array.from(whole).length);
      }),
    );
  });

  it('property: any cut has as many characters as whole characters and stray bytes', () => {
    fc.assert(
      fc.property(anyText, fc.nat(20), fc.nat(20), (text, from, length) => {
        const cut = sliceBytes(text, from, from + length);
        expect(cut.replaceAll('\ufffd', '').length).toBeLessThanOrEqual(text.length);
        expect(codePointCount(cut)).toBeLessThanOrEqual(length);
      }),
    );
  });

  it('property: letter case keeps the number of characters', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(codePointCount(upperCase(text))).toBe(codePointCount(text));
      }),
    );
    fc.assert(
      fc.property(anyText, (text) => {
        expect(codePointCount(lowerCase(text))).toBe(codePointCount(text));
      }),
    );
  });
});
