// FILTER and DISTINCT of aggregates, SELECT DISTINCT and QUALIFY in standard SQL.
import { describe, expect, it } from 'vitest';
import type { Row } from '../../src/data/value.ts';
import { parseSelect, printStatement } from '../../src/sql/index.ts';
import { refusalOf, runRule, startRule, type TestOptions } from '../helpers/program.ts';

const standard: TestOptions = { sqlCompatibility: 'standard' };
const results = (sql: string, rows: readonly Row[], options: TestOptions = standard) => runRule(sql, rows, options);
const refusal = (sql: string, options: TestOptions = standard): string => refusalOf(sql, options);

// @covers issue:20#7
describe('FILTER (WHERE …) of an aggregate', () => {
  const rows = [{ k: 'a', v: 1 }, { k: 'b', v: 2 }, { k: 'a', v: 4 }, { k: null, v: 8 }, { v: 16 }, { k: 'b', v: 32 }];
  it('takes the rows for which the condition is true, and each aggregate has its own', () => {
    for (const incrementalWindow of ['auto', 'off'] as const)
      expect(
        results(
          'SELECT sum(v) FILTER (WHERE k = "a") AS a, sum(v) FILTER (WHERE k <> "a") AS b, count(*) FILTER (WHERE k IS NULL) AS n, sum(v) AS s, max(v) FILTER (WHERE v > 100) AS none FROM demo GROUP BY COUNTWINDOW(6)',
          rows,
          { ...standard, incrementalWindow },
        ),
      ).toEqual([[{ a: 5, b: 34, n: 2n, s: 63 }]]);
  });
  it('stands in HAVING, and without a window it looks at the one row', () => {
    const sql = 'SELECT k, count(*) AS c FROM demo GROUP BY k, COUNTWINDOW(6) HAVING count(*) FILTER (WHERE v > 1) > 1';
    expect(results(sql, rows)).toEqual([[{ k: 'b', c: 2n }]]);
    expect(results('SELECT count(*) FILTER (WHERE v > 1) AS c FROM demo', [{ v: 1 }, { v: 2 }])).toEqual([[{ c: 0n }], [{ c: 1n }]]);
  });
  it('a value that is left out cannot cost the row', () => {
    expect(results('SELECT sum(v) FILTER (WHERE is_number(v)) AS s FROM demo GROUP BY COUNTWINDOW(2)', [{ v: 'x' }, { v: 2 }])).toEqual([
      [{ s: 2 }],
    ]);
  });
  it('is refused behind other functions, with aggregates in it, and with the answers of eKuiper', () => {
    expect(refusal('SELECT abs(v) FILTER (WHERE v > 1) FROM demo')).toContain('FILTER belongs to aggregates: abs is none');
    expect(refusal('SELECT lag(v) FILTER (WHERE v > 1) OVER (PARTITION BY k) FROM demo')).toContain('OVER (WHEN …)');
    expect(refusal('SELECT sum(v) FILTER (WHERE v > avg(v)) FROM demo GROUP BY COUNTWINDOW(2)')).toContain('looks at one row');
    expect(refusal('SELECT sum(v) FILTER (WHERE v > 1) FROM demo', {})).toContain(
      'set the option sqlCompatibility of the rule to "standard"',
    );
  });
});

// @covers issue:20#6
describe('DISTINCT', () => {
  const rows = [{ k: 'a', v: 1 }, { k: 'b', v: 1 }, { k: 'a', v: 2 }, { k: 'a', v: 1 }, { k: 'a', v: null }, { k: 'a' }];
  it('of an aggregate counts each value once, per group, with and without kept rows', () => {
    for (const incrementalWindow of ['auto', 'off'] as const) {
      const options = { ...standard, incrementalWindow };
      expect(
        results(
          'SELECT k, count(DISTINCT v) AS c, sum(DISTINCT v) AS s, count(v) AS n, collect(DISTINCT v) AS l FROM demo GROUP BY k, COUNTWINDOW(4)',
          rows,
          options,
        ),
      ).toEqual([
        [
          { k: 'a', c: 2n, s: 3, n: 3n, l: [1, 2] },
          { k: 'b', c: 1n, s: 1, n: 1n, l: [1] },
        ],
      ]);
    }
    expect(results('SELECT count(DISTINCT v) AS c FROM demo GROUP BY COUNTWINDOW(6)', rows)).toEqual([[{ c: 2n }]]);
    expect(results('SELECT count(DISTINCT v) FILTER (WHERE k = "b") AS c FROM demo GROUP BY COUNTWINDOW(6)', rows)).toEqual([[{ c: 1n }]]);
  });
  it('of an aggregate tells 1 from "1" and takes 1 and 1.0 for one value', () => {
    expect(
      results('SELECT count(DISTINCT v) AS c FROM demo GROUP BY COUNTWINDOW(4)', [{ v: 1 }, { v: '1' }, { v: 1n }, { v: true }]),
    ).toEqual([[{ c: 3n }]]);
  });
  it('of an aggregate survives a restart in the middle of a window', () => {
    const sql = 'SELECT count(DISTINCT v) AS c FROM demo GROUP BY COUNTWINDOW(4)';
    const first = startRule(sql, standard);
    for (const v of [1, 2, 1]) first.push('demo', { v });
    const second = startRule(sql, { ...standard, state: structuredClone(first.running.save()) });
    second.push('demo', { v: 2 });
    expect(second.results).toEqual([[{ c: 2n }]]);
  });
  it('of a select list sends equal rows of one window once, and LIMIT counts the rest', () => {
    expect(results('SELECT DISTINCT k, v FROM demo GROUP BY COUNTWINDOW(6)', rows)).toEqual([
      [{ k: 'a', v: 1 }, { k: 'b', v: 1 }, { k: 'a', v: 2 }, { k: 'a', v: null }, { k: 'a' }],
    ]);
    expect(results('SELECT DISTINCT k FROM demo GROUP BY COUNTWINDOW(6) LIMIT 2', rows)).toEqual([[{ k: 'a' }, { k: 'b' }]]);
    expect(results('SELECT DISTINCT * FROM demo GROUP BY COUNTWINDOW(4) LIMIT 2', rows)).toEqual([
      [
        { k: 'a', v: 1 },
        { k: 'b', v: 1 },
      ],
    ]);
  });
  it('is refused where it could never forget, and behind functions that are no aggregates', () => {
    expect(refusal('SELECT DISTINCT k FROM demo')).toContain('SELECT DISTINCT needs a window: a stream has no end');
    expect(refusal('SELECT abs(DISTINCT v) FROM demo')).toContain('DISTINCT belongs to aggregates: abs is none');
    expect(refusal('SELECT count(DISTINCT *) FROM demo GROUP BY COUNTWINDOW(2)')).toContain('count(DISTINCT id)');
    expect(refusal('SELECT DISTINCT unnest(l) FROM demo GROUP BY COUNTWINDOW(2)')).toContain('makes rows');
  });
  it('is a column where no operand follows', () => {
    for (const sql of [
      'SELECT distinct FROM demo',
      'SELECT distinct, a FROM demo',
      'SELECT distinct * 2 FROM demo',
      'SELECT count(distinct) FROM demo',
      'SELECT abs(distinct - 1), distinct IS NULL FROM demo',
    ])
      expect(printStatement(parseSelect(sql, 'standard'))).toBe(sql);
  });
});

// @covers issue:20#6
describe('QUALIFY', () => {
  it('keeps the first n rows of each key by their order', () => {
    const rows = [
      { k: 'a', v: 1 },
      { k: 'a', v: 3 },
      { k: 'b', v: 5 },
      { k: 'a', v: 2 },
    ];
    expect(
      results(
        'SELECT k, v, row_number() OVER (PARTITION BY k ORDER BY v DESC) AS n FROM demo GROUP BY COUNTWINDOW(4) QUALIFY n <= 2 ORDER BY k, n',
        rows,
      ),
    ).toEqual([
      [
        { k: 'a', v: 3, n: 1n },
        { k: 'a', v: 2, n: 2n },
        { k: 'b', v: 5, n: 1n },
      ],
    ]);
    expect(
      results('SELECT k FROM demo GROUP BY COUNTWINDOW(4) QUALIFY row_number() OVER (PARTITION BY k ORDER BY v DESC) = 1', rows),
    ).toEqual([[{ k: 'a' }, { k: 'b' }]]);
  });
  it('looks at analytic functions of a stream, behind WHERE', () => {
    expect(
      results('SELECT v FROM demo WHERE v > 0 QUALIFY v > lag(v, 1, 0)', [{ v: 1 }, { v: 3 }, { v: -1 }, { v: 0.5 }, { v: 0.2 }]),
    ).toEqual([[{ v: 1 }], [{ v: 3 }], [{ v: 0.5 }]]);
  });
  it('looks at groups, and sends nothing when nothing is left', () => {
    expect(
      results('SELECT k, sum(v) AS s FROM demo GROUP BY k, COUNTWINDOW(2) QUALIFY s > lag(sum(v), 1, 0) OVER (PARTITION BY k)', [
        { k: 'a', v: 2 },
        { k: 'a', v: 2 },
        { k: 'a', v: 1 },
        { k: 'a', v: 2 },
        { k: 'a', v: 5 },
        { k: 'a', v: 5 },
      ]),
    ).toEqual([[{ k: 'a', s: 4 }], [{ k: 'a', s: 10 }]]);
  });
  it('is written back, and is no reserved word', () => {
    const sql = 'SELECT qualify FROM demo AS d GROUP BY COUNTWINDOW(2) HAVING count(*) > 1 QUALIFY qualify > 1 ORDER BY qualify LIMIT 1';
    expect(printStatement(parseSelect(sql, 'standard'))).toBe(sql);
  });
});

// @covers issue:20#6
describe('HAVING on keys of GROUP BY', () => {
  const groups = (rest: string) => {
    const rule = startRule(
      `SELECT d, v % 2n AS odd, count(*) AS n FROM demo GROUP BY d, v % 2n, COUNTWINDOW(6) HAVING ${rest}`.replaceAll('2n', '2'),
      standard,
    );
    for (const [d, v] of [['a', 1n], ['a', 3n], ['b', 2n], ['b', 4n], ['b', 5n], [null, 7n]] as const) rule.push('demo', { d, v }); // biome-ignore format: rows
    return rule.results.map((x) => ('$error' in x ? [x] : x.map((o) => `${o['d']} ${o['odd']} ${o['n']}`)));
  };
  it('is what SQL says of them: a key by its column, its expression or its alias, alone and beside aggregates', () => {
    expect(groups('d = "b"')).toEqual([['b 0 2', 'b 1 1']]);
    expect(groups('count(*) > 1 AND d <> "b"')).toEqual([['a 1 2']]);
    expect(groups('v % 2 = 0')).toEqual([['b 0 2']]);
    expect(groups('odd = 1 AND d IS NOT NULL')).toEqual([['a 1 2', 'b 1 1']]);
    expect(groups('d IS NULL OR count(*) * (v % 2) > 1')).toEqual([['a 1 2', 'null 1 1']]);
    expect(groups('d LIKE "a%" OR upper(d) IN ("B")')).toEqual([['a 1 2', 'b 0 2', 'b 1 1']]);
    expect(groups('CASE WHEN d = "a" THEN 5 ELSE 0 END > 1')).toEqual([['a 1 2']]);
  });
  it("is refused for a column that differs within a group, and with eKuiper's answers", () => {
    const sql = 'SELECT d FROM demo GROUP BY d, COUNTWINDOW(2) HAVING count(*) > 1 AND v > 1';
    expect(refusalOf(sql, standard)).toContain('Not allowed to call non-aggregate functions in HAVING clause');
    expect(refusalOf('SELECT d FROM demo GROUP BY d, COUNTWINDOW(2) HAVING v % 2 = 1 AND count(*) > 0', standard)).toContain('HAVING');
    expect(refusalOf('SELECT d FROM demo GROUP BY d, COUNTWINDOW(2) HAVING d = "a"')).toContain('non-aggregate functions in HAVING');
  });
});
