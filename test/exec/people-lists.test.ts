// Lambdas, intervals and sessions per key in standard SQL.
import { describe, expect, it } from 'vitest';
import { Budget, within } from '../../src/base/budget.ts';
import { createVirtualClock } from '../../src/base/clock.ts';
import { compileExpression } from '../../src/compile/index.ts';
import type { Row, Value } from '../../src/data/value.ts';
import { createFunctionCatalogue } from '../../src/functions/index.ts';
import { parseExpression, parseSelect, printExpr, printStatement } from '../../src/sql/index.ts';
import { testEnv } from '../functions/helpers.ts';
import { refusalOf, startRule, stream, type TestOptions } from '../helpers/program.ts';
import { shape } from '../sql/helpers/shape.ts';

const standard: TestOptions = { sqlCompatibility: 'standard', sendNilField: true };
const value = (expr: string, row: Row, options: TestOptions = standard): Value | string => {
  const rule = startRule(`SELECT ${expr} AS r FROM demo`, options);
  rule.push('demo', row);
  const first = rule.results[0]!;
  return '$error' in first ? `error: ${first.$error}` : (first[0]!['r'] ?? null);
};
const refusal = (sql: string, options: TestOptions = standard): string => refusalOf(sql, options);

// @covers issue:20#6
describe('a lambda', () => {
  it('is read by its place: elsewhere, and within its body, an arrow is that of JSON', () => {
    const of = (text: string) => shape(parseExpression(text, 'standard'));
    expect(of('array_filter(a, x -> x->v > 3)')).toBe('(array_filter a (\\ [x] (> (-> x v) 3)))');
    expect(of('array_filter(o->l, (x, i) -> i < n)')).toBe('(array_filter (-> o l) (\\ [x i] (< i n)))');
    expect(of('array_reduce(a, o->start, (s, x) -> s + x)')).toBe('(array_reduce a (-> o start) (\\ [s x] (+ s x)))');
    expect(of('abs(x -> v)')).toBe('(abs (-> x v))');
    expect(of('array_filter(x -> v, y -> y)')).toBe('(array_filter (-> x v) (\\ [y] y))');
    expect(of('array_filter(a, o.x->v)')).toBe('(array_filter a (-> o/x v))');
    expect(shape(parseExpression('array_filter(a, x -> v)', 'ekuiper'))).toBe('(array_filter a (-> x v))');
  });
  it('is written back as it was read', () => {
    for (const text of [
      'array_filter(a, x -> x->v > 3 AND x->`end` IS NULL)',
      'array_reduce(a, 0, (s, x, i) -> s + x * i)',
      'array_map(a, `x y` -> `x y` + 1)',
    ])
      expect(printExpr(parseExpression(text, 'standard'))).toBe(text);
  });
  it('sees its element, the columns and aliases of the row, and the lambda around', () => {
    expect(value('array_filter(l, x -> x > min)', { l: [1, 5, 9], min: 4 })).toEqual([5, 9]);
    expect(value('array_map(l, x -> array_map(x, y -> y * f + cardinality(x)))', { l: [[1, 2], [3]], f: 10 })).toEqual([[12, 22], [31]]);
    const rule = startRule('SELECT v * 2 AS d, array_map(l, v -> v + d) AS r FROM demo', standard);
    rule.push('demo', { v: 5, l: [1, 2] });
    expect(rule.results).toEqual([[{ d: 10, r: [11, 12] }]]);
  });
  it('hides a column of the same name, in members too', () => {
    expect(value('array_map(l, x -> x.v)', { l: [{ v: 1 }], x: { v: 9 } })).toEqual([1]);
  });
  it('used twice is computed for each of its elements', () => {
    const rule = startRule(
      'SELECT array_map(a, x -> upper(x)) AS a, array_map(b, x -> upper(x)) AS b, array_map(a, x -> upper(x)) AS c FROM demo',
      standard,
    );
    rule.push('demo', { a: ['p', 'q'], b: ['r'] });
    rule.push('demo', { a: ['s'], b: [] });
    expect(rule.results).toEqual([[{ a: ['P', 'Q'], b: ['R'], c: ['P', 'Q'] }], [{ a: ['S'], b: [], c: ['S'] }]]);
  });
  // @covers issue:13#2
  it('that collects does work in step with its list, not with its square', () => {
    const work = (expr: string, n: number) => {
      const evaluate = compileExpression(parseExpression(expr, 'standard'), {
        functions: createFunctionCatalogue(),
        env: testEnv(),
        standard: true,
      });
      const budget = new Budget('rule r', { maxSteps: 2_000_000, maxBytes: 64 * 1024 * 1024, maxTimeMs: 60_000 });
      const found = within(budget, 1, () => evaluate({ l: Array.from({ length: n }, (_, i) => `element ${i % 10}`), s: [7] }));
      return { found, steps: budget.steps, bytes: budget.bytes };
    };
    const expected = (n: number) => Array.from({ length: n }, (_, i) => `element ${i % 10}`);
    const cases: [expr: string, of: (n: number) => Value][] = [
      ['array_reduce(l, "", (all, x) -> all || x)', (n) => expected(n).join('')],
      ['array_reduce(l, "", (all, x) -> x || all)', (n) => expected(n).reverse().join('')],
      ['array_reduce(l, "", (all, x) -> CASE WHEN all = "" THEN x ELSE all || ", " || x END)', (n) => expected(n).join(', ')],
      ['array_reduce(l, s, (all, x) -> array_concat(all, array_create(x)))', (n) => [7, ...expected(n)]],
      [
        'array_reduce(l, null, (all, x, i) -> array_concat(all, array_create(i), array_create(x)))',
        (n) => expected(n).flatMap((x, i) => [BigInt(i), x]),
      ],
    ];
    for (const [expr, of] of cases) {
      const [small, large] = [work(expr, 2000), work(expr, 20_000)];
      expect(small.found, expr).toEqual(of(2000));
      expect(large.found, expr).toEqual(of(20_000));
      expect(large.steps / small.steps, expr).toBeLessThan(11);
      expect(large.bytes / small.bytes, expr).toBeLessThan(11);
      // what is there in the end was counted
      expect(large.bytes, expr).toBeGreaterThan(20_000 * 8);
    }
    // a text that doubles is as long as it is
    expect(() => work('array_reduce(l, "ab", (all, x) -> all || all)', 40)).toThrow('basic.rowBudget.maxBytes');
    // a list that is read while it grows is copied, and the start stays as it was
    expect(
      value('array_reduce(l, s, (all, x) -> array_concat(all, array_create(cardinality(all) + x)))', { l: [1, 2, 3], s: [0] }),
    ).toEqual([0, 2, 4, 6]);
    const rule = startRule('SELECT array_reduce(l, s, (all, x) -> array_concat(all, array_create(x))) AS r, s FROM demo', standard);
    rule.push('demo', { l: [1, 2], s: [0] });
    rule.push('demo', { l: [], s: [0] });
    rule.push('demo', { l: [1], s: 5 });
    expect(rule.results.slice(0, 2)).toEqual([[{ r: [0, 1, 2], s: [0] }], [{ r: [0], s: [0] }]]);
    expect(JSON.stringify(rule.results[2])).toContain('array elements should be array');
  });
  it('picks the best gateway of a LoRaWAN message', () => {
    const rxInfo = [
      { gatewayId: 'a', rssi: -110, location: { latitude: 50 } },
      { gatewayId: 'b', rssi: -60, location: { latitude: 51 } },
    ];
    expect(value('array_max_by(rxInfo, g -> g->rssi)->gatewayId', { rxInfo })).toBe('b');
    expect(value('array_max_by(rxInfo, g -> g->rssi)->location->latitude', { rxInfo })).toBe(51);
  });
  it('that fails costs the row, and the next one is right', () => {
    const rule = startRule('SELECT array_map(l, x -> x + 1) AS r FROM demo', standard);
    rule.push('demo', { l: [1, 'x'] });
    rule.push('demo', { l: [1, 2] });
    expect(rule.results[0]).toMatchObject({ $error: expect.stringContaining('invalid operation') });
    expect(rule.results[1]).toEqual([{ r: [2, 3] }]);
  });
  it('is refused where no function takes one, and takes no functions of several rows', () => {
    expect(refusal('SELECT array_reduce(l, 0, x -> x) AS r FROM demo')).toContain('the lambda has 1 parameters');
    expect(refusal('SELECT array_filter(l, (x, x) -> x) AS r FROM demo')).toContain('two parameters are called x');
    expect(refusal('SELECT array_map(l, x -> sum(x)) AS r FROM demo GROUP BY COUNTWINDOW(2)')).toContain('sum cannot stand in a lambda');
    expect(refusal('SELECT array_filter(l, x -> x > 1) AS r FROM demo', {})).toContain('function array_filter not found');
  });
});

// @covers issue:20#6
describe('INTERVAL', () => {
  it('moves times: numbers in ms, dates on the calendar of the zone', () => {
    expect(value('ts + INTERVAL 90 SECOND', { ts: 1000 })).toBe(91_000);
    expect(value("ts - INTERVAL '1 day 2 hours'", { ts: 100_000_000 })).toBe(6_400_000);
    expect(value('INTERVAL 1 MINUTE + ts', { ts: 1n })).toBe(60_001n);
    const berlin = { ...standard, timeZone: 'Europe/Berlin' };
    // the night of the clock change has 23 hours
    expect(value('format_time(cast(d, "datetime") + INTERVAL 1 DAY, "yyyy-MM-dd HH:mm")', { d: '2025-03-29 12:00:00' }, berlin)).toBe(
      '2025-03-30 12:00',
    );
    expect(value('format_time(cast(d, "datetime") + INTERVAL 24 HOURS, "yyyy-MM-dd HH:mm")', { d: '2025-03-29 12:00:00' }, berlin)).toBe(
      '2025-03-30 13:00',
    );
    expect(value('format_time(cast(d, "datetime") - INTERVAL 1 MONTH, "yyyy-MM-dd")', { d: '2025-03-31 12:00:00' }, berlin)).toBe(
      '2025-02-28',
    );
    expect(value('format_time(cast(d, "datetime") + INTERVAL 2 YEARS, "yyyy-MM-dd")', { d: '2024-02-29 12:00:00' }, berlin)).toBe(
      '2026-02-28',
    );
  });
  it('is a number of milliseconds beside everything else', () => {
    expect(value('age > INTERVAL 5 MINUTE', { age: 300_001 })).toBe(true);
    expect(value('age > INTERVAL 5 MINUTE', { age: 300_000 })).toBe(false);
    expect(value('INTERVAL 1 MINUTE - INTERVAL 10 SECOND', {})).toBe(50_000n);
    expect(value('age / INTERVAL 1 HOUR', { age: 5_400_000 })).toBe(1.5);
    expect(value("INTERVAL '1.5 hours'", {})).toBe(5_400_000n);
  });
  it('says how long windows and timers are', async () => {
    const plain = (sql: string) => printStatement(parseSelect(sql, 'standard'));
    expect(plain('SELECT a FROM d GROUP BY TUMBLINGWINDOW(INTERVAL 10 MINUTE)')).toBe('SELECT a FROM d GROUP BY TUMBLINGWINDOW(MI, 10)');
    expect(plain('SELECT a FROM d GROUP BY HOPPINGWINDOW(INTERVAL 1 HOUR, INTERVAL 5 MINUTE)')).toBe(
      'SELECT a FROM d GROUP BY HOPPINGWINDOW(MI, 60, 5)',
    );
    expect(plain("SELECT a FROM d GROUP BY TUMBLINGWINDOW(INTERVAL '1 month')")).toBe('SELECT a FROM d GROUP BY TUMBLINGWINDOW(MM, 1)');
    expect(plain("SELECT a FROM d GROUP BY TUMBLINGWINDOW(INTERVAL '1 min 30 s')")).toBe('SELECT a FROM d GROUP BY TUMBLINGWINDOW(SS, 90)');
    const clock = createVirtualClock();
    const rule = startRule('SELECT dev FROM demo WHERE silent_for(INTERVAL 10 SECOND) OVER (PARTITION BY dev)', { ...standard, clock });
    rule.push('demo', { dev: 'a' });
    await clock.advance(9_999);
    expect(rule.results).toEqual([]);
    await clock.advance(1);
    expect(rule.results).toEqual([[{ dev: 'a' }]]);
  });
  it('is written back, and refuses what has no length', () => {
    expect(printExpr(parseExpression("a + interval 10 min - INTERVAL '1 day, 2 h'", 'standard'))).toBe(
      'a + INTERVAL "10 minute" - INTERVAL "1 day 2 hour"',
    );
    expect(refusal('SELECT a > INTERVAL 1 MONTH AS r FROM demo')).toContain('months, quarters and years differ in length');
    expect(refusal('SELECT INTERVAL 5 PARSECS AS r FROM demo')).toContain('expected a unit of time');
    expect(refusal("SELECT INTERVAL '5' AS r FROM demo")).toContain('found "AS", expected a unit of time');
    expect(refusal("SELECT INTERVAL 'soon' AS r FROM demo")).toContain('expected a number and a unit');
  });
  it('is a column where no amount follows', () => {
    const rule = startRule('SELECT interval, interval * 2 AS d, abs(interval) AS a FROM demo WHERE interval > 1', standard);
    rule.push('demo', { interval: 3 });
    expect(rule.results).toEqual([[{ interval: 3, d: 6, a: 3 }]]);
  });
});

// @covers issue:20#3
describe('SESSIONWINDOW with GROUP BY', () => {
  const sql = 'SELECT k, count(*) AS c FROM demo GROUP BY k, SESSIONWINDOW(ss, 100, 5)';
  const run = (options: TestOptions, text = sql) => {
    const rule = startRule(text, {
      isEventTime: true,
      lateToleranceMs: 0,
      sources: [stream('demo', undefined, { timestamp: 'ts' })],
      ...options,
    });
    // b never stops, a pauses for 6 s
    for (const [s, k] of [
      [0, 'a'],
      [1, 'b'],
      [2, 'a'],
      [4, 'b'],
      [7, 'b'],
      [8, 'a'],
      [9, 'b'],
      [30, 'c'],
    ] as const)
      rule.push('demo', { k, ts: s * 1000 }, { tsMs: s * 1000 });
    return rule.results;
  };
  it('gives each key sessions of its own in standard SQL', () => {
    expect(run(standard)).toEqual([[{ k: 'a', c: 2n }], [{ k: 'a', c: 1n }], [{ k: 'b', c: 4n }]]);
  });
  it('keeps one session of all with the answers of eKuiper', () => {
    expect(run({})).toEqual([
      [
        { k: 'a', c: 3n },
        { k: 'b', c: 4n },
      ],
    ]);
  });
  it('keeps one session of all without GROUP BY', () => {
    expect(run(standard, 'SELECT count(*) AS c FROM demo GROUP BY SESSIONWINDOW(ss, 100, 5)')).toEqual([[{ c: 7n }]]);
  });
});
