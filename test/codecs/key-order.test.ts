// Members in Go's order, remembered from row to row: the same text as without a memory, whatever comes in between.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createJsonEncoder, encodeJson } from '../../src/codecs/json/encode.ts';
import { createKeyOrders } from '../../src/codecs/json/key-order.ts';
import type { Row, Value } from '../../src/data/value.ts';

const key = fc.constantFrom('a', 'b', 'c', 'B', 'z', 'ä', '\u{1f600}', '\uffee', '"', '__proto__', '', '10', '2');
const value: fc.Arbitrary<Value> = fc.letrec((tie) => ({
  v: fc.oneof({ maxDepth: 4 }, fc.integer(), fc.string({ maxLength: 3 }), fc.constant(null), fc.array(tie('v'), { maxLength: 3 }), fc.dictionary(key, tie('v'), { maxKeys: 4 })), // biome-ignore format: one line
})).v as fc.Arbitrary<Value>;
const row = fc.dictionary(key, value, { maxKeys: 6 }) as fc.Arbitrary<Row>;

describe('the order of members', () => {
  it('is the same with a memory of the rows before, as without one', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(row, fc.array(row, { maxLength: 3 })), { maxLength: 6 }), (rows) => {
        const encoder = createJsonEncoder();
        for (const r of [...rows, ...rows]) expect(encoder.encode(r)).toBe(encodeJson(r as Value));
      }),
    );
  });

  it('is that of the bytes of the names', () => {
    const names = ['b', 'a', '\u{1f600}', '\uffee', 'B'];
    const { sorted, heads } = createKeyOrders().of(Object.fromEntries(names.map((n) => [n, 1])) as never, 0);
    expect(sorted).toEqual(['B', 'a', 'b', '\uffee', '\u{1f600}']);
    expect(heads[0]).toBe('"B":');
  });

  it('is found once for objects of the same members at the same depth', () => {
    const orders = createKeyOrders();
    const first = orders.of({ b: 1, a: 2 }, 0);
    expect(orders.of({ b: 3, a: 4 }, 0)).toBe(first);
    for (const other of [{ a: 1, b: 2 }, { b: 1 }, { b: 1, a: 2, c: 3 }, {}])
      expect(orders.of(other, 0), JSON.stringify(other)).not.toBe(first);
    expect(orders.of({ b: 1, a: 2 }, 1)).not.toBe(first);
    const deep = orders.of({ b: 1, a: 2 }, 3);
    expect(orders.of({ b: 1, a: 2 }, 3)).not.toBe(deep);
  });
});
