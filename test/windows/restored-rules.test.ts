// Rules with windows as users write them: saved after any row and restored into a fresh program, they give what an
// uninterrupted run gives. This shows that a kept row has everything that the rest of the rule reads.
import { describe, expect, test } from 'vitest';
import type { Row } from '../../src/data/value.ts';
import { packState, unpackState } from '../../src/runtime/plain-state.ts';
import { startRule, stream, type TestOptions, type TestRule } from '../helpers/program.ts';

const START = Date.UTC(2026, 0, 1, 10, 0, 0);
const devs = ['a', 'b', 'c'];
const input = Array.from({ length: 24 }, (_, i): { source: string; row: Row; tsMs: number } => ({
  source: i % 3 === 2 ? 'other' : 'demo',
  row: {
    id: BigInt(i % 5),
    v: (i * 7) % 11,
    dev: devs[i % 2]!,
    o: { k: i % 4, list: [i, i + 1] },
    s: i % 6 === 0 ? null : `t${i % 4}`,
    ts: START + i * 370,
  },
  tsMs: START + i * 370,
}));

const rules: [sql: string, eventTime: boolean][] = [
  ['SELECT * FROM demo GROUP BY COUNTWINDOW(4)', false],
  ['SELECT id, v + 1 AS w, w * 2 AS x FROM demo WHERE v + 1 > 2 GROUP BY COUNTWINDOW(3, 2)', false],
  ['SELECT dev, count(*) AS c, avg(v) AS a, collect(s) AS l FROM demo GROUP BY dev, COUNTWINDOW(5)', false],
  ['SELECT id, lag(v) AS p, v - lag(v) AS d FROM demo GROUP BY COUNTWINDOW(4)', false],
  ['SELECT max(lag(v)) AS m FROM demo GROUP BY COUNTWINDOW(4)', false],
  ['SELECT id, o->k AS k, o->list[0] AS f FROM demo GROUP BY STATEWINDOW(v > 5)', false],
  ['SELECT id FROM demo GROUP BY STATEWINDOW(v > 3, o->k = 2) OVER (PARTITION BY dev)', false],
  ['SELECT meta(topic) AS t, id FROM demo GROUP BY COUNTWINDOW(4)', false],
  ['SELECT CASE WHEN v > 5 THEN "hi" ELSE "lo" END AS g, count(*) AS c FROM demo GROUP BY g, COUNTWINDOW(6)', false],
  ['SELECT dev, sum(v) AS s FROM demo GROUP BY dev, TUMBLINGWINDOW(ss, 2) HAVING sum(v) > 4 ORDER BY s', true],
  ['SELECT dev, window_start() AS ws, window_end() AS we, last_value(s, true) AS l FROM demo GROUP BY dev, HOPPINGWINDOW(ss, 3, 1)', true],
  ['SELECT collect(v) AS l FROM demo WHERE dev = "a" GROUP BY SLIDINGWINDOW(ss, 2) OVER (WHEN v > 4)', true],
  ['SELECT collect(v) AS l FROM demo GROUP BY SLIDINGWINDOW(ss, 1, 1)', true],
  ['SELECT merge_agg(*) AS m, count(*) AS c FROM demo GROUP BY SESSIONWINDOW(ss, 3, 1)', true],
  ['SELECT count(*) AS c FROM demo GROUP BY TUMBLINGWINDOW(ss, 2) FILTER(WHERE s = "t1")', true],
  ['SELECT demo.id, demo.v AS l, other.v AS r FROM demo INNER JOIN other ON demo.id = other.id GROUP BY TUMBLINGWINDOW(ss, 3)', true],
  ['SELECT * FROM demo LEFT JOIN other ON demo.id = other.id GROUP BY SLIDINGWINDOW(ss, 1)', true],
  ['SELECT x.id AS x, y.id AS y FROM demo AS x FULL JOIN demo AS y ON x.id = y.id - 1 GROUP BY HOPPINGWINDOW(ss, 2, 1)', true],
  ['SELECT dev, count(*) AS c FROM demo LEFT JOIN other ON demo.v = other.v GROUP BY dev, COUNTWINDOW(6)', false],
  ['SELECT id, row_number() AS n, last_hit_count() AS h FROM demo', false],
];

function run(sql: string, eventTime: boolean, more: Partial<TestOptions>, cut?: number): unknown[] {
  const options = {
    sources: ['demo', 'other'].map((name) => stream(name, undefined, { timestamp: 'ts' })),
    isEventTime: eventTime,
    lateToleranceMs: 0,
    ...more,
  };
  const results: unknown[] = [];
  let rule: TestRule = startRule(sql, options);
  input.forEach(({ source, row, tsMs }, i) => {
    if (i === cut) {
      const state = unpackState(packState(rule.running.save())) as Record<string, unknown>;
      rule.running.close();
      results.push(...rule.results);
      rule = startRule(sql, { ...options, state });
    }
    rule.push(source, row, { tsMs, meta: { topic: `t/${row['dev'] as string}` } });
  });
  return [...results, ...rule.results];
}

describe('restored rules', () => {
  for (const incrementalWindow of ['auto', 'off'] as const)
    test.each(rules)(`%s (event time: %s), incremental ${incrementalWindow}`, (sql, eventTime) => {
      const whole = run(sql, eventTime, { incrementalWindow });
      expect(whole.length).toBeGreaterThan(0);
      expect(whole.filter((r) => !Array.isArray(r))).toEqual([]);
      for (let cut = 1; cut < input.length; cut++) expect([cut, run(sql, eventTime, { incrementalWindow }, cut)]).toEqual([cut, whole]);
    });
});
