// Bytes survive a way through text.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bytesOfText, textOfBytes } from '../../src/data/go-string.ts';

it('gives any bytes back as they were', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(new Uint8Array(bytesOfText(textOfBytes(bytes)))).toEqual(new Uint8Array(bytes));
    }),
  );
});

it('is plain UTF-8 where it can be', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(textOfBytes(Buffer.from(text.toWellFormed()))).toBe(text.toWellFormed());
    }),
  );
});
