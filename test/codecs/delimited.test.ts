// FORMAT="delimited": quotes both ways, declared columns by their place.
import { describe, expect, it } from 'vitest';
import delimited from '../../src/codecs/delimited/index.ts';
import type { Row } from '../../src/data/value.ts';

const decode = (text: string, options = {}) => delimited.createDecoder(options).decode(Buffer.from(text));
const encode = (data: Row | Row[], options = {}) => delimited.createEncoder(options).encode(data);

// @covers finding:sql#B10
describe('delimited with quotes and declared columns', () => {
  it('reads quoted fields, doubled quotes, and separators and line breaks inside of them', () => {
    expect(decode('1,"a,b","say ""x""","two\nlines",""')).toEqual({
      col0: '1',
      col1: 'a,b',
      col2: 'say "x"',
      col3: 'two\nlines',
      col4: '',
    });
    expect(decode('"a;b";c\r\n', { delimiter: ';' })).toEqual({ col0: 'a;b', col1: 'c' });
    expect(decode('"a::b"::c', { delimiter: '::' })).toEqual({ col0: 'a::b', col1: 'c' });
    expect(decode('"a",')).toEqual({ col0: 'a', col1: '' });
  });

  it('takes a quote that is none as text', () => {
    expect(decode('5",6"",x"y"')).toEqual({ col0: '5"', col1: '6""', col2: 'x"y"' });
    expect(decode('"open,2')).toEqual({ col0: '"open', col1: '2' });
    expect(decode('"a"b,2')).toEqual({ col0: '"a"b', col1: '2' });
  });

  it('quotes what could not be read back, in values and in the header, and nothing else', () => {
    expect(encode({ a: 'x,y', b: 'say "x"', c: 'two\nlines', d: 'plain', e: 5 })).toBe('"x,y","say ""x""","two\nlines",plain,5');
    expect(encode([{ 'a,b': 1 }], { hasHeader: true })).toBe('"a,b"\n1');
    expect(encode({ 'a,b': 'q"' }, { hasHeader: true })).toBe('"a,b"\n"q"""');
    expect(encode({ a: 'x;y', b: 'x,y' }, { delimiter: ';' })).toBe('"x;y";x,y');
    expect(encode({ a: Number.NaN, b: 1 }, { nonFinite: 'null' })).toBe(',1');
  });

  it('gives back every text over a round trip', () => {
    for (const text of ['', '"', '""', ',', 'a"b,c\nd\re', '"x"', ' y ', '\n']) {
      const row = { a: text, b: 'end' };
      expect(decode(encode(row) as string, { fields: ['a', 'b'] })).toEqual(row);
    }
  });

  it('has declared columns by their place, with their types; what is no such value costs who reads it', () => {
    const schema = [
      { name: 'b', type: { kind: 'bigint' as const } },
      { name: 'f', type: { kind: 'float' as const } },
      { name: 'on', type: { kind: 'boolean' as const } },
      { name: 's', type: { kind: 'string' as const } },
    ];
    const options = { fields: ['a', 'b', 'f', 'on', 's'], schema };
    expect(decode('x,9007199254740993, 2.5 ,true,', options)).toEqual({ a: 'x', b: 9007199254740993n, f: 2.5, on: true, s: '' });
    expect(decode('x,,,,', options)).toEqual({ a: 'x', b: null, f: null, on: null, s: '' });
    const row = decode('x,5.5,1,no,t', options) as Row;
    expect(row['f']).toBe(1);
    expect(() => row['b']).toThrow('b has wrong type:string "5.5", expect:bigint');
    expect(() => row['on']).toThrow('on has wrong type:string "no", expect:boolean');
  });
});
