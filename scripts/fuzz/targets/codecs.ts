// Fuzz targets of formats: what a message of a stream may be.
import { createDecompressor } from '../../../src/codecs/compression.ts';
import { codecs } from '../../../src/codecs/index.ts';
import { csvRecords } from '../../../src/connectors/file/read.ts';
import type { CodecOptions, Decoder } from '../../../src/contract/codec.ts';
import { parseJsonText, toJsonText } from '../../../src/data/json-text.ts';
import { hold, orRefuses, orRefusesCoded, type Target, textOf } from '../target.ts';

async function codec(name: string) {
  return (await codecs.find((c) => c.name === name)!.load())!;
}

/** Rows that a decoder gives must encode again: a sink of the same format gets them. */
async function decodeAndEncode(name: string, options: CodecOptions = {}): Promise<(input: Uint8Array) => void> {
  const definition = await codec(name);
  const decoder: Decoder = definition.createDecoder(options);
  return (input) => {
    const rows = orRefusesCoded(() => decoder.decode(input));
    if (rows === undefined) return;
    for (const row of Array.isArray(rows) ? rows : [rows]) {
      hold(typeof row === 'object' && row !== null && !Array.isArray(row), 'a row is no object');
      orRefusesCoded(() => definition.createEncoder(options).encode(row));
    }
    hold(({} as Record<string, unknown>)['polluted'] === undefined, 'a prototype was changed');
  };
}

const jsonWords = [
  '{"',
  '":',
  '[]',
  '{}',
  'null',
  'true',
  'false',
  '\\u',
  '\\ud800',
  '"__proto__":',
  '"constructor"',
  '1e',
  '-',
  ',"',
  '"a"',
  '"b"',
  '"c"',
];
const jsonSeeds = [
  '{"a":1,"b":2.5,"c":"x","d":[1,2],"e":{"f":true},"g":null}',
  '[{"a":12345678901234567890,"b":"2020-01-01T00:00:00Z"}]',
  '{"a":"1","b":"x","c":{"d":[{"e":1}]}}',
];
const schema = [
  { name: 'a', type: { kind: 'bigint' } },
  { name: 'b', type: { kind: 'datetime' } },
];

const proto =
  'syntax = "proto3"; message M { int64 a = 1; string b = 2; repeated M c = 3; map<string, double> d = 4; bytes e = 5; E f = 6; enum E { X = 0; Y = 1; } }';
const protoWords = [
  'message ',
  'enum ',
  'oneof ',
  'repeated ',
  'map<string, int32> ',
  'import "x.proto";',
  'syntax = "proto2";',
  'option ',
  'service S { rpc ',
  'extend ',
  'reserved 1 to max;',
  'optional ',
  'int64 ',
  ' = 1;',
  '{',
  '}',
  '[default = 1]',
  'package a.b;',
];

export const codecTargets: readonly Target[] = [
  {
    name: 'codec-json',
    doc: 'the JSON decoder without a schema, and its rows encoded again',
    seeds: jsonSeeds,
    words: jsonWords,
    maxBytes: 1024,
    files: /\/src\/(codecs|data|base)\//,
    load: () => decodeAndEncode('json'),
  },
  {
    name: 'codec-json-schema',
    doc: 'the JSON decoder with declared types and whole numbers as int64',
    seeds: jsonSeeds,
    words: [...jsonWords, '"2020-01-01 10:00:00"', '9223372036854775808', '1.0', '-0', '0x10', '"a":', '"b":'],
    maxBytes: 1024,
    files: /\/src\/(codecs|data|base)\//,
    load: () =>
      decodeAndEncode('json', {
        schema: schema as unknown as NonNullable<CodecOptions['schema']>,
        useInt64ForWholeNumber: true,
        colAliasMapping: { x: 'a' },
      }),
  },
  {
    name: 'codec-delimited',
    doc: 'the decoder of separated values',
    seeds: ['1,2,x\n', 'a;b', ',,,', ''],
    words: [',', '\r\n', '\t', '"'],
    maxBytes: 512,
    files: /\/src\/(codecs|data)\//,
    load: () => decodeAndEncode('delimited', { fields: ['a', 'b', '__proto__'] }),
  },
  {
    name: 'codec-urlencoded',
    doc: 'the decoder of form data',
    seeds: ['a=1&b=2&a=3', 'x=%41%20+&y', 'a[b]=1;c'],
    words: ['&', '=', '%', '%00', '%ff', '+', ';', '__proto__', 'a='],
    maxBytes: 512,
    files: /\/src\/(codecs|data)\//,
    load: () => decodeAndEncode('urlencoded'),
  },
  {
    name: 'codec-protobuf',
    doc: 'bytes as a message of a fixed schema',
    seeds: [
      Uint8Array.of(8, 5, 18, 1, 97, 26, 2, 8, 1, 34, 11, 10, 1, 107, 17, 0, 0, 0, 0, 0, 0, 240, 63, 42, 1, 9, 48, 1),
      new Uint8Array(0),
    ],
    maxBytes: 256,
    files: /\/src\/(codecs|data)\/|protobufjs/,
    load: () => decodeAndEncode('protobuf', { schemaId: 's.M', schemas: { read: () => proto } }),
  },
  {
    name: 'protobuf-schema',
    doc: 'the text of a .proto file; then an empty message of it',
    seeds: [proto, 'message M { required int32 a = 1 [default = 3]; }'],
    words: protoWords,
    maxBytes: 512,
    files: /\/src\/codecs\/|protobufjs\/src\/(parse|tokenize|root|namespace|type|field|object|reflection)/,
    async load() {
      const definition = await codec('protobuf');
      return (input) => {
        const options: CodecOptions = { schemaId: 's.M', schemas: { read: () => textOf(input) } };
        orRefusesCoded(() => definition.createDecoder(options).decode(new Uint8Array(0)));
      };
    },
  },
  {
    name: 'compression',
    doc: 'the four decompressors; the first byte chooses',
    seeds: [
      new Uint8Array([0, ...Buffer.from('789c4b4c4a06000285 0127'.replace(' ', ''), 'hex')]),
      new Uint8Array([1, ...Buffer.from('1f8b0800000000000003 4b4c4a0600c241243503000000'.replace(' ', ''), 'hex')]),
      new Uint8Array([2, ...Buffer.from('4b4c4a0600', 'hex')]),
      new Uint8Array([3, ...Buffer.from('28b52ffd0403190000616263f9a1c5d9', 'hex')]),
    ],
    maxBytes: 256,
    files: /\/src\/codecs\//,
    async load() {
      const all = ['zlib', 'gzip', 'flate', 'zstd'].map((n) => createDecompressor(n));
      return (input) => void orRefusesCoded(() => all[(input[0] ?? 0) & 3]!(input.subarray(1)));
    },
  },
  {
    name: 'csv',
    doc: 'records of a CSV file, line by line',
    seeds: ['a,b\n"x ""y""",2\n', '"open\nline",3\n4'],
    words: ['"', '""', ',', '\n', '\r\n'],
    maxBytes: 512,
    files: /\/src\/connectors\/file\//,
    load: async () => async (input) => {
      async function* lines() {
        yield* textOf(input).split('\n');
      }
      for await (const record of csvRecords(lines(), ',')) hold(record.length > 0, 'a record without a field');
    },
  },
  {
    name: 'json-text',
    doc: 'parse_json and to_json of SQL: what is written of a value reads as the same value',
    seeds: jsonSeeds,
    words: jsonWords,
    maxBytes: 512,
    files: /\/src\/data\//,
    load: async () => (input) => {
      const value = orRefuses(() => parseJsonText(textOf(input)));
      if (value === undefined) return;
      const text = orRefuses(() => toJsonText(value));
      if (text === undefined) return;
      const again = toJsonText(parseJsonText(text));
      hold(again === text, `written twice it differs: ${text} | ${again}`);
    },
  },
];
