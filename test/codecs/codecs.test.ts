// Formats: bytes to rows and back, with the errors that a bad payload gives.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import binaryCodec from '../../src/codecs/binary/index.ts';
import { compressionNames, createCompressor, createDecompressor } from '../../src/codecs/compression.ts';
import delimited from '../../src/codecs/delimited/index.ts';
import { createJsonDecoder } from '../../src/codecs/json/decode.ts';
import { encodeJson } from '../../src/codecs/json/encode.ts';
import protobuf from '../../src/codecs/protobuf/index.ts';
import urlencodedCodec from '../../src/codecs/urlencoded/index.ts';
import type { CodecDefinition } from '../../src/contract/codec.ts';
import { DateTime } from '../../src/data/datetime.ts';
import type { Row } from '../../src/data/value.ts';

const urlencoded: CodecDefinition = urlencodedCodec;
const binary: CodecDefinition = binaryCodec;
const bytes = (text: string) => Buffer.from(text);

describe('json decoder', () => {
  it('gives floats without a schema and keeps nulls', () => {
    expect(createJsonDecoder({}).decode(bytes('{"a":1,"b":null,"c":[1,"x"]}'))).toEqual({ a: 1, b: null, c: [1, 'x'] });
  });

  it('gives each element of an array as a row', () => {
    expect(createJsonDecoder({}).decode(bytes('[{"a":1},{"a":2}]'))).toEqual([{ a: 1 }, { a: 2 }]);
  });

  it.each(['1', '"x"', 'null', '[1]', '[[{}]]'])('refuses %s as no object', (text) => {
    expect(() => createJsonDecoder({}).decode(bytes(text))).toThrow(
      'only map[string]interface{} and []map[string]interface{} is supported',
    );
  });

  it('refuses what is not JSON', () => {
    expect(() => createJsonDecoder({}).decode(bytes('{"a":'))).toThrow('invalid JSON payload');
  });

  it('keeps int64 exact', () => {
    const decoder = createJsonDecoder({ schema: [{ name: 'a', type: { kind: 'bigint' } }] });
    expect(decoder.decode(bytes('{"a":9223372036854775807}'))).toEqual({ a: 9223372036854775807n });
    expect(decoder.decode(bytes('{"a":-9223372036854775808,"z":1}'))).toEqual({ a: -9223372036854775808n });
    // what cannot be read fails whoever reads it (test/runtime/source/bad-fields.test.ts)
    const read = (text: string) => (decoder.decode(bytes(text)) as Row)['a'];
    expect(() => read('{"a":9223372036854775808}')).toThrow('unparsed tail left');
    for (const bad of ['1.0', '1.5', '1e3']) expect(() => read(`{"a":${bad}}`)).toThrow('unparsed tail left');
  });

  it('gives int64 for whole numbers when asked', () => {
    const decoder = createJsonDecoder({ useInt64ForWholeNumber: true });
    expect(decoder.decode(bytes('{"a":1,"b":1.0,"c":[2,{"d":9007199254740993}]}'))).toEqual({
      a: 1n,
      b: 1,
      c: [2n, { d: 9007199254740993n }],
    });
    expect(() => (decoder.decode(bytes('{"a":1e3}')) as Row)['a']).toThrow('cannot parse "1e3" as a whole number');
  });

  it('renames by colAliasMapping', () => {
    expect(createJsonDecoder({ colAliasMapping: { a: 'x' } }).decode(bytes('{"a":1,"b":2}'))).toEqual({ x: 1, b: 2 });
  });

  it('is not fooled by names of the prototype', () => {
    const decoder = createJsonDecoder({
      schema: [
        { name: 'toString', type: { kind: 'float' } },
        { name: '__proto__', type: { kind: 'float' } },
      ],
    });
    expect(decoder.decode(bytes('{}'))).toEqual({});
    const row = decoder.decode(bytes('{"__proto__":5}')) as object;
    expect(Object.getPrototypeOf(row)).toBe(Object.prototype);
    expect(Object.entries(row)).toEqual([['__proto__', 5]]);
  });

  it('reads whatever it wrote', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ unit: 'grapheme' }),
          fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.string({ unit: 'grapheme' }), fc.constant(null)),
        ),
        (row) => {
          const back = createJsonDecoder({}).decode(bytes(encodeJson({ ...row })));
          expect(JSON.stringify(sorted(back as Record<string, unknown>))).toBe(JSON.stringify(sorted(row)));
        },
      ),
    );
  });
});

const sorted = (o: Record<string, unknown>) => Object.entries(o).sort(([a], [b]) => (a < b ? -1 : 1));

describe('json encoder', () => {
  it.each([
    [{ b: 1, a: 1e21 }, '{"a":1e+21,"b":1}'],
    [{ a: 1e-7, b: 1e-6, c: 100000000000000000000 }, '{"a":1e-7,"b":0.000001,"c":100000000000000000000}'],
    [{ a: 5n, b: undefined }, '{"a":5}'],
    [{ a: new Uint8Array([104, 105]) }, '{"a":"aGk="}'],
    [{ a: new DateTime(1_704_067_200_123_456_789n) }, '{"a":"2024-01-01T00:00:00.123456789Z"}'],
    [{ a: ['x', null, { z: 1, b: 2 }] }, '{"a":["x",null,{"b":2,"z":1}]}'],
    [{ a: '<script>&\u2028' }, '{"a":"\\u003cscript\\u003e\\u0026\\u2028"}'],
  ])('writes case %# as Go does: %2$s', (row, text) => {
    expect(encodeJson(row as never)).toBe(text);
  });

  it('refuses NaN and infinities', () => {
    expect(() => encodeJson({ a: Number.NaN })).toThrow('json: unsupported value: NaN');
    expect(() => encodeJson({ a: Number.POSITIVE_INFINITY })).toThrow('+Inf');
  });
});

describe('delimited', () => {
  it('decodes with and without names', () => {
    expect(delimited.createDecoder({}).decode(bytes('1,abc,'))).toEqual({ col0: '1', col1: 'abc', col2: '' });
    expect(delimited.createDecoder({ delimiter: ';', fields: ['a', 'b'] }).decode(bytes('1;2;3'))).toEqual({ a: '1', b: '2' });
  });
});

describe('urlencoded', () => {
  it('decodes names, repeated names and escapes', () => {
    expect(urlencoded.createDecoder({}).decode(bytes('a=x+y&b=1&b=%C3%A9&c'))).toEqual({ a: 'x y', b: ['1', 'é'], c: '' });
    expect(() => urlencoded.createDecoder({}).decode(bytes('a=%zz'))).toThrow('fail to parse url encoded value');
  });
});

describe('binary', () => {
  it('keeps the payload', () => {
    expect(binary.createDecoder({}).decode(bytes('hi'))).toEqual({ self: new Uint8Array([104, 105]) });
    expect(binary.createDecoder({ schema: [{ name: 'img', type: { kind: 'bytea' } }] }).decode(bytes('hi'))).toEqual({
      img: new Uint8Array([104, 105]),
    });
    expect(Buffer.from(binary.createEncoder({}).encode({ self: new Uint8Array([1, 2]) }) as Uint8Array)).toEqual(Buffer.from([1, 2]));
    expect(() => binary.createEncoder({}).encode({ v: 'text' })).toThrow('exactly one bytes column');
  });
});

describe('protobuf', () => {
  const schemas = {
    read: (_type: string, id: string) => {
      if (id !== 'sensor') throw new Error(`schema ${id} not found`);
      return `syntax = "proto3"; package t;
        message Inner { string name = 1; }
        message Reading { int64 id = 1; double temp = 2; bool on = 3; bytes raw = 4; repeated int32 list = 5; Inner inner = 6; map<string, int32> tags = 7; }`;
    },
  };
  it('writes and reads all kinds, int64 exact', () => {
    const options = { schemaId: 'sensor.Reading', schemas };
    const row = {
      id: 9223372036854775807n,
      temp: 1.5,
      on: true,
      raw: new Uint8Array([1, 2]),
      list: [1n, 2n],
      inner: { name: 'x' },
      tags: { a: 1n },
    };
    const encoded = protobuf.createEncoder(options).encode(row) as Uint8Array;
    expect(protobuf.createDecoder(options).decode(encoded)).toEqual(row);
  });

  it('says what is wrong with schema, data and payload', () => {
    expect(() => protobuf.createDecoder({ schemaId: 'x', schemas })).toThrow('write SCHEMAID as schema.Message');
    expect(() => protobuf.createDecoder({ schemaId: 'no.X', schemas })).toThrow('schema no not found');
    expect(() => protobuf.createDecoder({ schemaId: 'sensor.Nope', schemas })).toThrow('Nope');
    expect(() => protobuf.createEncoder({ schemaId: 'sensor.Reading', schemas }).encode({ temp: 'x' })).toThrow('temp');
    expect(() => protobuf.createDecoder({ schemaId: 'sensor.Reading', schemas }).decode(new Uint8Array([255, 255]))).toThrow(
      'error deserializing',
    );
  });
});

describe('compression', () => {
  it.each(compressionNames)('%s gives back what it took, and refuses other bytes', (name) => {
    const data = Buffer.from('hello '.repeat(100));
    expect(Buffer.from(createDecompressor(name)(createCompressor(name)(data)))).toEqual(data);
    expect(() => createDecompressor(name)(Buffer.from('no such thing'))).toThrow(`decompression ${name} failed`);
  });
});
