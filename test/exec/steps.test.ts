// WITH, sub-selects and UNION ALL: one rule of several steps.
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../src/base/clock.ts';
import type { Ack } from '../../src/data/ack.ts';
import type { Row } from '../../src/data/value.ts';
import { parseSelect, parseStatement, printStatement, stepsOf } from '../../src/sql/index.ts';
import { refusalOf, startRule, stream, type TestOptions } from '../helpers/program.ts';
import { withoutSpans } from '../sql/helpers/without-spans.ts';

const standard: TestOptions = { sqlCompatibility: 'standard', sources: [stream('demo'), stream('other')] };
const results = (sql: string, rows: readonly (Row & { from?: string })[], options: TestOptions = standard) => {
  const rule = startRule(sql, options);
  for (const { from = 'demo', ...row } of rows) rule.push(from, row);
  return rule.results;
};
const refusal = (sql: string, options: TestOptions = standard): string => refusalOf(sql, options);

describe('the text of steps', () => {
  it.each([
    'WITH a AS (SELECT v FROM demo WHERE v > 1), b AS (SELECT v * 2 AS w FROM a) SELECT w FROM b',
    'SELECT v FROM (SELECT v FROM demo) AS x WHERE v > 1',
    'SELECT v FROM demo UNION ALL SELECT v FROM other WHERE v > 1',
    'SELECT v FROM (SELECT v FROM demo UNION ALL SELECT v FROM other) AS u INNER JOIN demo AS d ON u.v = d.v GROUP BY COUNTWINDOW(2)',
    'WITH with AS (SELECT union FROM demo) SELECT union FROM with',
  ])('is written back: %s', (sql) => {
    const tree = parseStatement(sql, 'standard');
    expect(printStatement(tree)).toBe(sql);
    expect(withoutSpans(parseStatement(printStatement(tree), 'standard'))).toEqual(withoutSpans(tree));
  });
  it('becomes plain SELECTs, each after those that it reads, with names of their own', () => {
    const steps = stepsOf(
      parseSelect(
        'WITH x AS (SELECT v FROM (SELECT v FROM demo) AS x) SELECT v FROM x UNION ALL SELECT v FROM (SELECT v FROM x) AS x',
        'standard',
      ),
    )!;
    expect(steps.map((s) => [s.name, s.select.from.name, s.select.from.alias, [...s.reads]])).toEqual([
      ['x_2', 'demo', undefined, []],
      ['x', 'x_2', 'x', ['x_2']],
      ['', 'x', 'x', ['x']],
      ['x_3', 'x', 'x', ['x']],
      ['', 'x_3', 'x', ['x_3']],
    ]);
    expect(stepsOf(parseSelect('SELECT v FROM demo', 'standard'))).toBe(undefined);
  });
  it('is refused where it is incomplete, and with the grammar of eKuiper', () => {
    expect(refusal('SELECT v FROM demo UNION SELECT v FROM other')).toContain('write UNION ALL');
    expect(refusal('SELECT v FROM (SELECT v FROM demo)')).toContain('expected a name for the sub-select');
    expect(refusal('WITH a AS (SELECT v FROM demo), a AS (SELECT v FROM demo) SELECT v FROM a')).toContain('two steps are called a');
    expect(refusal('SELECT v FROM (SELECT v FROM demo) AS x', {})).toContain('set the option sqlCompatibility of the rule to "standard"');
    expect(refusal('WITH a AS (SELECT v FROM demo) SELECT v FROM a', {})).toContain('is not a select statement');
  });
  it('with a name that no step gives out is refused, with the names that there are', () => {
    expect(refusal('WITH a AS (SELECT v, w AS total FROM demo) SELECT totl FROM a')).toMatch(/unknown field totl[\s\S]*did you mean total/);
    expect(refusal('SELECT x.w FROM (SELECT v FROM demo) AS x')).toMatch(/unknown field x.w/);
    expect(refusal('SELECT x.w FROM (SELECT * FROM demo) AS x')).toBe('accepted');
  });
});

// @covers issue:20#6
describe('a chain of steps', () => {
  it('computes first, then filters by what was computed, then looks back at what was left', () => {
    const sql = `WITH f AS (SELECT dev, (t - 32) / 1.8 AS c FROM demo WHERE t > -400),
      hot AS (SELECT dev, c FROM f WHERE c > 30)
      SELECT dev, c, c - lag(c) OVER (PARTITION BY dev) AS d FROM hot`;
    expect(
      results(sql, [
        { dev: 'a', t: 95 },
        { dev: 'a', t: 50 },
        { dev: 'a', t: 104 },
        { dev: 'b', t: 104 },
        { dev: 'a', t: -500 },
      ]),
    ).toEqual([[{ dev: 'a', c: 35 }], [{ dev: 'a', c: 40, d: 5 }], [{ dev: 'b', c: 40 }]]);
  });
  it('goes on with the rows of a window together: aggregates of aggregates, order, limit', () => {
    const inner = '(SELECT dev, avg(v) AS a FROM demo GROUP BY dev, COUNTWINDOW(4)) AS w';
    const rows = [
      { dev: 'a', v: 1 },
      { dev: 'b', v: 5 },
      { dev: 'a', v: 3 },
      { dev: 'c', v: 4 },
    ];
    expect(results(`SELECT max(a) AS hi, count(*) AS n FROM ${inner}`, rows)).toEqual([[{ hi: 5, n: 3n }]]);
    expect(results(`SELECT dev, a FROM ${inner} ORDER BY a DESC LIMIT 2`, rows)).toEqual([
      [
        { dev: 'b', a: 5 },
        { dev: 'c', a: 4 },
      ],
    ]);
    expect(results(`SELECT dev FROM ${inner} WHERE a >= 4`, rows)).toEqual([[{ dev: 'b' }, { dev: 'c' }]]);
    expect(results(`SELECT a > 3 AS hot, count(*) AS n FROM ${inner} GROUP BY a > 3`, rows)).toEqual([
      [
        { hot: false, n: 1n },
        { hot: true, n: 2n },
      ],
    ]);
  });
  it('looks back from one window to the one before', () => {
    const sql = 'SELECT s, s - lag(s, 1, 0) AS d FROM (SELECT sum(v) AS s FROM demo GROUP BY COUNTWINDOW(2)) AS w';
    expect(results(sql, [{ v: 1 }, { v: 2 }, { v: 5 }, { v: 5 }])).toEqual([[{ s: 3, d: 3 }], [{ s: 10, d: 7 }]]);
    expect(refusal('SELECT max(s) AS m, lag(s) AS l FROM (SELECT sum(v) AS s FROM demo GROUP BY COUNTWINDOW(2)) AS w')).toContain(
      'put the analytic function into a step of its own',
    );
  });
  it('has windows over the results of windows', () => {
    const sql = 'SELECT collect(s) AS l FROM (SELECT sum(v) AS s FROM demo GROUP BY COUNTWINDOW(2)) AS w GROUP BY COUNTWINDOW(2)';
    expect(
      results(
        sql,
        [1, 2, 3, 4].map((v) => ({ v })),
      ),
    ).toEqual([[{ l: [3, 7] }]]);
  });
  it('one step is read by several', () => {
    const sql =
      'WITH a AS (SELECT v * 10 AS w FROM demo) SELECT w AS low FROM a WHERE w < 20 UNION ALL SELECT w AS high FROM a WHERE w >= 20';
    expect(results(sql, [{ v: 1 }, { v: 2 }])).toEqual([[{ low: 10 }], [{ high: 20 }]]);
  });
  it('joins a step with a stream in a window', () => {
    const sql =
      'SELECT a.k, a.w, other.x FROM (SELECT k, v * 2 AS w FROM demo) AS a INNER JOIN other ON a.k = other.k GROUP BY COUNTWINDOW(3)';
    expect(
      results(sql, [
        { k: 1, v: 5 },
        { from: 'other', k: 1, x: 'y' },
        { k: 2, v: 6 },
      ]),
    ).toEqual([[{ k: 1, w: 10, x: 'y' }]]);
  });
  it('in event time sorts the rows once, and windows of a later step are right', () => {
    const sql = 'SELECT dev, count(*) AS c FROM (SELECT dev, v FROM demo WHERE v > 0) AS x GROUP BY dev, TUMBLINGWINDOW(ss, 10)';
    const rule = startRule(sql, {
      sqlCompatibility: 'standard',
      isEventTime: true,
      lateToleranceMs: 2000,
      sources: [stream('demo', undefined, { timestamp: 'ts' })],
    });
    for (const s of [1, 5, 4, 9, 12, 11, 8, 25, 30]) rule.push('demo', { dev: 'a', v: 1, ts: s * 1000 }, { tsMs: s * 1000 });
    // 8 comes later than 2 s after 12
    expect(rule.results).toEqual([[{ dev: 'a', c: 4n }], [{ dev: 'a', c: 2n }]]);
  });
  it('a row that fails in a later step is an error of its own', () => {
    expect(results('SELECT w + 1 AS r FROM (SELECT v AS w FROM demo) AS x', [{ v: 'x' }, { v: 1 }])).toEqual([
      { $error: expect.stringContaining('invalid operation') },
      [{ r: 2 }],
    ]);
  });
});

// @covers issue:20#6
describe('UNION ALL', () => {
  it('sends the rows of all its sides in the order in which they come', () => {
    const sql = 'SELECT v AS r FROM demo WHERE v > 1 UNION ALL SELECT x * 100 AS r FROM other';
    expect(results(sql, [{ v: 1 }, { v: 2 }, { from: 'other', x: 3 }, { v: 4 }])).toEqual([[{ r: 2 }], [{ r: 300 }], [{ r: 4 }]]);
  });
  it('of streams goes into one window, and one stream may stand on both sides', () => {
    const sql =
      'SELECT sum(r) AS s, count(*) AS n FROM (SELECT v AS r FROM demo UNION ALL SELECT x AS r FROM other UNION ALL SELECT v * 10 AS r FROM demo) AS u GROUP BY COUNTWINDOW(5)';
    expect(results(sql, [{ v: 1 }, { from: 'other', x: 100 }, { v: 2 }])).toEqual([[{ s: 133, n: 5n }]]);
  });
  it('carries the confirmation of each message to every result that it has a part in', () => {
    const rule = startRule(
      'WITH a AS (SELECT v FROM demo WHERE v > 0) SELECT v FROM a UNION ALL SELECT v FROM a WHERE v > 1 UNION ALL SELECT v FROM other',
      standard,
    );
    const ack = (): Ack => ({ hold: () => undefined, release: () => undefined }) as unknown as Ack;
    const [first, second, third] = [ack(), ack(), ack()];
    rule.push('demo', { v: 1 }, { ack: first });
    rule.push('demo', { v: 0 }, { ack: second });
    rule.push('other', { v: 2 }, { ack: second });
    rule.push('demo', { v: 2 }, { ack: third });
    expect(rule.acks).toEqual([[first], [second], [third], [third]]);
  });
});

describe('the state of steps', () => {
  const sql = `WITH d AS (SELECT dev, v - lag(v, 1, 0) OVER (PARTITION BY dev) AS step FROM demo),
    w AS (SELECT dev, sum(step) AS s FROM d GROUP BY dev, COUNTWINDOW(3))
    SELECT dev, s, acc_sum(s) AS total FROM w`;
  const rows = [1, 3, 6, 10, 15, 21].map((v) => ({ dev: 'a', v }));
  it('is one: a restart anywhere changes nothing', () => {
    const whole = results(sql, rows);
    expect(whole).toEqual([[{ dev: 'a', s: 6, total: 6 }], [{ dev: 'a', s: 15, total: 21 }]]);
    for (let cut = 1; cut < rows.length; cut++) {
      const first = startRule(sql, standard);
      for (const row of rows.slice(0, cut)) first.push('demo', row);
      const second = startRule(sql, { ...standard, state: structuredClone(first.running.save()) });
      for (const row of rows.slice(cut)) second.push('demo', row);
      expect([...first.results, ...second.results]).toEqual(whole);
    }
  });
  it('touches the rule, so that its messages are held until the next checkpoint', () => {
    const rule = startRule(sql, standard);
    rule.push('demo', { dev: 'a', v: 1 });
    expect(rule.touched).toBeGreaterThan(0);
    const plain = startRule('SELECT v FROM (SELECT v FROM demo) AS x', standard);
    plain.push('demo', { v: 1 });
    expect(plain.touched).toBe(0);
    expect([rule.program.stateful, plain.program.stateful]).toEqual([true, false]);
  });
  it('fires timers of a step into the next one', async () => {
    const clock = createVirtualClock();
    const rule = startRule(
      'SELECT dev || " is silent" AS m FROM (SELECT dev FROM demo WHERE silent_for(ss, 5) OVER (PARTITION BY dev)) AS s',
      { ...standard, clock },
    );
    rule.push('demo', { dev: 'a' });
    await clock.advance(5000);
    expect(rule.results).toEqual([[{ m: 'a is silent' }]]);
  });
  it('each operator has a name of its own', () => {
    const rule = startRule(sql, standard);
    expect(rule.program.operators).toEqual(['d_3_analytic', 'd_4_project', 'w_3_inc_agg_window', 'w_4_project', '3_analytic', '4_project']);
    rule.push('demo', { dev: 'a', v: 1 });
    expect(rule.stats.get('d_4_project')).toMatchObject({ recordsIn: 1, recordsOut: 1 });
    expect(rule.stats.get('w_3_inc_agg_window')).toMatchObject({ recordsIn: 1, recordsOut: 0 });
  });
});
