import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  concat,
  endswith,
  indexof,
  length,
  reverse,
  splitValue,
  startswith,
  substring,
  trim,
} from '../../../src/functions/scalar/string/index.ts';
import { call } from '../helpers.ts';

const text = fc.string({ unit: 'binary' });

describe('string properties', () => {
  it('reverse twice gives the text', () => {
    fc.assert(
      fc.property(text, (t) => {
        expect(call(reverse, call(reverse, t))).toBe(t);
      }),
    );
  });

  it('concat begins with the first and ends with the last text', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        const both = call(concat, a, b);
        expect(call(startswith, both, a)).toBe(true);
        expect(call(endswith, both, b)).toBe(true);
        expect(call(length, both)).toBe((call(length, a) as bigint) + (call(length, b) as bigint));
      }),
    );
  });

  it('substring at indexof finds the part again', () => {
    fc.assert(
      fc.property(text, text, text, (a, b, c) => {
        const at = call(indexof, a + b + c, b) as bigint;
        expect(at).toBeGreaterThanOrEqual(0n);
        expect(call(startswith, call(substring, a + b + c, at), b)).toBe(true);
      }),
    );
  });

  it('split_value gives back what was joined', () => {
    const part = fc.string({ unit: 'grapheme-ascii' }).map((t) => t.replaceAll(',', ''));
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
        parts.forEach((p, i) => {
          expect(call(splitValue, parts.join(','), ',', BigInt(i))).toBe(p);
          expect(call(splitValue, parts.join(','), ',', BigInt(i - parts.length))).toBe(p);
        });
      }),
    );
  });

  it('trim is idempotent', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(' ', '\t', '\u00a0', '\u0085', '\ufeff', 'x') }), (t) => {
        expect(call(trim, call(trim, t))).toBe(call(trim, t));
      }),
    );
  });

  it('a count of blanks that would take the memory is refused', async () => {
    const { lpad } = await import('../../../src/functions/scalar/string/index.ts');
    expect(() => call(lpad, 'x', 2n ** 40n)).toThrow('must be at most 10000000');
  });
});
