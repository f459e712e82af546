// Fields read from the bytes of a message: the same rows and the same errors as by JSON.parse, whatever the text.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createJsonDecoder } from '../../src/codecs/json/decode.ts';
import { createSkimmer } from '../../src/codecs/json/skim.ts';
import { createRowReader } from '../../src/codecs/json/skimmed.ts';
import type { FieldDef, FieldType } from '../../src/contract/schema.ts';
import { badFieldsOf } from '../../src/data/bad-fields.ts';

const field = (name: string, kind: 'bigint' | 'float' | 'string' | 'boolean' | 'datetime' | 'bytea'): FieldDef => ({
  name,
  type: { kind },
});
const any: FieldType = { kind: 'array', element: { kind: 'bigint' } };
const schema: FieldDef[] = [
  field('a', 'bigint'),
  field('b', 'float'),
  field('s', 'string'),
  field('t', 'boolean'),
  field('ü', 'string'),
  field('toString', 'float'),
  { name: 'l', type: any },
  { name: 'o', type: { kind: 'struct', fields: [field('x', 'bigint'), field('y', 'string')] } },
];
/** A name that no message has: with a mapping the decoder parses the whole text. */
const parsed = createJsonDecoder({ schema, colAliasMapping: { 'nobody-writes-this': 'x' } });
const read = createRowReader(schema);
const skimming = createJsonDecoder({ schema });
/** Members of structs that cannot be read throw when they are read. */
const shown = (v: unknown): unknown => {
  if (typeof v !== 'object' || v === null || v instanceof Uint8Array) return v;
  if (Array.isArray(v)) return v.map(shown);
  return Object.entries(Object.getOwnPropertyDescriptors(v)).map(([name, d]) => [
    name,
    d.get ? outcome(() => d.get!.call(v)) : shown(d.value),
  ]);
};
const outcome = (run: () => unknown): { row?: unknown; error?: string } => {
  try {
    return { row: shown(run()) };
  } catch (error) {
    return { error: String(error) };
  }
};
const spans = (names: string[], text: string) => {
  const bytes = Buffer.from(text);
  const found = createSkimmer(names).skim(bytes);
  return found && names.map((_, i) => (found[2 * i]! < 0 ? undefined : bytes.toString('utf8', found[2 * i], found[2 * i + 1])));
};

const text = fc.oneof(
  fc.string({ maxLength: 8 }).map((s) => JSON.stringify(s)),
  fc.constantFrom('"a\\u0041\\n"', '"\\ud83d\\ude00"', '"ä€😀"', '"\\\\"', '"x\\"y"'),
);
const number = fc.constantFrom('0', '-0', '7', '-12', '1.5', '1e3', '1E-2', '123456789012345', '1234567890123456', '9007199254740993', '1.0', '99999999999999999999', '-9223372036854775808'); // biome-ignore format: one line
const value: fc.Arbitrary<string> = fc.letrec((tie) => ({
  v: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'json' },
    number,
    text,
    fc.constantFrom('true', 'false', 'null'),
    fc.array(tie('v') as fc.Arbitrary<string>, { maxLength: 3 }).map((l) => `[${l.join(' ,')}]`),
    fc
      .array(fc.tuple(fc.constantFrom('"x"', '"y"', '"z"'), tie('v') as fc.Arbitrary<string>), { maxLength: 3 })
      .map((l) => `{${l.map(([k, v]) => `${k}: ${v}`).join(',')}}`),
  ),
})).v as fc.Arbitrary<string>;
const names = fc.constantFrom('a', 'b', 's', 't', 'ü', 'l', 'o', 'toString', 'other', 'aa', '', 'b"', '\\u0061');
const object = fc
  .array(fc.tuple(names, value, fc.constantFrom('', ' ', '\n\t', '\r')), { maxLength: 8 })
  .map(
    (members) =>
      `{${members.map(([n, v, gap]) => `${gap}${n === '\\u0061' ? '"\\u0061"' : JSON.stringify(n)}${gap}:${gap}${v}${gap}`).join(',')}}`,
  );

describe('fields read from the bytes', () => {
  // @covers issue:24#2
  it('are those that JSON.parse gives, with the same errors', () => {
    fc.assert(
      fc.property(object, (o) => {
        const bytes = Buffer.from(o);
        const expected = outcome(() => parsed.decode(bytes));
        expect(outcome(() => skimming.decode(bytes))).toEqual(expected);
        const got = outcome(() => read(bytes));
        // what it leaves to JSON.parse is a name with an escape only
        if (!('row' in got) || got.row !== undefined) expect(got).toEqual(expected);
        else expect(o).toMatch(/"b\\""|"\\u0061"/);
      }),
      { numRuns: 1500 },
    );
  });

  it('are read from no text that JSON.parse refuses', () => {
    fc.assert(
      fc.property(
        object,
        fc.nat(),
        fc.constantFrom('', ',', '"', '}', '{', '\\', '0', '-', '.', 'e', '\u0001', 'tru', ' ', '\\u12', ']'),
        fc.nat(2),
        (o, at, put, cut) => {
          // biome-ignore format: one line
          const place = at % (o.length + 1);
          const broken = o.slice(0, place) + put + o.slice(place + cut);
          const bytes = Buffer.from(broken);
          expect(outcome(() => skimming.decode(bytes))).toEqual(outcome(() => parsed.decode(bytes)));
        },
      ),
      { numRuns: 2500 },
    );
  });

  it.each([
    ['in any order, the last of equal names', '{"b":1,"a":[1,{"b":2}],"a": "x" , "c":null}', ['"x"', '1', 'null']],
    ['with gaps everywhere', ' { "c" : {"a":9} , "a" : -1.5e+3 } ', ['-1.5e+3', undefined, '{"a":9}']],
    ['of an object without members', '{ }', [undefined, undefined, undefined]],
  ])('are found %s', (_name, json, expected) => {
    expect(spans(['a', 'b', 'c'], json)).toEqual(expected);
  });

  it.each([
    '',
    ' ',
    '[]',
    '1',
    '{',
    '{"a"}',
    '{"a":}',
    '{"a":1',
    '{"a":1,}',
    '{"a":1}}',
    '{"a":1} x',
    '{,}',
    '{"a" 1}',
    '{a:1}',
    '{"a":01}',
    '{"a":-}',
    '{"a":1.}',
    '{"a":.5}',
    '{"a":1e}',
    '{"a":+1}',
    '{"a":tru}',
    '{"a":truE}',
    '{"a":nul}',
    '{"a":falsy}',
    '{"a":"x}',
    '{"a":"\n"}',
    '{"a":"\\x"}',
    '{"a":"\\u12g4"}',
    '{"a":"\\u12',
    '{"a":[1,]}',
    '{"a":[1 2]}',
    '{"a":{"b"}}',
    '{"a":{"b":1,}}',
    '{"a":{b:1}}',
    '{"a":[}',
    '{"a":{]}',
    '{"a":Infinity}',
    '{"a":NaN}',
    '\ufeff{"a":1}',
  ])('are not looked for in %j', (json) => {
    // biome-ignore format: a table
    expect(spans(['a'], json)).toBeUndefined();
  });

  it('leave what is nested deeper than the bound to the parser, which says so', () => {
    const nested = (levels: number) => `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`;
    expect(spans(['a'], nested(499))).toBeDefined();
    expect(spans(['a'], nested(500))).toBeUndefined();
    expect(() => skimming.decode(Buffer.from(nested(500)))).toThrow('nested more than 500 levels deep');
  });

  it('that do not fit their columns are marked: who reads them gets the error', () => {
    const row = read(Buffer.from('{"a":"x","b":1.5}'))!;
    expect(row['b']).toBe(1.5);
    expect(() => row['a']).toThrow('a has wrong type:string, expect:bigint');
    expect([...badFieldsOf(row)!.keys()]).toEqual(['a']);
  });

  it('keep whole numbers of more than 15 digits exact, and negative zero', () => {
    const bytes = Buffer.from('{"a":-9223372036854775807,"b":-0,"other":1}');
    expect(read(bytes)).toStrictEqual({ a: -9223372036854775807n, b: -0 });
  });

  it('are read from parts of larger memory', () => {
    const memory = new TextEncoder().encode('xx{"a":5,"s":"ok"}yy');
    expect(read(memory.subarray(2, -2))).toEqual({ a: 5n, s: 'ok' });
  });
});
