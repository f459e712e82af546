// What standard SQL promises of windows, by example: days through clock changes, rows per key, WHEN, the same results whenever the rule began.
import { describe, expect, test } from 'vitest';
import { createVirtualClock } from '../../src/base/clock.ts';
import { messageOf } from '../../src/base/errors/gateway-error.ts';
import type { Row } from '../../src/data/value.ts';
import { startRule, stream, type TestOptions, type TestRule } from '../helpers/program.ts';

const ms = (text: string): number => Date.parse(text);
const timed = [stream('demo', undefined, { timestamp: 'ts' })];

function start(sql: string, more: TestOptions = {}): TestRule {
  return startRule(sql, { sources: timed, sqlCompatibility: 'standard', isEventTime: true, lateToleranceMs: 0, ...more });
}

/** Rows by time; the results as JSON. */
function results(sql: string, rows: readonly (Row & { ts: string })[], more: TestOptions = {}): string[] {
  const rule = start(sql, more);
  for (const row of rows) rule.push('demo', row, { tsMs: ms(row.ts) });
  return rule.results.map((r) => JSON.stringify(r, (_k, v: unknown) => (typeof v === 'bigint' ? Number(v) : v)));
}

const refusal = (sql: string, more: TestOptions = {}): string => {
  try {
    start(sql, more);
  } catch (error) {
    return messageOf(error);
  }
  return 'accepted';
};

describe('calendar windows', () => {
  const readings = [
    { ts: '2025-03-29T12:00Z', v: 2 },
    { ts: '2025-03-30T00:30Z', v: 4 },
    { ts: '2025-03-30T12:00Z', v: 8 },
    { ts: '2025-03-30T21:59Z', v: 16 },
    { ts: '2025-03-30T22:01Z', v: 32 },
    { ts: '2025-04-01T12:00Z', v: 256 },
  ];
  const sql =
    'SELECT sum(v) AS s, format_time(window_start(), "dd HH:mm") AS f, format_time(window_end(), "dd HH:mm") AS e FROM demo GROUP BY TUMBLINGWINDOW(dd, 1)';

  // @covers finding:sql#B3
  test('a day in Berlin ends at midnight before, on and after the day of the clock change', () => {
    expect(results(sql, readings, { timeZone: 'Europe/Berlin', env: { timeZone: 'Europe/Berlin' } })).toEqual([
      '[{"e":"30 00:00","f":"29 00:00","s":2}]',
      '[{"e":"31 00:00","f":"30 00:00","s":28}]',
      '[{"e":"01 00:00","f":"31 00:00","s":32}]',
    ]);
  });

  test('with the answers of eKuiper the days slide off midnight, as recorded', () => {
    const found = results(sql, readings, { timeZone: 'Europe/Berlin', env: { timeZone: 'Europe/Berlin' }, sqlCompatibility: 'ekuiper' });
    expect(found[1]).toBe('[{"e":"31 01:00","f":"30 00:00","s":60}]');
  });

  test('the result of a window does not hang on when the rule began', () => {
    const rows = Array.from({ length: 60 }, (_, i) => ({ ts: new Date(ms('2026-01-01T00:00:03Z') + i * 1000).toISOString(), v: i }));
    const of = (from: number): string[] =>
      results('SELECT count(*) AS n, window_start() AS f, window_end() AS e FROM demo GROUP BY TUMBLINGWINDOW(ss, 7)', rows.slice(from));
    const early = of(0);
    const late = of(13);
    expect(late.slice(1)).toEqual(early.slice(-late.length + 1));
    expect(late.length).toBeGreaterThan(4);
    // also the first one, which is there in part, begins and ends at the marks
    expect(JSON.parse(late[0]!)[0]).toMatchObject({
      f: JSON.parse(early.at(-late.length)!)[0].f,
      e: JSON.parse(early.at(-late.length)!)[0].e,
    });
  });

  test('processing time: windows of the clock begin and end at the same marks whenever the rule began', async () => {
    const ends: string[][] = [];
    for (const startMs of [0, 4321]) {
      const clock = createVirtualClock(ms('2026-01-01T00:00:00Z') + startMs);
      const rule = start('SELECT window_start() AS f, window_end() AS e FROM demo GROUP BY TUMBLINGWINDOW(ss, 7)', {
        clock,
        isEventTime: false,
      });
      for (let i = 0; i < 40; i++) {
        rule.push('demo', { i });
        await clock.advance(1000);
      }
      ends.push(rule.results.map((r) => JSON.stringify((r as Row[])[0], (_k, v: unknown) => String(v))));
      rule.running.close();
    }
    expect(ends[1]).toContain(ends[0]![1]);
    expect(ends[1]![0]).toBe(ends[0]![0]);
  });

  test('processing time: a day of 23 hours ends at midnight', async () => {
    const clock = createVirtualClock(ms('2025-03-30T00:10Z'));
    const rule = start('SELECT count(*) AS n, window_end() AS e FROM demo GROUP BY TUMBLINGWINDOW(day, 1)', {
      clock,
      isEventTime: false,
      timeZone: 'Europe/Berlin',
    });
    for (let i = 0; i < 30; i++) {
      rule.push('demo', { i });
      await clock.advance(3_600_000);
    }
    expect(rule.results).toEqual([[{ n: 22n, e: BigInt(ms('2025-03-30T22:00Z')) }]]);
    rule.running.close();
  });

  test('weeks and months cannot measure what must have a fixed length', () => {
    expect(refusal('SELECT a FROM demo GROUP BY SLIDINGWINDOW(month, 1)')).toContain(
      'a sliding window cannot be measured in months: they differ in length',
    );
    expect(refusal('SELECT a FROM demo GROUP BY SESSIONWINDOW(yy, 1, 1)')).toContain('a session window cannot be measured in years');
    expect(refusal('SELECT a FROM demo GROUP BY SLIDINGWINDOW(ww, 1)')).toBe('accepted');
  });

  test('with the answers of eKuiper the units that it does not know are refused in its words, with a hint', () => {
    const text = refusal('SELECT a FROM demo GROUP BY TUMBLINGWINDOW(month, 1)', { sqlCompatibility: 'ekuiper' });
    expect(text).toContain('The 1st argument for tumblingwindow is expecting timer literal expression. One value of [dd|hh|mi|ss|ms].');
    expect(text).toContain('sqlCompatibility "standard"');
  });

  test('columns may be called month, week and day all the same', () => {
    expect(
      results('SELECT sum(month + week + day) AS s FROM demo GROUP BY TUMBLINGWINDOW(hour, 1)', [
        { ts: '2026-01-01T00:10Z', month: 1, week: 2, day: 3 },
        { ts: '2026-01-01T01:10Z', month: 1, week: 2, day: 3 },
      ]),
    ).toEqual(['[{"s":6}]']);
  });
});

describe('OVER (…) of windows', () => {
  const rows = [
    { ts: '2026-01-01T00:00:01Z', k: 'a', v: 1 },
    { ts: '2026-01-01T00:00:02Z', k: 'b', v: 10 },
    { ts: '2026-01-01T00:00:03Z', k: 'a', v: 2 },
    { ts: '2026-01-01T00:00:12Z', k: 'a', v: 3 },
    { ts: '2026-01-01T00:00:40Z', k: 'c', v: 0 },
  ];

  // @covers finding:sql#B4
  test('a tumbling window with PARTITION BY sends one collection per key that has rows, in order of the keys', () => {
    expect(results('SELECT k, sum(v) AS s FROM demo GROUP BY TUMBLINGWINDOW(ss, 10) OVER (PARTITION BY k)', rows)).toEqual([
      '[{"k":"a","s":3}]',
      '[{"k":"b","s":10}]',
      '[{"k":"a","s":3}]',
    ]);
  });

  // @covers finding:sql#B4
  test('a session is sent only when WHEN holds for one of its rows', () => {
    const sql = (over: string): string =>
      `SELECT collect(v) AS vs FROM demo GROUP BY SESSIONWINDOW(mi, 5, 5) ${over}`.replace('mi, 5, 5', 'ss, 300, 5');
    expect(results(sql(''), rows)).toEqual(['[{"vs":[1,10,2]}]', '[{"vs":[3]}]']);
    expect(results(sql('OVER (WHEN v = 10)'), rows)).toEqual(['[{"vs":[1,10,2]}]']);
    expect(results(sql('OVER (WHEN v = 3)'), rows)).toEqual(['[{"vs":[3]}]']);
    expect(results(sql('OVER (WHEN v = 10 PARTITION BY k)'), rows)).toEqual(['[{"vs":[10]}]']);
  });

  test('a hopping window is sent by WHEN as long as the row that satisfies it is within', () => {
    const found = results('SELECT collect(v) AS vs FROM demo GROUP BY HOPPINGWINDOW(ss, 20, 10) OVER (WHEN v = 10)', rows);
    expect(found).toEqual(['[{"vs":[1,10,2]}]', '[{"vs":[1,10,2,3]}]']);
  });

  test('a count window is sent by WHEN when one of its n rows satisfies it', () => {
    const found = results('SELECT collect(v) AS vs FROM demo GROUP BY COUNTWINDOW(2, 1) OVER (WHEN v = 10)', [
      ...rows,
      { ts: '2026-01-01T00:01:40Z', k: 'c', v: 0 },
    ]);
    expect(found).toEqual(['[{"vs":[1,10]}]', '[{"vs":[10,2]}]']);
  });

  test('with the answers of eKuiper PARTITION BY and WHEN are not looked at', () => {
    const sql = 'SELECT sum(v) AS s FROM demo GROUP BY TUMBLINGWINDOW(ss, 10) OVER (WHEN v = 99 PARTITION BY k)';
    expect(results(sql, rows, { sqlCompatibility: 'ekuiper' })[0]).toBe('[{"s":13}]');
  });

  test('keys are equal only when their values are, kind included', () => {
    const keys = [{ k: 1 }, { k: '1' }, { k: null }, {}, { k: '<nil>' }, { k: true }, { k: 'true' }, { k: 1 }] as Row[];
    const stamped = [...keys.map((row) => ({ ...row, ts: '2026-01-01T00:00:01Z' })), { ts: '2026-01-01T00:01:00Z', k: 'z' }];
    expect(results('SELECT count(*) AS n FROM demo GROUP BY TUMBLINGWINDOW(ss, 10) OVER (PARTITION BY k)', stamped)).toEqual([
      '[{"n":2}]',
      ...Array<string>(6).fill('[{"n":1}]'),
    ]);
    const pairs = [
      { x: 'a,b', y: 'c' },
      { x: 'a', y: 'b,c' },
    ].map((row) => ({ ...row, ts: '2026-01-01T00:00:01Z' }));
    expect(
      results('SELECT count(*) AS n FROM demo GROUP BY TUMBLINGWINDOW(ss, 10) OVER (PARTITION BY x, y)', [
        ...pairs,
        { ts: '2026-01-01T00:01:00Z' },
      ]),
    ).toEqual(['[{"n":1}]', '[{"n":1}]']);
  });

  test('what OVER cannot mean is refused with the reason', () => {
    expect(refusal('SELECT a FROM demo GROUP BY STATEWINDOW(a > 1, a < 1) OVER (WHEN a = 2)')).toContain(
      'a state window takes no OVER (WHEN …)',
    );
    expect(refusal('SELECT a FROM demo GROUP BY TUMBLINGWINDOW(ss, 1) OVER (WHEN sum(a) > 2)')).not.toBe('accepted');
  });

  test('a count window takes event time: rows are counted in order of their times', () => {
    const sql = 'SELECT collect(v) AS vs, window_start() AS f, window_end() AS e FROM demo GROUP BY COUNTWINDOW(2)';
    const rule = start(sql, { lateToleranceMs: 1000 });
    for (const [v, tsMs] of [
      [1, 1000],
      [3, 1900],
      [2, 1500],
      [4, 2500],
      [0, 9000],
    ] as const)
      rule.push('demo', { v }, { tsMs });
    expect(rule.results).toEqual([[{ vs: [1, 2], f: 1000n, e: 1500n }], [{ vs: [3, 4], f: 1500n, e: 2500n }]]);
  });
});

describe('state per key has a size', () => {
  const windows = [
    'TUMBLINGWINDOW(ss, 10)',
    'SLIDINGWINDOW(ss, 10)',
    'SESSIONWINDOW(ss, 100, 10)',
    'COUNTWINDOW(5)',
    'STATEWINDOW(v > 0, v > 9)',
  ];
  // @covers issue:20#5
  test.each(windows)('rows of a key beyond maxKeys are refused by %s, one error each, and known keys go on', (window) => {
    const rule = start(`SELECT k, count(*) AS n FROM demo GROUP BY ${window} OVER (PARTITION BY k)`, {
      keyLimits: { maxKeys: 2, ttlMs: 0 },
    });
    for (const [i, k] of ['a', 'b', 'c', 'a', 'd'].entries()) rule.push('demo', { k, v: i + 1 }, { tsMs: 1000 + i });
    rule.push('demo', { k: 'a', v: 5 }, { tsMs: 1010 });
    const stats = [...rule.stats.values()].find((s) => s.name.includes('window'))!;
    expect(stats.keys).toBe(2);
    expect(stats.maxKeys).toBe(2);
    expect(stats.rowsWithoutRoom).toBe(2);
    expect(stats.exceptions).toBe(2);
    expect(stats.lastException).toContain('the rule keeps 2 keys, which is its limit (option maxKeys)');
  });

  test('a key without a row for keyTTL is forgotten with its open window, which is counted', () => {
    const rule = start('SELECT collect(v) AS vs FROM demo GROUP BY STATEWINDOW(v > 0, v > 9) OVER (PARTITION BY k)', {
      keyLimits: { maxKeys: 10, ttlMs: 5000 },
    });
    rule.push('demo', { k: 'a', v: 1 }, { tsMs: 1000 });
    rule.push('demo', { k: 'b', v: 2 }, { tsMs: 5000 });
    rule.push('demo', { k: 'b', v: 3 }, { tsMs: 6001 });
    const stats = [...rule.stats.values()].find((s) => s.name.includes('window'))!;
    expect(stats.keys).toBe(1);
    expect(stats.keysForgotten).toBe(1);
    rule.push('demo', { k: 'a', v: 10 }, { tsMs: 6500 });
    rule.push('demo', { k: 'b', v: 11 }, { tsMs: 6600 });
    rule.push('demo', { k: 'z', v: 0 }, { tsMs: 9000 });
    expect(rule.results).toEqual([[{ vs: [2, 3, 11] }]]);
  });

  // @covers issue:20#5
  test('of lag, acc_* and their kind a row of a key beyond maxKeys is an error, and keyTTL forgets a key with its state', async () => {
    const clock = createVirtualClock();
    const sql = 'SELECT k, lag(v) OVER (PARTITION BY k) AS l, acc_count(v) OVER (PARTITION BY k) AS n FROM demo';
    const rule = start(sql, { clock, isEventTime: false, keyLimits: { maxKeys: 2, ttlMs: 5000 } });
    const push = async (waitMs: number, k: string, v: number): Promise<void> => {
      await clock.advance(waitMs);
      rule.push('demo', { k, v });
    };
    const stats = () => [...rule.stats.values()].find((s) => s.name.includes('analytic'))!;
    await push(0, 'a', 1);
    await push(2000, 'b', 2);
    await push(0, 'c', 3);
    expect(stats()).toMatchObject({ keys: 2, maxKeys: 2, rowsWithoutRoom: 1, exceptions: 1 });
    expect(stats().keysForgotten).toBeUndefined();
    // a clock that is set forgets nothing
    clock.jump(86_400_000);
    await push(3000, 'b', 4);
    expect(stats().keysForgotten).toBeUndefined();
    await push(1, 'c', 5);
    expect(stats()).toMatchObject({ keys: 2, rowsWithoutRoom: 1, keysForgotten: 1 });
    await push(4999, 'b', 6);
    await push(2, 'a', 7);
    expect(stats().keysForgotten).toBe(2);
    expect(
      rule.results
        .filter((r) => Array.isArray(r))
        .map((r) => JSON.stringify((r as Row[])[0], (_k, v: unknown) => (typeof v === 'bigint' ? Number(v) : v))),
    ).toEqual([
      '{"k":"a","n":1}',
      '{"k":"b","n":1}',
      '{"k":"b","l":2,"n":2}',
      '{"k":"c","n":1}',
      '{"k":"b","l":4,"n":3}',
      '{"k":"a","n":1}',
    ]);
  });

  test('a state of lag that is forgotten by keyTTL is so after a restart too, and the time without power counts', () => {
    const sql = 'SELECT lag(v) OVER (PARTITION BY k) AS l FROM demo';
    const begin = Date.UTC(2026, 0, 1);
    const options: TestOptions = { isEventTime: false, keyLimits: { maxKeys: 9, ttlMs: 5000 } };
    const clock = createVirtualClock(begin);
    const first = start(sql, { ...options, clock });
    first.push('demo', { k: 'a', v: 1 });
    const state = structuredClone(first.running.save());
    for (const [offMs, forgotten] of [
      [5000, undefined],
      [5001, 1],
      [-9999, undefined],
    ] as const) {
      const second = start(sql, { ...options, clock: createVirtualClock(begin + offMs), state: structuredClone(state) });
      second.push('demo', { k: 'b', v: 3 });
      expect([...second.stats.values()].find((s) => s.name.includes('analytic'))!.keysForgotten).toBe(forgotten);
    }
  });

  test('in event time keyTTL follows the times of the rows', () => {
    const rule = start('SELECT lag(v) OVER (PARTITION BY k) AS l FROM demo', { keyLimits: { maxKeys: 9, ttlMs: 5000 } });
    rule.push('demo', { k: 'a', v: 1 }, { tsMs: 1000 });
    rule.push('demo', { k: 'b', v: 1 }, { tsMs: 6000 });
    const stats = [...rule.stats.values()].find((s) => s.name.includes('analytic'))!;
    expect(stats.keysForgotten).toBeUndefined();
    rule.push('demo', { k: 'b', v: 1 }, { tsMs: 6001 });
    expect(stats.keysForgotten).toBe(1);
  });

  test('a window that is grouped has at most maxKeys groups: rows of further ones are left out, one error each', () => {
    const rule = start('SELECT k, count(*) AS n FROM demo GROUP BY k, TUMBLINGWINDOW(ss, 10)', { keyLimits: { maxKeys: 2, ttlMs: 0 } });
    for (const [i, k] of ['a', 'b', 'c', 'a'].entries()) rule.push('demo', { k }, { tsMs: 1000 + i });
    const stats = () => [...rule.stats.values()].find((s) => s.name.includes('window'))!;
    expect(stats()).toMatchObject({ keys: 2, maxKeys: 2, rowsWithoutRoom: 1, exceptions: 1 });
    rule.push('demo', { k: 'd' }, { tsMs: 20_000 });
    expect(rule.results.find((r) => Array.isArray(r))).toEqual([
      { k: 'a', n: 2n },
      { k: 'b', n: 1n },
    ]);
    expect(stats()).toMatchObject({ keys: 1, rowsWithoutRoom: 1 });
  });

  test('a session that ended before its key is forgotten by keyTTL is sent', () => {
    const sql = 'SELECT k, count(*) AS n FROM demo GROUP BY SESSIONWINDOW(ss, 100, 1) OVER (PARTITION BY k)';
    const rule = start(sql, { keyLimits: { maxKeys: 9, ttlMs: 5000 } });
    rule.push('demo', { k: 'a' }, { tsMs: 1000 });
    rule.push('demo', { k: 'b' }, { tsMs: 11_000 });
    expect(rule.results).toEqual([[{ k: 'a', n: 1n }]]);
    expect([...rule.stats.values()].find((s) => s.name.includes('window'))!.keysForgotten).toBeUndefined();
  });

  test('a key whose window is over makes room for another one at the limit', () => {
    const rule = start('SELECT k, count(*) AS n FROM demo GROUP BY TUMBLINGWINDOW(ss, 10) OVER (PARTITION BY k)', {
      keyLimits: { maxKeys: 1, ttlMs: 0 },
    });
    for (const [k, tsMs] of [
      ['a', 1000],
      ['b', 11_000],
      ['c', 12_000],
      ['z', 21_000],
    ] as const)
      rule.push('demo', { k }, { tsMs });
    expect(rule.results.filter((r) => Array.isArray(r))).toEqual([[{ k: 'a', n: 1n }], [{ k: 'b', n: 1n }]]);
    expect([...rule.stats.values()].find((s) => s.name.includes('window'))!.rowsWithoutRoom).toBe(1);
  });

  test('a row exactly as old as a sliding window is long is in it, though other keys came between', async () => {
    const clock = createVirtualClock(ms('2026-01-01T00:00:00Z'));
    const rule = start('SELECT collect(v) AS vs FROM demo GROUP BY SLIDINGWINDOW(ss, 2) OVER (PARTITION BY k)', {
      clock,
      isEventTime: false,
    });
    rule.push('demo', { k: 'a', v: 1 });
    await clock.advance(2000);
    rule.push('demo', { k: 'b', v: 2 });
    rule.push('demo', { k: 'a', v: 3 });
    await clock.advance(2001);
    rule.push('demo', { k: 'b', v: 4 });
    expect(rule.results.map((r) => (r as Row[])[0]!['vs'])).toEqual([[1], [2], [1, 3], [4]]);
    expect([...rule.stats.values()].find((s) => s.name.includes('window'))!.keys).toBe(1);
    rule.running.close();
  });

  test('setting the clock forgets no key of a sliding window, nor does a restart in between', async () => {
    const clock = createVirtualClock(ms('2026-01-01T00:00:00Z'));
    const options: TestOptions = { clock, isEventTime: false };
    const sql = 'SELECT collect(v) AS vs FROM demo GROUP BY SLIDINGWINDOW(mi, 10) OVER (PARTITION BY k)';
    let rule = start(sql, options);
    rule.push('demo', { k: 'a', v: 1 });
    await clock.advance(1000);
    clock.jump(86_400_000);
    rule.push('demo', { k: 'b', v: 2 });
    rule.push('demo', { k: 'a', v: 3 });
    expect(rule.results.at(-1)).toEqual([{ vs: [1, 3] }]);
    const state = structuredClone(rule.running.save());
    rule.running.close();
    rule = start(sql, { ...options, state });
    await clock.advance(60_000);
    rule.push('demo', { k: 'b', v: 4 });
    expect(rule.results).toEqual([[{ vs: [2, 4] }]]);
    await clock.advance(541_000);
    rule.push('demo', { k: 'b', v: 5 });
    expect(rule.results.at(-1)).toEqual([{ vs: [4, 5] }]);
    expect([...rule.stats.values()].find((s) => s.name.includes('window'))!.keys).toBe(1);
    rule.running.close();
  });

  test('keys that hold nothing are forgotten by themselves', () => {
    const rule = start('SELECT count(*) AS n FROM demo GROUP BY SESSIONWINDOW(ss, 100, 1) OVER (PARTITION BY k)');
    for (let i = 0; i < 500; i++) rule.push('demo', { k: `k${i}` }, { tsMs: i * 1000 });
    expect([...rule.stats.values()].find((s) => s.name.includes('window'))!.keys).toBeLessThan(5);
    expect(rule.results).toHaveLength(498);
  });
});
