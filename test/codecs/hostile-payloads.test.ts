// Payloads of at most 1 MB that become much more than they are: refused by counting, before they are built.
import { describe, expect, it } from 'vitest';
import { Budget, within } from '../../src/base/budget.ts';
import protobuf from '../../src/codecs/protobuf/index.ts';
import urlencoded from '../../src/codecs/urlencoded/index.ts';

const SCHEMA = `syntax = "proto3";
  message M { int64 a = 1; string b = 2; repeated M c = 3; map<string, M> d = 4; repeated int32 e = 5; repeated double f = 6; map<string, double> g = 7; M h = 8; repeated Empty i = 9; }
  message Empty {}
  message Wide { ${Array.from({ length: 500 }, (_, i) => `string f${i} = ${i + 2};`).join(' ')} repeated Wide more = 1; }`;
const decoderOf = (message: string) => protobuf.createDecoder({ schemaId: `s.${message}`, schemas: { read: () => SCHEMA } });
const varint = (n: number): Buffer => (n < 128 ? Buffer.of(n) : Buffer.concat([Buffer.of((n & 127) | 128), varint(Math.floor(n / 128))]));
const field = (n: number, ...content: Buffer[]): Buffer => {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.of((n << 3) | 2), varint(body.length), body]);
};
const times = (n: number, part: (i: number) => Buffer): Buffer => Buffer.concat(Array.from({ length: n }, (_, i) => part(i)));
/** @returns the error's code and the steps it took to find out; '' = decoded */
const tried = (decode: () => unknown): { code: string; steps: number } => {
  const budget = new Budget('rule r');
  try {
    within(budget, 1, decode);
    return { code: '', steps: budget.steps };
  } catch (error) {
    return { code: (error as { code: string }).code, steps: budget.steps };
  }
};

describe('protobuf', () => {
  // @covers issue:13#2
  it.each([
    ['half a million empty messages', 'M', field(3).toString('latin1').repeat(500_000)],
    ['two hundred thousand messages without fields', 'M', field(9).toString('latin1').repeat(200_000)],
    ['messages in the values of maps', 'M', times(90_000, () => field(4, field(2))).toString('latin1')],
    ['one entry whose value holds a hundred thousand messages', 'M', field(4, field(2, Buffer.from(field(3).toString('latin1').repeat(100_000), 'latin1'))).toString('latin1')], // biome-ignore format: one line
    ['few messages of many fields', 'Wide', field(1).toString('latin1').repeat(3_000)],
    ['a million packed values', 'M', field(5, Buffer.alloc(1_000_000, 1)).toString('latin1')],
    ['a map of sixty thousand keys', 'M', times(60_000, (i) => field(7, field(1, Buffer.from(`k${i}`)))).toString('latin1')],
    ['messages in messages, wide at the end', 'M', field(8, field(8, Buffer.from(field(3).toString('latin1').repeat(300_000), 'latin1'))).toString('latin1')], // biome-ignore format: one line
  ])('%s: is refused within the budget', (_name, message, text) => {
    const payload = Buffer.from(text, 'latin1');
    expect(payload.length).toBeLessThanOrEqual(1_100_000);
    const decoder = decoderOf(message);
    const { code, steps } = tried(() => decoder.decode(payload));
    expect(code).toBe('BUDGET_EXCEEDED');
    expect(steps).toBeLessThan(6_000_000);
  });

  // @covers issue:13#2
  it('what is as large as it looks passes, and what is damaged is said to be damaged', () => {
    const decoder = decoderOf('M');
    const payload = Buffer.concat([
      field(2, Buffer.alloc(900_000, 97)),
      times(1_000, () => field(3, Buffer.of(8, 1))),
      times(1_000, (i) => field(4, field(1, Buffer.from(`k${i}`)), field(2, Buffer.of(8, 5)))),
      field(6, Buffer.alloc(8 * 10_000)),
    ]);
    expect(tried(() => decoder.decode(payload)).code).toBe('');
    expect((decoder.decode(payload) as { c: unknown[] }).c).toHaveLength(1_000);
    for (const damaged of [[42, 255, 255, 255, 255, 15], [26, 5, 8], [34, 200, 1, 10, 1], [0x0f], [0x1b, 0x1b, 0x1b]])
      expect(tried(() => decoder.decode(Buffer.from(damaged))).code, String(damaged)).toBe('DECODE_FAILED');
  });
});

describe('urlencoded', () => {
  // @covers issue:13#2
  it('more names than a row may have are refused; an error quotes the begin of a long text', () => {
    const decoder = urlencoded.createDecoder();
    const names = (n: number) => Buffer.from(Array.from({ length: n }, (_, i) => `k${i}=`).join('&'));
    expect(tried(() => decoder.decode(names(120_000))).code).toBe('BUDGET_EXCEEDED');
    expect(tried(() => decoder.decode(names(10_000))).code).toBe('');
    for (const text of ['%'.repeat(999_999), `${'a'.repeat(999_000)};`])
      expect(() => decoder.decode(Buffer.from(text))).toThrow(/^fail to parse url encoded value .{200}… \(\d+ characters\)$/);
  });
});
