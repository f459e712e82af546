// ASOF JOIN: each row with the newest row of another stream.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Row } from '../../src/data/value.ts';
import { parseSelect, printStatement } from '../../src/sql/index.ts';
import { refusalOf, startRule, stream, type TestOptions } from '../helpers/program.ts';

const standard: TestOptions = { sqlCompatibility: 'standard', sources: [stream('a'), stream('b'), stream('c')] };
const event: TestOptions = {
  sqlCompatibility: 'standard',
  isEventTime: true,
  lateToleranceMs: 1_000_000,
  sources: ['a', 'b'].map((name) => stream(name, undefined, { timestamp: 'ts' })),
};
type Message = readonly [from: string, row: Row];
const results = (sql: string, messages: readonly Message[], options: TestOptions = standard) => {
  const rule = startRule(sql, options);
  for (const [from, row] of messages) rule.push(from, row, typeof row['ts'] === 'number' ? { tsMs: row['ts'] } : {});
  return rule.results;
};
const refusal = (sql: string, options: TestOptions = standard): string => refusalOf(sql, options);

// @covers issue:20#6
describe('ASOF JOIN', () => {
  it('gives each row the newest row of its key that came before', () => {
    const sql = 'SELECT a.k, a.v, b.price FROM a ASOF JOIN b ON a.k = b.k';
    expect(
      results(sql, [
        ['a', { k: 1, v: 0 }],
        ['b', { k: 1, price: 5 }],
        ['a', { k: 1, v: 1 }],
        ['b', { k: 2, price: 9 }],
        ['a', { k: 1, v: 2 }],
        ['b', { k: 1, price: 6 }],
        ['a', { k: 1, v: 3 }],
        ['a', { k: '1', v: 4 }],
        ['a', { v: 5 }],
      ]),
    ).toEqual([[{ k: 1, v: 1, price: 5 }], [{ k: 1, v: 2, price: 5 }], [{ k: 1, v: 3, price: 6 }]]);
  });
  it('keeps rows without another one with LEFT, and looks at the rest of ON', () => {
    const sql = 'SELECT a.v, b.price FROM a ASOF LEFT JOIN b ON b.k = a.k AND b.price < a.v';
    expect(
      results(sql, [
        ['a', { k: 1, v: 1 }],
        ['b', { k: 1, price: 5 }],
        ['a', { k: 1, v: 4 }],
        ['a', { k: 1, v: 6 }],
        ['a', { k: 2, v: 6 }],
      ]),
    ).toEqual([[{ v: 1 }], [{ v: 4 }], [{ v: 6, price: 5 }], [{ v: 6 }]]);
  });
  it('joins several streams, and goes on into analytic functions and windows', () => {
    const two = 'SELECT a.v, b.x, c.y FROM a ASOF JOIN b ON a.k = b.k ASOF LEFT JOIN c ON a.k = c.k';
    expect(
      results(two, [
        ['b', { k: 1, x: 1 }],
        ['a', { k: 1, v: 1 }],
        ['c', { k: 1, y: 2 }],
        ['a', { k: 1, v: 2 }],
      ]),
    ).toEqual([[{ v: 1, x: 1 }], [{ v: 2, x: 1, y: 2 }]]);
    const cost = 'SELECT a.k, sum(a.v * b.price) AS s FROM a ASOF JOIN b ON a.k = b.k GROUP BY a.k, COUNTWINDOW(2)';
    expect(
      results(cost, [
        ['b', { k: 1, price: 10 }],
        ['a', { k: 1, v: 1 }],
        ['b', { k: 1, price: 20 }],
        ['a', { k: 1, v: 2 }],
      ]),
    ).toEqual([[{ k: 1, s: 50 }]]);
    expect(
      results('SELECT b.price - lag(b.price, 1, 0) AS d FROM a ASOF JOIN b ON a.k = b.k WHERE a.v > 0', [
        ['b', { k: 1, price: 10 }],
        ['a', { k: 1, v: 1 }],
        ['b', { k: 1, price: 25 }],
        ['a', { k: 1, v: 1 }],
      ]),
    ).toEqual([[{ d: 10 }], [{ d: 15 }]]);
  });
  it('in event time is what a slow model says, whatever the order of arrival', () => {
    const sql = 'SELECT a.id AS id, b.p AS p FROM a ASOF LEFT JOIN b ON a.k = b.k';
    const row = fc.record({ k: fc.integer({ min: 0, max: 2 }), ts: fc.integer({ min: 0, max: 8 }) });
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 8 }),
        fc.array(row, { maxLength: 8 }),
        fc.infiniteStream(fc.boolean()),
        (as, bs, order) => {
          const left = as.map((r, id) => ({ ...r, ts: r.ts * 1000, id }));
          const right = bs.map((r, p) => ({ ...r, ts: r.ts * 1000, p }));
          const queueA = [...left];
          const queueB = [...right];
          const messages: Message[] = [];
          while (queueA.length + queueB.length > 0) {
            const fromA = queueB.length === 0 || (queueA.length > 0 && order.next().value === true);
            messages.push(fromA ? ['a', queueA.shift()!] : ['b', queueB.shift()!]);
          }
          // later rows of both release what is held
          messages.push(['a', { k: 9, ts: 5_000_000, id: -1 }], ['b', { k: 9, ts: 5_000_000, p: -1 }]);
          const got = new Map(results(sql, messages, event).map((r) => [(r as Row[])[0]!['id'], (r as Row[])[0]!['p']]));
          for (const a of left) {
            const fitting = right.filter((b) => b.k === a.k && b.ts <= a.ts);
            const best = fitting.reduce<(typeof right)[number] | undefined>((m, b) => (m === undefined || b.ts >= m.ts ? b : m), undefined);
            expect(got.get(a.id)).toBe(best?.p);
          }
          expect(got.size).toBe(left.length);
        },
      ),
      { numRuns: 200 },
    );
  });
  it('survives a restart, holds the messages that it remembers, and counts its keys', () => {
    const sql = 'SELECT b.price FROM a ASOF JOIN b ON a.k = b.k';
    const first = startRule(sql, { ...standard, keyLimits: { maxKeys: 2, ttlMs: 0 } });
    first.push('a', { k: 1 });
    expect(first.touched).toBe(0);
    for (const k of [1, 2, 3]) first.push('b', { k, price: k * 10 });
    expect(first.touched).toBe(2);
    expect(first.results).toEqual([{ $error: expect.stringContaining('option maxKeys') }]);
    expect(first.stats.get('5_asof_join')).toMatchObject({ keys: 2, maxKeys: 2, rowsWithoutRoom: 1 });
    const second = startRule(sql, { ...standard, state: structuredClone(first.running.save()) });
    second.push('a', { k: 2 });
    expect(second.results).toEqual([[{ price: 20 }]]);
    expect(second.program.stateful).toBe(true);
  });
  it('forgets keys without rows, with keyTTL', async () => {
    const rule = startRule('SELECT b.price FROM a ASOF JOIN b ON a.k = b.k', { ...standard, keyLimits: { maxKeys: 9, ttlMs: 1000 } });
    rule.push('b', { k: 1, price: 5 });
    await rule.clock.advance(1000);
    rule.push('a', { k: 1 });
    await rule.clock.advance(1);
    rule.push('a', { k: 1 });
    expect(rule.results).toEqual([[{ price: 5 }]]);
    expect(rule.stats.get('5_asof_join')!.keysForgotten).toBe(1);
  });
  it('is written back, is no reserved word, and is refused where it means nothing', () => {
    const sql = 'SELECT a.v FROM a ASOF LEFT JOIN b AS q ON a.k = q.k';
    expect(printStatement(parseSelect(sql, 'standard'))).toBe(sql);
    expect(results('SELECT asof FROM a WHERE asof > 1', [['a', { asof: 2 }]])).toEqual([[{ asof: 2 }]]);
    expect(refusal('SELECT a.v FROM a ASOF JOIN b ON a.v > b.v')).toContain('ASOF JOIN needs a key that both sides have');
    expect(refusal('SELECT a.v FROM a ASOF JOIN b')).toContain('ASOF JOIN needs ON');
    expect(
      refusal('SELECT a.v FROM a ASOF JOIN t ON a.k = t.k', {
        ...standard,
        sources: [stream('a'), { name: 't', kind: 'table', lookup: true }],
      }),
    ).toContain('ASOF JOIN takes streams');
    expect(refusal(sql, { sources: standard.sources! })).toContain('set the option sqlCompatibility of the rule to "standard"');
  });
});
