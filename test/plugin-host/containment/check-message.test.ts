// What a plugin host sends is checked before anything else looks at it: garbage is named and never gets through, messages of ours do.
import { deserialize, serialize } from 'node:v8';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkExtent, checkedMessage, rowsOf } from '../../../src/plugin-host/containment/check-message.ts';
import { createFrameReader, frameOf, MAX_FRAME_BYTES } from '../../../src/plugin-host/worker/frames.ts';

const says = (m: unknown) => ({ t: 'says', w: 1, m });
const error = { message: 'm', name: 'Error', stack: undefined, code: undefined, retriable: undefined };
const facts = { main: undefined, lookup: undefined, exports: [], functions: [], singletons: [], worker: false, tampers: [] };
const GOOD = [
  { t: 'hello', pid: 1 },
  { t: 'beat', rssMb: 50.5 },
  { t: 'ended', w: 1, reason: 'x' },
  says({ t: 'loading' }),
  says({ t: 'ready', facts }),
  says({ t: 'done', call: 1, value: { any: 1 } }),
  says({ t: 'failed', call: 1, error }),
  says({ t: 'emit', batch: { id: 1, data: [{}], metas: undefined, acks: undefined, rows: 1, offset: undefined } }),
  says({ t: 'state', id: 1, changes: [['k', 1, true]] }),
  says({
    t: 'results',
    batch: 1,
    from: 0,
    results: [{ value: undefined }, { error: 'x', stack: undefined }],
    changes: [[1, 'k', 1, true]],
  }),
];

// @covers issue:13#4
describe('messages of a plugin host', () => {
  test.each(GOOD)('passes: %j', (m) => expect(checkedMessage(m)).toBe(m));

  test.each([
    null,
    7,
    [],
    { t: 'says', w: -1, m: { t: 'loading' } },
    { t: 'says', w: 1, m: { t: '__proto__' } },
    { t: 'says', w: 1, m: { t: 'constructor' } },
    says({ t: 'ready', facts: { ...facts, exports: 'x' } }),
    says({ t: 'done', call: 1.5 }),
    says({ t: 'emit', batch: { id: 1, rows: 1, data: 'x' } }),
    says({ t: 'state', id: 1, changes: [['k', 1]] }),
    says({ t: 'log', id: 0, level: 'setLevel', message: 'x', more: [] }),
    says({ t: 'results', batch: 1, from: 0, results: [7], changes: [] }),
    says({ t: 'results', batch: 1, from: 0, results: [], changes: [[1, 2, 3, true]] }),
    { t: 'ended', w: 1, reason: {} },
  ])('refuses: %j', (m) => expect(() => checkedMessage(m)).toThrow(TypeError));

  test('any value is a message of ours or a TypeError', () => {
    fc.assert(
      fc.property(fc.anything(), (v) => {
        try {
          checkedMessage(v);
        } catch (e) {
          expect(e).toBeInstanceOf(TypeError);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('rows are counted and not believed', () => expect(rowsOf([{}, [{}, {}, {}], [], 'bytes'])).toBe(6));
});

describe('frames', () => {
  test('come out whole and in order, however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue(), { maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        (values, cuts) => {
          const all = Buffer.concat(values.map((v) => frameOf(v)));
          const reader = createFrameReader();
          const out: unknown[] = [];
          for (let at = 0, i = 0; at < all.length; i++) {
            const n = cuts[i % cuts.length]!;
            reader.add(all.subarray(at, at + n));
            at += n;
            for (let m = reader.next(); m !== undefined; m = reader.next()) out.push(m.value);
          }
          expect(out).toEqual(values.map((v) => structuredClone(v)));
          expect(reader.waitingBytes).toBe(0);
        },
      ),
    );
  });

  test('a length beyond the limit is refused before its bytes are waited for, and garbage throws', () => {
    const reader = createFrameReader();
    const head = Buffer.alloc(4);
    head.writeUInt32LE(MAX_FRAME_BYTES + 1);
    reader.add(head);
    expect(() => reader.next()).toThrow(RangeError);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const r = createFrameReader();
        const h = Buffer.alloc(4);
        h.writeUInt32LE(bytes.length);
        r.add(Buffer.concat([h, bytes]));
        try {
          const m = r.next();
          // what could be read is a value that could have been sent
          if (m) serialize(m.value);
        } catch (e) {
          expect(e).toBeInstanceOf(Error);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

// @covers issue:13#4
describe('what a message unfolds to', () => {
  const over = (value: unknown) => {
    const bytes = serialize(value);
    return () => checkExtent(deserialize(bytes), bytes.length);
  };
  const folded = (levels: number, fold: (inner: unknown) => unknown): unknown => {
    let v: unknown = 1;
    for (let i = 0; i < levels; i++) v = fold(v);
    return v;
  };
  test.each<[string, unknown]>([
    ['a list of holes', { big: new Array(2 ** 32 - 1) }],
    ['many lists of holes', Array.from({ length: 100 }, () => new Array(900_000))],
    ['lists that hold a list twice', folded(40, (v) => [v, v])],
    ['objects that hold an object twice', folded(40, (v) => ({ a: v, b: v }))],
    [
      'maps',
      folded(
        40,
        (v) =>
          new Map([
            ['a', v],
            ['b', v],
          ]),
      ),
    ],
    ['sets of lists', folded(40, (v) => [new Set([v]), v])],
    [
      'a list that holds itself',
      (() => {
        const a: unknown[] = [];
        a.push(a, a);
        return a;
      })(),
    ],
  ])('%s is refused at once', (_name, value) => expect(over(value)).toThrow(/unfolds to more than it can hold/));

  test.each<[string, unknown]>([
    [
      '512 rows that share a list of a thousand numbers',
      (() => {
        const shared = Array.from({ length: 1000 }, (_, i) => i);
        return Array.from({ length: 512 }, (_, n) => ({ n, shared }));
      })(),
    ],
    ['a million numbers', Array.from({ length: 1_000_000 }, (_, i) => i)],
    ['bytes', new Uint8Array(8_000_000)],
    ['a text', 'x'.repeat(8_000_000)],
    ['deep lists', folded(300, (v) => [v])],
  ])('%s may pass', (_name, value) => expect(over(value)).not.toThrow());
});
