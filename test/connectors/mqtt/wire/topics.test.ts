// Topics found by their bytes: always the text that the bytes say, whatever is kept; the table grows when there are many, and has an end.
// @covers issue:24#4
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Topics } from '../../../../src/connectors/mqtt/wire/publish-frame.ts';

const textOf = (topics: Topics, bytes: Buffer) =>
  topics.text(Buffer.concat([Buffer.from('..'), bytes, Buffer.from('..')]), 2, 2 + bytes.length);

describe('topics kept as texts', () => {
  it('are what the bytes say, for any bytes in any order', () => {
    const some = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 12 }).map((s) => Buffer.from(s)),
      fc.uint8Array({ maxLength: 6 }).map((b) => Buffer.from(b)),
      fc.constantFrom('Küche/Temperatur', 'Kuche/Temperatur', 'K\ufffdche/Temperatur', '').map((s) => Buffer.from(s)),
      fc.constantFrom(Buffer.from([0xff]), Buffer.from([0xfe]), Buffer.from('\ufffd')),
    );
    fc.assert(
      fc.property(fc.array(some, { maxLength: 40 }), (list) => {
        const topics = new Topics();
        for (const bytes of [...list, ...list]) expect(textOf(topics, bytes)).toBe(bytes.toString('utf8'));
      }),
    );
  });

  it('are the same object the second time, for ten thousand as well, with umlauts too', () => {
    const topics = new Topics();
    const all = Array.from({ length: 10_000 }, (_, i) => Buffer.from(`hall/${i}/${i % 2 ? 'Wärme' : 'heat'}`));
    for (let round = 0; round < 6; round++) for (const bytes of all) textOf(topics, bytes);
    let decoded = 0;
    for (const bytes of all) {
      const counting = () => {
        decoded++;
        return bytes.toString('utf8');
      };
      const data = Object.assign(Buffer.from(bytes), { toString: counting });
      topics.text(data, 0, data.length);
    }
    // some share a place for good
    expect(decoded).toBeLessThan(1000);
    expect(topics.size).toBeGreaterThan(8192);
  });

  it('stay bounded when every message has a topic of its own', () => {
    const topics = new Topics();
    for (let i = 0; i < 200_000; i++) textOf(topics, Buffer.from(`t/${i}`));
    expect(topics.size).toBe(32_768);
    const long = new Topics();
    for (let i = 0; i < 60_000; i++) textOf(long, Buffer.from(`${'x'.repeat(240)}${i}`));
    expect(long.size).toBeLessThanOrEqual(16_384);
  });
});
