// LIKE: literal but for % and _, whole text, line breaks, escapes, and never slow.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLike } from '../../src/data/like.ts';
import { startWorkCounter } from '../helpers/work.ts';

const like = (text: string, pattern: string): boolean => createLike(pattern)(text);

/** The definition, by recursion over both; slow but plain. */
function reference(text: readonly string[], pattern: readonly string[]): boolean {
  if (pattern.length === 0) return text.length === 0;
  const [sign, ...rest] = pattern;
  if (sign === '%') return reference(text, rest) || (text.length > 0 && reference(text.slice(1), pattern));
  return text.length > 0 && (sign === '_' || sign === text[0]) && reference(text.slice(1), rest);
}

describe('LIKE', () => {
  it('percent is any run, underscore one character, the whole text must match', () => {
    expect(like('device1', 'device%')).toBe(true);
    expect(like('device1', 'device_')).toBe(true);
    expect(like('device12', 'device_')).toBe(false);
    expect(like('my device', 'device%')).toBe(false);
    expect(like('abc', '%b%')).toBe(true);
    expect(like('', '%')).toBe(true);
    expect(like('', '')).toBe(true);
    expect(like('a', '')).toBe(false);
    expect(like('aba', 'ab%ba')).toBe(false); // head and tail must not share a character
    expect(like('ab', 'a%b%b')).toBe(false); // nor a piece and the tail
  });

  it('signs of regular expressions are literal', () => {
    expect(like('h+', 'h+')).toBe(true);
    expect(like('hh', 'h+')).toBe(false);
    expect(like('a.c', 'a.c')).toBe(true);
    expect(like('abc', 'a.c')).toBe(false);
    expect(like('(x)', '(%)')).toBe(true);
    expect(like('x', '(%)')).toBe(false);
    expect(like('a[1]', 'a[_]')).toBe(true);
  });

  it('a backslash before % or _ makes it literal; other backslashes are themselves', () => {
    expect(like('50%', '50\\%')).toBe(true);
    expect(like('501', '50\\%')).toBe(false);
    expect(like('a_b', 'a\\_b')).toBe(true);
    expect(like('axb', 'a\\_b')).toBe(false);
    expect(like('a\\b', 'a\\b')).toBe(true);
  });

  it('percent matches line breaks, underscore one character beyond the basic plane', () => {
    expect(like('a\nb', 'a%b')).toBe(true);
    expect(like('😀', '_')).toBe(true);
    expect(like('😀', '__')).toBe(false);
  });

  it('a pattern made to backtrack takes work in step with the text', async () => {
    const counter = await startWorkCounter();
    try {
      for (const piece of ['%a', '%_a']) {
        const pattern = `${piece.repeat(30)}%b%`;
        const run = (length: number) => expect(like('a'.repeat(length), pattern)).toBe(false);
        run(20_000);
        expect(await counter.growth(run, 1000)).toBeLessThan(6);
      }
    } finally {
      await counter.stop();
    }
  });

  it('property: agrees with the definition', () => {
    const text = fc.array(fc.constantFrom('a', 'b', '\n'), { maxLength: 8 });
    const pattern = fc.array(fc.constantFrom('a', 'b', '%', '_'), { maxLength: 6 });
    fc.assert(
      fc.property(text, pattern, (t, p) => {
        expect(like(t.join(''), p.join(''))).toBe(reference(t, p));
      }),
      { numRuns: 2000 },
    );
  });
});
