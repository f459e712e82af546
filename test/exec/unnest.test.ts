// UNNEST in FROM: one row for each element of a list.
import { describe, expect, it } from 'vitest';
import type { Ack } from '../../src/data/ack.ts';
import type { Row } from '../../src/data/value.ts';
import { createFunctionCatalogue } from '../../src/functions/index.ts';
import { explain, planRule } from '../../src/plan/index.ts';
import { parseSelect, printStatement } from '../../src/sql/index.ts';
import { refusalOf, runRule, startRule, stream, type TestOptions } from '../helpers/program.ts';

const standard: TestOptions = { sqlCompatibility: 'standard' };
const results = (sql: string, rows: readonly Row[], options: TestOptions = standard) => runRule(sql, rows, options);
const refusal = (sql: string, options: TestOptions = standard): string => refusalOf(sql, options);
const sensors = {
  d: 'a',
  params: [
    { name: 't', value: 21 },
    { name: 'h', value: 40 },
  ],
};

// @covers issue:20#6
describe('UNNEST in FROM', () => {
  it('makes a row of each element, whose members have names', () => {
    for (const join of [
      'CROSS JOIN UNNEST(params) AS p',
      'JOIN UNNEST(params) p',
      ', UNNEST(params) AS p',
      'INNER JOIN UNNEST(params) AS p ON TRUE',
    ])
      expect(results(`SELECT d, p.name, p.value * 2 AS twice FROM demo ${join} WHERE p.value > 30`, [sensors])).toEqual([
        [{ d: 'a', name: 'h', twice: 80 }],
      ]);
  });
  it('loses a row without elements, and keeps it with LEFT JOIN', () => {
    const rows = [{ d: 1, l: [] }, { d: 2 }, { d: 3, l: null }, { d: 4, l: [7, null] }];
    expect(results('SELECT d, x FROM demo CROSS JOIN UNNEST(l) AS x', rows)).toEqual([[{ d: 4, x: 7 }], [{ d: 4 }]]);
    expect(results('SELECT d, x FROM demo LEFT OUTER JOIN UNNEST(l) AS x ON TRUE', rows)).toEqual([
      [{ d: 1 }],
      [{ d: 2 }],
      [{ d: 3 }],
      [{ d: 4, x: 7 }],
      [{ d: 4 }],
    ]);
  });
  it('numbers the elements from 1, and spreads an element with .*', () => {
    expect(results('SELECT x, i FROM demo CROSS JOIN UNNEST(l) WITH ORDINALITY AS p(x, i)', [{ l: ['a', 'b'] }])).toEqual([
      [{ x: 'a', i: 1n }],
      [{ x: 'b', i: 2n }],
    ]);
    expect(results('SELECT i FROM demo LEFT JOIN UNNEST(l) AS p(x, i)', [{ l: [] }])).toEqual([[{}]]);
    const withNulls = startRule('SELECT x, i FROM demo LEFT JOIN UNNEST(l) AS p(x, i)', {
      sqlCompatibility: 'standard',
      sendNilField: true,
    });
    withNulls.push('demo', { l: [] });
    expect(withNulls.results).toEqual([[{ x: null, i: null }]]);
    expect(results('SELECT d, p.* FROM demo CROSS JOIN UNNEST(params) AS p', [sensors])).toEqual([
      [{ d: 'a', name: 't', value: 21 }],
      [{ d: 'a', name: 'h', value: 40 }],
    ]);
  });
  it('goes through lists of lists', () => {
    const sql = 'SELECT o.id AS o, i.n AS n FROM demo CROSS JOIN UNNEST(orders) AS o LEFT JOIN UNNEST(o.items) AS i';
    expect(results(sql, [{ orders: [{ id: 1, items: [{ n: 5 }, { n: 6 }] }, { id: 2 }] }])).toEqual([
      [{ o: 1, n: 5 }],
      [{ o: 1, n: 6 }],
      [{ o: 2 }],
    ]);
  });
  it('feeds analytic functions, windows and groups', () => {
    const rows = [
      {
        params: [
          { n: 't', v: 1 },
          { n: 'h', v: 10 },
        ],
      },
      {
        params: [
          { n: 't', v: 3 },
          { n: 'h', v: 20 },
        ],
      },
    ];
    expect(
      results('SELECT p.n AS n, p.v - lag(p.v, 1, 0) OVER (PARTITION BY p.n) AS step FROM demo CROSS JOIN UNNEST(params) AS p', rows),
    ).toEqual([[{ n: 't', step: 1 }], [{ n: 'h', step: 10 }], [{ n: 't', step: 2 }], [{ n: 'h', step: 10 }]]);
    for (const incrementalWindow of ['auto', 'off'] as const)
      expect(
        results(
          'SELECT p.n AS n, avg(p.v) AS a, collect(p.v) AS l FROM demo CROSS JOIN UNNEST(params) AS p GROUP BY p.n, COUNTWINDOW(4)',
          rows,
          { ...standard, incrementalWindow },
        ),
      ).toEqual([
        [
          { n: 't', a: 2, l: [1, 3] },
          { n: 'h', a: 15, l: [10, 20] },
        ],
      ]);
  });
  it('in a window survives a restart', () => {
    const sql = 'SELECT p.n AS n, p.v AS v FROM demo CROSS JOIN UNNEST(params) AS p GROUP BY COUNTWINDOW(3)';
    const first = startRule(sql, standard);
    first.push('demo', {
      params: [
        { n: 't', v: 1 },
        { n: 'h', v: 2 },
      ],
    });
    const second = startRule(sql, { ...standard, state: structuredClone(first.running.save()) });
    second.push('demo', { params: [{ n: 'x', v: 3 }] });
    expect(second.results).toEqual([
      [
        { n: 't', v: 1 },
        { n: 'h', v: 2 },
        { n: 'x', v: 3 },
      ],
    ]);
  });
  it('every row has the confirmation of its message', () => {
    const rule = startRule('SELECT x FROM demo CROSS JOIN UNNEST(l) AS x', standard);
    const ack = {} as Ack;
    rule.push('demo', { l: [1, 2] }, { ack });
    expect(rule.acks).toEqual([[ack], [ack]]);
  });
  it('of something that is no list costs the row', () => {
    expect(results('SELECT x FROM demo CROSS JOIN UNNEST(l) AS x', [{ l: 5 }, { l: [5] }])).toEqual([
      { $error: 'run Unnest error: UNNEST takes a list, but found float64(5)' },
      [{ x: 5 }],
    ]);
  });
  it('does not change the row that others see', () => {
    const row = { l: [{ v: 1 }] };
    results('SELECT *, x.v AS w FROM demo CROSS JOIN UNNEST(l) AS x', [row]);
    expect(row).toEqual({ l: [{ v: 1 }] });
  });
  it('is written back, explained, and no reserved word', () => {
    const sql = 'SELECT p.n FROM demo LEFT JOIN UNNEST(l) AS p CROSS JOIN UNNEST(p.m) AS q(q, i) WHERE i > 1';
    expect(printStatement(parseSelect(sql, 'standard'))).toBe(sql);
    const plan = planRule(
      parseSelect(sql, 'standard'),
      { source: () => stream('demo'), functions: createFunctionCatalogue() },
      { sql, ...standard },
    );
    expect(explain(plan)).toContain('{"op":"UnnestPlan_3","info":"List:{ demo.l }, name:p, outer:true"}');
    expect(results('SELECT unnest AS u FROM demo WHERE unnest > 1', [{ unnest: 2 }])).toEqual([[{ u: 2 }]]);
  });
  it('is refused for joins of streams, aggregates, and a name twice', () => {
    const two = { ...standard, sources: [stream('demo'), stream('other')] };
    expect(
      refusal('SELECT x FROM demo INNER JOIN other ON demo.i = other.i CROSS JOIN UNNEST(l) AS x GROUP BY COUNTWINDOW(2)', two),
    ).toContain('UNNEST takes the lists of one stream');
    expect(refusal('SELECT x FROM demo CROSS JOIN UNNEST(collect(l)) AS x GROUP BY COUNTWINDOW(2)')).toContain('UNNEST looks at one row');
    expect(refusal('SELECT x FROM demo CROSS JOIN UNNEST(l) AS x CROSS JOIN UNNEST(m) AS x')).toContain('x is used more than once');
    expect(refusal('SELECT x FROM demo CROSS JOIN UNNEST(l)')).toContain('expected a name for the element');
    expect(refusal('SELECT x FROM demo CROSS JOIN UNNEST(l) AS x', {})).toContain(
      'set the option sqlCompatibility of the rule to "standard"',
    );
  });
});
