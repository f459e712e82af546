// Sizes as people write them.
import { describe, expect, it } from 'vitest';
import { parseBytes, shownBytes } from '../../src/base/bytes.ts';

describe('sizes', () => {
  it.each([
    [0, 0],
    [1234, 1234],
    ['1234', 1234],
    ['64MB', 64_000_000],
    ['64 mb', 64_000_000],
    ['1.5GiB', 1.5 * 1024 ** 3],
    ['2KiB', 2048],
    ['7b', 7],
  ])('%j is %d bytes', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  it.each([['-1'], ['1 TBx'], [''], ['MB'], [-5], [Number.NaN], [true], [null]])('%j is refused with the right form', (text) => {
    expect(() => parseBytes(text)).toThrow(/is not a size; write a number of bytes or a text such as "64MB"/);
  });

  it('are shown with one digit behind the point', () => {
    expect([shownBytes(999), shownBytes(1500), shownBytes(12_345_678), shownBytes(3e9)]).toEqual(['999 B', '1.5 kB', '12.3 MB', '3.0 GB']);
  });
});
