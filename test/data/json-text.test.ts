import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DateTime } from '../../src/data/datetime.ts';
import { parseJsonText, toJsonText } from '../../src/data/json-text.ts';
import type { Value } from '../../src/data/value.ts';

describe('JSON text', () => {
  it('sorts keys, escapes for HTML, writes every kind', () => {
    expect(toJsonText({ b: 1, a: '<&>\u2028' })).toBe('{"a":"\\u003c\\u0026\\u003e\\u2028","b":1}');
    expect(toJsonText([1e21, 1e6, -0, 9007199254740993n, null, undefined, true])).toBe(
      '[1e+21,1000000,-0,9007199254740993,null,null,true]',
    );
    expect(toJsonText(Buffer.from('hello'))).toBe('"aGVsbG8="');
    expect(toJsonText(DateTime.fromMs(0))).toBe('"1970-01-01T00:00:00Z"');
  });

  it('has no form for NaN, infinity and years beyond 9999', () => {
    for (const v of [Number.NaN, [Number.POSITIVE_INFINITY], { a: DateTime.fromMs(1e15) }] as Value[])
      expect(toJsonText(v)).toBe(undefined);
  });

  it('refuses what Go’s parser refuses', () => {
    for (const text of ['[1', '{bad', '', '01', '1e400', 'NaN']) expect(() => parseJsonText(text), text).toThrow('fail to parse json');
  });

  it('property: what is written reads back', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (v) => {
        expect(parseJsonText(toJsonText(v as Value)!)).toEqual(v);
      }),
    );
  });
});
