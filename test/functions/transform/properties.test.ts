import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Value } from '../../../src/data/value.ts';
import {
  compress,
  dec2hex,
  decode,
  decompress,
  encode,
  hex2dec,
  parseJson,
  toJson,
} from '../../../src/functions/scalar/transform/index.ts';
import { call, prepare } from '../helpers.ts';

const bytes = fc.uint8Array({ maxLength: 2000 });

describe('transform properties', () => {
  it.each(['zlib', 'gzip', 'flate', 'zstd'])('decompress gives back what compress packed: %s', (method) => {
    fc.assert(
      fc.property(bytes, (data) => {
        const packed = call(compress, data, method);
        expect(Buffer.from(call(decompress, packed, method) as Uint8Array).equals(Buffer.from(data))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('the method of one call must not change', () => {
    const place = prepare(compress);
    place('x', 'gzip');
    expect(() => place('x', 'zlib')).toThrow('compress type must be consistent, previous gzip, now zlib');
  });

  it('a payload that unpacks to more than 16 MB is refused with its size and the limit', () => {
    const bomb = call(compress, new Uint8Array(17 * 1024 * 1024), 'gzip');
    expect(() => call(decompress, bomb, 'gzip')).toThrow('76 kB unpack to more than 16 MB');
  });

  it('decode gives back what encode wrote', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(Buffer.from(call(decode, call(encode, text, 'base64'), 'base64') as Uint8Array).toString()).toBe(text);
      }),
    );
  });

  it('hex2dec gives back what dec2hex wrote', () => {
    fc.assert(
      fc.property(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), (i) => {
        expect(call(hex2dec, call(dec2hex, i))).toBe(i);
      }),
    );
  });

  it('parse_json gives back what to_json wrote', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (v) => {
        expect(call(parseJson, call(toJson, v as Value))).toEqual(v);
      }),
    );
  });
});
