// Defects of eKuiper (docs/spec/ekuiper-defects.md) that concern windows and joins: ours does the documented thing. Rules run as
// written, through planner and compiler.
import { describe, expect, test } from 'vitest';
import type { Row } from '../../src/data/value.ts';
import type { PlanOptions } from '../../src/plan/index.ts';
import { runRule, startRule, stream } from '../helpers/program.ts';

const START = Date.UTC(2026, 0, 1, 10, 0, 0);

/** Runs a rule in event time; each row's `ts` is its time, after the start. */
function eventRule(sql: string, inputs: [source: string, row: Row][], more: PlanOptions = {}) {
  const names = [...new Set(inputs.map(([name]) => name))];
  const rule = startRule(sql, {
    sources: names.map((name) => stream(name, undefined, { timestamp: 'ts' })),
    isEventTime: true,
    lateToleranceMs: 0,
    ...more,
  });
  for (const [source, row] of inputs) rule.push(source, row, { tsMs: START + (row['ts'] as number) });
  return rule.results;
}

const demo = [
  { ts: 100, id: 1n, dev: 'a', v: 1.5 },
  { ts: 1200, id: 2n, dev: 'b', v: 2.5 },
  { ts: 2100, id: 3n, dev: 'a', v: 3.5 },
  { ts: 9000, id: 4n, dev: 'end', v: 0 },
];
const fromDemo = demo.map((row): [string, Row] => ['demo', row]);

describe('defects of eKuiper', () => {
  test('defect 6: a delayed sliding window in event time has a window end', () => {
    const out = eventRule('SELECT count(*) AS c, window_end() AS we FROM demo GROUP BY SLIDINGWINDOW(ss, 1, 1)', fromDemo);
    expect(out[0]).toEqual([{ c: 1n, we: BigInt(START + 1100) }]);
  });

  test('defect 10: * and count(*) see all columns of a stream with TIMESTAMP', () => {
    expect(eventRule('SELECT * FROM demo GROUP BY TUMBLINGWINDOW(ss, 2)', fromDemo)[0]).toEqual(demo.slice(0, 2));
    const counted = eventRule('SELECT count(*) AS c FROM demo WHERE dev = "a" GROUP BY TUMBLINGWINDOW(ss, 2)', fromDemo);
    expect(counted.slice(0, 2)).toEqual([[{ c: 1n }], [{ c: 1n }]]);
  });

  test('defect 11: joins with * in a window', () => {
    const rows: [string, Row][] = [
      ['a', { ts: 100, id: 1n, x: 'a1' }],
      ['b', { ts: 200, id: 1n, y: 'b1' }],
      ['a', { ts: 1500, id: 9n, x: 'a9' }],
      ['b', { ts: 1500, id: 8n, y: 'b8' }],
    ];
    const join = 'FROM a INNER JOIN b ON a.id = b.id GROUP BY TUMBLINGWINDOW(ss, 1)';
    expect(eventRule(`SELECT * ${join}`, rows)).toEqual([[{ ts: 100, id: 1n, x: 'a1', y: 'b1' }]]);
    expect(eventRule(`SELECT count(*) AS c ${join}`, rows)).toEqual([[{ c: 1n }]]);
    expect(eventRule(`SELECT a.* ${join}`, rows)).toEqual([[{ ts: 100, id: 1n, x: 'a1' }]]);
  });

  test('defect 14: a state window reads the columns of its conditions', () => {
    const rows = [1n, 2n, 4n, 6n, 0n].map((a, i) => ({ a, i: BigInt(i) }));
    expect(runRule('SELECT i FROM demo GROUP BY STATEWINDOW(a > 1, a > 5)', rows)).toEqual([[{ i: 1n }, { i: 2n }, { i: 3n }]]);
  });

  test('defect 17: LIMIT cuts the rows of a window', () => {
    const rows = [3n, 1n, 4n, 2n].map((id) => ({ id }));
    expect(runRule('SELECT id FROM demo GROUP BY COUNTWINDOW(4) LIMIT 2', rows)).toEqual([[{ id: 3n }, { id: 1n }]]);
    expect(runRule('SELECT id FROM demo GROUP BY COUNTWINDOW(4) ORDER BY id LIMIT 2', rows)).toEqual([[{ id: 1n }, { id: 2n }]]);
  });

  test('defect 18: a stream with an alias, joined with itself', () => {
    const out = eventRule(
      'SELECT x.id AS x, y.id AS y FROM demo AS x LEFT JOIN demo AS y ON x.id = y.id - 1 GROUP BY TUMBLINGWINDOW(ss, 3)',
      fromDemo,
    );
    expect(out[0]).toEqual([{ x: 1n, y: 2n }, { x: 2n, y: 3n }, { x: 3n }]);
  });

  test('defect 19: the first event after a gap stays in its hopping windows', () => {
    const rows = [100, 5500, 5999, 6000, 9000].map((ts): [string, Row] => ['demo', { ts, v: ts }]);
    const out = eventRule('SELECT collect(v) AS l, window_end() AS we FROM demo GROUP BY HOPPINGWINDOW(ss, 2, 1)', rows) as Row[][];
    const byEnd = new Map(out.map(([row]) => [Number(row!['we']) - START, row!['l']]));
    expect(byEnd.get(6000)).toEqual([5500, 5999]);
    expect(byEnd.get(7000)).toEqual([5500, 5999, 6000]);
  });

  test('defect 20: incremental windows with several aggregates, dimensions and HAVING', () => {
    const sqls = [
      'SELECT count(*) AS c, sum(id) AS s, avg(id) AS a, max(id) AS x, min(id) AS n FROM demo GROUP BY TUMBLINGWINDOW(ss, 2)',
      'SELECT dev, count(*) AS c, sum(id) AS s FROM demo GROUP BY dev, TUMBLINGWINDOW(ss, 3)',
      'SELECT dev, count(*) AS c FROM demo GROUP BY dev, TUMBLINGWINDOW(ss, 3) HAVING count(*) > 1',
      'SELECT dev, avg(v) AS a FROM demo GROUP BY dev, HOPPINGWINDOW(ss, 2, 1)',
      'SELECT dev, avg(v) AS a FROM demo GROUP BY dev, SLIDINGWINDOW(ss, 2)',
    ];
    for (const sql of sqls) {
      const auto = eventRule(sql, fromDemo, { incrementalWindow: 'auto' });
      expect(auto).toEqual(eventRule(sql, fromDemo, { incrementalWindow: 'off' }));
      expect(auto.length).toBeGreaterThan(0);
    }
    expect(eventRule(sqls[0]!, fromDemo)[0]).toEqual([{ c: 2n, s: 3n, a: 1n, x: 2n, n: 1n }]);
    expect(eventRule(sqls[1]!, fromDemo)[0]).toEqual([
      { dev: 'a', c: 2n, s: 4n },
      { dev: 'b', c: 1n, s: 2n },
    ]);
    expect(eventRule(sqls[2]!, fromDemo)[0]).toEqual([{ dev: 'a', c: 2n }]);
  });

  test('defect 22: row_number() counts groups in the order of their first rows', () => {
    const rows = ['b', 'a', 'b', 'c'].map((dev) => ({ dev }));
    const out = runRule('SELECT dev, row_number() AS n FROM demo GROUP BY dev, COUNTWINDOW(4)', rows);
    expect(out).toEqual([
      [
        { dev: 'b', n: 1n },
        { dev: 'a', n: 2n },
        { dev: 'c', n: 3n },
      ],
    ]);
  });

  test('side quirk of joins: FROM is the left side, whatever ON names first', () => {
    const rows: [string, Row][] = [
      ['a', { ts: 100, id: 1n }],
      ['b', { ts: 200, id: 2n }],
      ['a', { ts: 1500, id: 9n }],
      ['b', { ts: 1500, id: 9n }],
    ];
    const out = eventRule('SELECT a.id AS a, b.id AS b FROM a LEFT JOIN b ON b.id = a.id GROUP BY TUMBLINGWINDOW(ss, 1)', rows);
    expect(out).toEqual([[{ a: 1n }]]);
  });
});
