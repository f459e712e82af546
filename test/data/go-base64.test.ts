// Base64 as Go writes it, whatever the length and whatever kind of array holds the bytes; and bytes in rows, which take a way of their own.
// @covers issue:24#8
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { encodeJson } from '../../src/codecs/json/encode.ts';
import { decodeBase64, encodeBase64 } from '../../src/data/go-base64.ts';
import type { Value } from '../../src/data/value.ts';

const bytes = fc.uint8Array({ maxLength: 40 });

it('is what the platform writes, and is read back', () => {
  fc.assert(
    fc.property(bytes, fc.nat(5), (b, offset) => {
      const text = Buffer.from(b).toString('base64');
      const inside = Buffer.concat([Buffer.alloc(offset, 7), b]).subarray(offset);
      expect(encodeBase64(b)).toBe(text);
      expect(encodeBase64(inside)).toBe(text);
      expect(encodeBase64(new Uint8Array(inside.buffer, inside.byteOffset, inside.length))).toBe(text);
      expect(Buffer.from(decodeBase64(text) ?? []).equals(Buffer.from(b))).toBe(true);
    }),
  );
});

it('stands in JSON where the bytes were, with the other members as they are, and leaves the row alone', () => {
  const value = fc.oneof(bytes, fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
  const row = fc.dictionary(fc.constantFrom('a', 'b', 'c<', '__proto__', 'toString'), value);
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 3 }), (rows) => {
      const written = (r: Record<string, unknown>) =>
        Object.fromEntries(Object.entries(r).map(([k, v]) => [k, v instanceof Uint8Array ? Buffer.from(v).toString('base64') : v]));
      const before = structuredClone(rows);
      expect(JSON.parse(encodeJson(rows as Value))).toEqual(rows.map(written));
      expect(JSON.parse(encodeJson(rows[0] as Value))).toEqual(written(rows[0]!));
      expect(rows).toEqual(before);
    }),
  );
});
