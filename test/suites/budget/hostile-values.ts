// Values that a hostile payload may hold, by size: long texts, many elements, deep and wide nesting, numbers at the edges, bad bytes, packed
// bombs, and values that share their parts (2^30 leaves in thirty arrays, which a payload cannot hold but two functions can build).
import { deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { DateTime } from '../../../src/data/datetime.ts';
import type { Value, ValueObject } from '../../../src/data/value.ts';

/** @param units about so many bytes of JSON each  @param bombBytes what the packed ones unpack to */
export function hostileValues(units: number, bombBytes = units * 64): Record<string, Value> {
  const text = (piece: string): string => piece.repeat(Math.ceil(units / piece.length)).slice(0, units);
  const list = <T extends Value>(perElement: number, make: (i: number) => T): Value[] =>
    Array.from({ length: Math.max(2, Math.floor(units / perElement)) }, (_, i) => make(i));
  const members = (perMember: number, key: (i: number) => string, value: (i: number) => Value): ValueObject =>
    Object.fromEntries(Array.from({ length: Math.max(2, Math.floor(units / perMember)) }, (_, i) => [key(i), value(i)]));
  const deep = (depth: number, wrap: (v: Value) => Value, leaf: Value): Value => {
    let v = leaf;
    for (let i = 0; i < depth; i++) v = wrap(v);
    return v;
  };
  const depth = Math.min(490, Math.floor(units / 8));
  const zeros = new Uint8Array(bombBytes);
  const noise = new Uint8Array(units).map((_, i) => (i * 2_654_435_761) >>> 24);
  const shared = (levels: number): Value => deep(levels, (v) => [v, v], ['leaf']);
  return {
    'text of one letter': text('a'),
    'text that nearly repeats': `${text('a').slice(0, units / 2)}b${text('a').slice(0, units / 2 - 1)}`,
    'text of digits': text('1'),
    'text of digits and a letter': `${text('1')}x`,
    'text of accents': text('é').slice(0, units / 2),
    'text of emoji': text('😀').slice(0, units / 2),
    'text of lone surrogates': text('\ud800'),
    'text of commas': text(','),
    'text of quotes': text('"'),
    'text of markup': text('<&>'),
    'text of backslashes': text('\\'),
    'text of lines': text('\n'),
    'text of blanks': text(' '),
    'text of dots': text('a.b.'),
    'text of hex digits': text('fedcba98'),
    'text of base64': text('QUJD'),
    'text of brackets': text('['),
    'text of JSON, nested': '['.repeat(units / 2) + ']'.repeat(units / 2),
    'text of JSON, numbers': `[${text('1,')}1]`,
    'text of JSON, objects': `[${text('{},')}{}]`,
    'text of JSON, keys': JSON.stringify(
      members(
        11,
        (i) => `k${i}`,
        (i) => i % 10,
      ),
    ),
    'text of JSON, equal keys': `{${text('"a":1,')}"a":2}`,
    'text of a date with blanks': `2024-01-01 ${text(' ')}10:00:00`,
    'text of a date with a fraction': `2024-01-01 10:00:00.${text('9')}`,
    'text of months': text('January '),
    'pattern of classes': text('\\pL'),
    'pattern of groups': text('(a|b)'),
    'pattern that explodes': '(a|b)*a(a|b){18}$',
    'pattern of pairs': '(.*)(.*)(.*)(.*)(.*)[^a]',
    'pattern that looks to the end': 'a.*b|a',
    'pattern with counts': '((a{1,30}){1,30})b',
    'pattern of LIKE': text('%a_a'),
    'pattern of dates, zones': text('z'),
    'pattern of dates, fractions': text('Sx'),
    'pattern of dates, quotes': text("'x'"),
    'replacement of references': text('$0'),
    'number 1e308': 1e308,
    'number of floats, largest': Number.MAX_VALUE,
    'number 5e-324': 5e-324,
    'number NaN': Number.NaN,
    'number infinite': Number.POSITIVE_INFINITY,
    'number below zero': -1,
    'number thousand': 1000,
    'number million': 1_000_000,
    'number ten million': 10_000_000n,
    'number of 2^63-1': 2n ** 63n - 1n,
    'number of -2^63': -(2n ** 63n),
    boolean: true,
    'no value': null,
    datetime: new DateTime(1_700_000_000_123_456_789n, 'Europe/Berlin'),
    'datetime far away': new DateTime(2n ** 80n, 'Asia/Tokyo'),
    'bytes of noise': noise,
    'bytes, zlib': deflateSync(zeros),
    'bytes, gzip': gzipSync(zeros),
    'bytes, flate': deflateRawSync(zeros),
    'bytes, zstd': zstdCompressSync(zeros),
    'array of numbers': list(2, (i) => i % 10),
    'array of ints': list(4, (i) => BigInt(i)),
    'array of distinct numbers': list(7, (i) => i),
    'array of nulls': list(5, () => null),
    'array of texts': list(8, (i) => `t${i}`),
    'array of equal texts': list(4, () => 'a'),
    'array of long texts with one beginning': list(1002, (i) => `${'p'.repeat(990)}${i}`),
    'array of empty arrays': list(3, () => []),
    'array of arrays': list(8, (i) => [i]),
    'array of empty objects': list(3, () => ({})),
    'array of distinct objects': list(12, (i) => ({ a: i })),
    'array of equal objects': list(8, () => ({ a: 1 })),
    'array of objects with many members': list(1000, (i) => Object.fromEntries(Array.from({ length: 90 }, (_, k) => [`m${k}`, i]))),
    'array of one key pairs': list(12, (i) => [`k${i}`, i]),
    'array of key-value pairs': list(30, (i) => ({ key: `k${i}`, value: i })),
    'array of NaN': list(4, () => [Number.NaN]),
    'array nested deep': deep(depth, (v) => [v], 1),
    'array nested deep and long': deep(depth, (v) => [v, 1], text('a').slice(0, units / 2)),
    'array of nested arrays': list(2 * 100, () => deep(90, (v) => [v], 1)),
    'array with shared parts, 12 levels': shared(12),
    'array with shared parts, 30 levels': shared(30),
    'array of one long text many times': ((t) => Array.from({ length: 200 }, () => t))(text('b')),
    'array of one large object many times': ((o) => Array.from({ length: 200 }, () => o))(
      members(
        11,
        (i) => `k${i}`,
        (i) => i,
      ),
    ),
    'array deeper than JSON may be': deep(5000, (v) => [v], 1),
    'object with many members': members(
      11,
      (i) => `k${i}`,
      (i) => i % 10,
    ),
    'object with numbers as names': members(
      9,
      (i) => String(i * 50_021),
      () => 1,
    ),
    'object with long names': members(
      1000,
      (i) => 'n'.repeat(980) + i,
      () => 1,
    ),
    'object nested deep': deep(depth, (v) => ({ a: v }), 1),
    'object deeper than JSON may be': deep(5000, (v) => ({ a: v }), 1),
    'object with odd names': JSON.parse('{"__proto__":{"x":1},"constructor":1,"toString":2,"length":1e308,"then":1,"":0}') as Value,
  };
}
