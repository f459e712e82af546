// Standard SQL: what cannot be computed costs its row or its group; the others' results come, and the failure is told with a sample.
import { describe, expect, it } from 'vitest';
import type { Row } from '../../src/data/value.ts';
import { startRule, type TestOptions, type TestRule } from '../helpers/program.ts';

interface Run {
  /** Rows of each result. */
  rows: Row[][];
  /** What was told: text, sample of the row, group. */
  told: { text: string; sample: string; key?: string }[];
}

const DEVICES: Row[] = [
  { d: 'a', v: 1, o: 1 },
  { d: 'b', v: 'broken', o: 'x' },
  { d: 'a', v: 3, o: 3 },
  { d: 'c', v: 5, o: 2 },
];

async function run(sql: string, rows: readonly Row[], options: TestOptions = {}): Promise<Run> {
  const rule = startRule(sql, { sqlCompatibility: 'standard', ...options });
  for (const row of rows) rule.push('demo', row);
  await rule.clock.advance(10_000);
  return { rows: rule.results.filter((r) => !('$error' in r)) as Row[][], told: told(rule) };
}

const told = (rule: TestRule): Run['told'] =>
  rule.results.flatMap((r) => ('$error' in r ? [{ text: r.$error, ...(rule.failed.get(r) as { sample: string; key?: string }) }] : []));

const WINDOWS = ['TUMBLINGWINDOW(ss, 10)', 'COUNTWINDOW(4)', 'SESSIONWINDOW(ss, 20, 5)'];

// @covers issue:20#2
// @covers finding:sql#B7
describe('one bad row', () => {
  it.each(WINDOWS)('costs an aggregate its row and nobody else theirs, with groups and without (%s)', async (window) => {
    for (const incrementalWindow of ['auto', 'off'] as const) {
      const all = await run(`SELECT avg(v) AS a, count(*) AS n FROM demo GROUP BY ${window}`, DEVICES, { incrementalWindow });
      expect(all.rows).toEqual([[{ a: 3, n: 3n }]]);
      expect(all.told).toEqual([{ text: expect.stringContaining('found invalid arg string(broken)'), sample: '{"v":"broken"}', key: '' }]);
      const groups = await run(`SELECT d, sum(v) AS s, count(*) AS n FROM demo GROUP BY d, ${window}`, DEVICES, { incrementalWindow });
      const [a, c] = [
        { d: 'a', n: 2n, s: 4 },
        { d: 'c', n: 1n, s: 5 },
      ];
      // each key has sessions of its own
      expect(groups.rows).toEqual(window.startsWith('SESSION') ? [[a], [c]] : [[a, c]]);
      expect(groups.told).toEqual([{ text: expect.stringContaining('sum'), sample: '{"d":"b","v":"broken"}', key: 'b' }]);
    }
  });

  it('counts for all aggregates of its group or for none, whichever of them fails', async () => {
    for (const list of ['count(*) AS n, avg(v) AS a', 'avg(v) AS a, count(*) AS n', 'collect(o) AS l, count(*) AS n, sum(v) AS a']) {
      const { rows } = await run(`SELECT ${list} FROM demo GROUP BY TUMBLINGWINDOW(ss, 10)`, [
        { v: 1, o: 1 },
        { v: 'x', o: 2 },
      ]);
      expect(rows[0]![0]).toMatchObject({ n: 1n, a: 1 });
      if (list.includes('collect')) expect(rows[0]![0]!['l']).toEqual([1]);
    }
  });

  it.each(['avg', 'sum', 'median', 'stddev', 'stddevs', 'var', 'vars'])(
    'is refused by %s when it comes, in whatever place',
    async (name) => {
      for (const order of [
        ['x', 1, 3],
        [1, 'x', 3],
        [1, 3, 'x'],
      ]) {
        const { rows, told: failures } = await run(
          `SELECT ${name}(v) AS r FROM demo GROUP BY TUMBLINGWINDOW(ss, 10)`,
          order.map((v) => ({ v })),
        );
        const good = await run(`SELECT ${name}(v) AS r FROM demo GROUP BY TUMBLINGWINDOW(ss, 10)`, [{ v: 1 }, { v: 3 }]);
        expect(rows).toEqual(good.rows);
        expect(failures).toHaveLength(1);
      }
    },
  );

  it.each(['percentile_cont(v, 0.5)', 'percentile_disc(v, 0.5)'])('is refused by %s too', async (call) => {
    const { rows, told: failures } = await run(`SELECT ${call} AS r FROM demo GROUP BY TUMBLINGWINDOW(ss, 10)`, [{ v: 'x' }, { v: 2 }]);
    expect(rows).toEqual([[{ r: 2 }]]);
    expect(failures).toHaveLength(1);
  });

  it('does not make max and min depend on which row came first: what most values are counts, and the others are told', async () => {
    for (const order of [
      ['x', 1, 3],
      [1, 'x', 3],
      [3, 1, 'x'],
    ]) {
      const { rows, told: failures } = await run(
        'SELECT max(v) AS hi, min(v) AS lo FROM demo GROUP BY TUMBLINGWINDOW(ss, 10)',
        order.map((v) => ({ v })),
      );
      expect(rows).toEqual([[{ hi: 3, lo: 1 }]]);
      expect(failures.map((f) => f.text)).toEqual([expect.stringContaining('string(x)'), expect.stringContaining('string(x)')]);
    }
  });

  it('of a computed argument costs the row', async () => {
    const { rows, told: failures } = await run('SELECT d, sum(v * 2) AS s FROM demo GROUP BY d, TUMBLINGWINDOW(ss, 10)', DEVICES);
    expect(rows).toEqual([
      [
        { d: 'a', s: 8 },
        { d: 'c', s: 10 },
      ],
    ]);
    expect(failures).toHaveLength(1);
  });

  it('of a GROUP BY expression costs the row', async () => {
    const { rows, told: failures } = await run('SELECT count(*) AS n FROM demo GROUP BY v % 2, TUMBLINGWINDOW(ss, 10)', DEVICES);
    expect(rows).toEqual([[{ n: 3n }]]);
    expect(failures).toEqual([{ text: expect.stringContaining('run Group By error'), sample: '{"v":"broken"}' }]);
  });

  it('in HAVING costs the group, which is named; null in HAVING drops it', async () => {
    const { rows, told: failures } = await run(
      'SELECT d FROM demo GROUP BY d, TUMBLINGWINDOW(ss, 10) HAVING last_value(v, true) > 2',
      DEVICES,
    );
    expect(rows).toEqual([[{ d: 'a' }, { d: 'c' }]]);
    expect(failures).toEqual([{ text: expect.stringContaining('run Having error'), sample: '{"d":"b","v":"broken"}', key: 'b' }]);
    const nulls = await run('SELECT d FROM demo GROUP BY d, TUMBLINGWINDOW(ss, 10) HAVING avg(w) > 2', DEVICES);
    expect(nulls).toEqual({ rows: [], told: [] });
  });

  it('in ORDER BY costs the row that is unlike most, wherever it stands', async () => {
    for (const rows of [DEVICES, [...DEVICES].reverse(), [DEVICES[1]!, DEVICES[0]!, DEVICES[3]!, DEVICES[2]!]]) {
      const { rows: sorted, told: failures } = await run('SELECT d, o FROM demo GROUP BY COUNTWINDOW(4) ORDER BY o DESC', rows);
      expect(sorted).toEqual([
        [
          { d: 'a', o: 3 },
          { d: 'c', o: 2 },
          { d: 'a', o: 1 },
        ],
      ]);
      expect(failures).toEqual([{ text: expect.stringContaining('run Order By error'), sample: expect.stringContaining('"d":"b"') }]);
    }
  });

  it('in ORDER BY: nulls are last, NaN counts as one, false is before true', async () => {
    const order = async (values: unknown[], by: string) =>
      (
        await run(
          `SELECT i FROM demo GROUP BY COUNTWINDOW(${values.length}) ORDER BY ${by}`,
          values.map((o, i) => ({ o, i }) as Row),
        )
      ).rows[0]!.map((r) => r['i']);
    expect(await order([null, 2, Number.NaN, 1], 'o')).toEqual([3, 1, 0, 2]);
    expect(await order([null, 2, 1], 'o DESC')).toEqual([1, 2, 0]);
    expect(await order([true, false, null], 'o')).toEqual([1, 0, 2]);
    expect(await order([true, false, null], 'o DESC')).toEqual([0, 1, 2]);
  });

  it('in the select list costs the row of the window, or the one message', async () => {
    const sql = 'SELECT d, v * 2 AS x FROM demo';
    const windowed = await run(`${sql} GROUP BY COUNTWINDOW(4)`, DEVICES);
    expect(windowed.rows).toEqual([
      [
        { d: 'a', x: 2 },
        { d: 'a', x: 6 },
        { d: 'c', x: 10 },
      ],
    ]);
    expect(windowed.told).toEqual([{ text: expect.stringContaining('run Select error'), sample: '{"d":"b","v":"broken"}' }]);
    const streaming = await run(sql, DEVICES);
    expect(streaming.rows).toEqual([[{ d: 'a', x: 2 }], [{ d: 'a', x: 6 }], [{ d: 'c', x: 10 }]]);
    expect(streaming.told).toEqual(windowed.told);
  });

  it('in WHERE of a count window costs the row', async () => {
    const { rows, told: failures } = await run('SELECT d FROM demo WHERE v > 0 GROUP BY COUNTWINDOW(4)', DEVICES);
    expect(rows).toEqual([[{ d: 'a' }, { d: 'a' }, { d: 'c' }]]);
    expect(failures).toHaveLength(1);
  });

  it('in an aggregate of WHERE costs the row', async () => {
    const { rows, told: failures } = await run('SELECT d FROM demo WHERE avg(v) > 2 GROUP BY COUNTWINDOW(4)', DEVICES);
    expect(rows).toEqual([[{ d: 'a' }, { d: 'a' }, { d: 'c' }]]);
    expect(failures).toHaveLength(1);
  });

  it('in an analytic function costs the row', async () => {
    const { rows, told: failures } = await run('SELECT lag(v * 2) AS p, d FROM demo', DEVICES, { sendNilField: true });
    expect(rows.flat()).toEqual([
      { d: 'a', p: null },
      { d: 'a', p: 2 },
      { d: 'c', p: 6 },
    ]);
    expect(failures).toHaveLength(1);
  });

  it('in ON of a join is no match for its pair', async () => {
    const rule = startRule('SELECT a.d AS l, b.d AS r FROM demo AS a INNER JOIN demo AS b ON a.v > b.v GROUP BY TUMBLINGWINDOW(ss, 10)', {
      sqlCompatibility: 'standard',
    });
    for (const row of [
      { d: 'x', v: 1 },
      { d: 'y', v: 2 },
      { d: 'z', v: 'broken' },
      { d: 'n', v: null },
    ])
      rule.push('demo', row);
    await rule.clock.advance(10_000);
    expect(rule.results.filter((r) => !('$error' in r))).toEqual([[{ l: 'y', r: 'x' }]]);
    expect(rule.results.some((r) => '$error' in r && r.$error.includes('run Join error'))).toBe(true);
  });

  it('is told once, however many windows it belongs to', async () => {
    for (const window of ['HOPPINGWINDOW(ss, 10, 2)', 'SLIDINGWINDOW(ss, 10)'])
      for (const incrementalWindow of ['auto', 'off'] as const) {
        const { told: failures } = await run(`SELECT avg(v) AS a FROM demo GROUP BY ${window}`, DEVICES, { incrementalWindow });
        expect([window, failures.length]).toEqual([window, 1]);
      }
  });

  it('leaves no group behind that has no other row, also over a restart', async () => {
    const sql = 'SELECT d, sum(v) AS s FROM demo GROUP BY d, TUMBLINGWINDOW(ss, 10)';
    const rule = startRule(sql, { sqlCompatibility: 'standard' });
    for (const row of DEVICES.slice(0, 2)) rule.push('demo', row);
    const again = startRule(sql, { sqlCompatibility: 'standard', state: structuredClone(rule.running.save()) });
    for (const row of DEVICES.slice(2)) again.push('demo', row);
    await again.clock.advance(10_000);
    expect(again.results).toEqual([
      [
        { d: 'a', s: 4 },
        { d: 'c', s: 5 },
      ],
    ]);
  });

  it('a group whose result fails is left out alone', async () => {
    const most = 2n ** 63n - 1n;
    const { rows, told: failures } = await run('SELECT d, sum(v) AS s FROM demo GROUP BY d, TUMBLINGWINDOW(ss, 10)', [
      { d: 'a', v: most },
      { d: 'b', v: 1n },
      { d: 'a', v: 1n },
    ]);
    expect(rows).toEqual([[{ d: 'b', s: 1n }]]);
    expect(failures).toEqual([
      { text: expect.stringContaining('bigint out of range'), sample: expect.stringContaining('"d":"a"'), key: 'a' },
    ]);
  });

  it('takes the window of all with sqlCompatibility ekuiper, as recorded', async () => {
    const { rows } = await run('SELECT d, avg(v) AS a FROM demo GROUP BY d, TUMBLINGWINDOW(ss, 10)', DEVICES, {
      sqlCompatibility: 'ekuiper',
    });
    expect(rows).toEqual([]);
  });

  it('is shown short: long texts, lists and many columns are cut', async () => {
    const long = 'x'.repeat(5000);
    const { told: failures } = await run('SELECT v * 2 AS x, * FROM demo', [
      { v: long, l: Array.from({ length: 100 }, () => 1), o: { a: long } },
    ]);
    expect(failures[0]!.sample.length).toBeLessThanOrEqual(301);
    expect(failures[0]!.sample).toContain('xxx…');
  });
});
