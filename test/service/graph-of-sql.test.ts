// Statements as nodes and back: the same statement returns, the gateway takes the nodes, and what the other form cannot say is refused with its reason.
import { describe, expect, test } from 'vitest';
import { graphOfSql, sqlOfGraph } from '../../src/service/editor/graph-of-sql.ts';
import { chainOf, isChain } from '../../src/service/rules/graph/graph-chain.ts';
import { parseGraph } from '../../src/service/rules/graph/graph-json.ts';
import { parseSelect, printStatement } from '../../src/sql/index.ts';

const inputs = new Map([
  ['demo', { type: 'simulator', isTable: false }],
  ['other', { type: 'mqtt', isTable: false }],
  ['devices', { type: 'file', isTable: true }],
]);
const actions = [{ mqtt: { topic: 'a' } }, { log: {} }];
const graphOf = (sql: string) => graphOfSql(sql, actions, (name) => inputs.get(name));
const raw = (graph: object) => graph as Record<string, unknown>;
/** Parentheses are no difference. */
const bare = (sql: string) =>
  printStatement(parseSelect(sql))
    .replace(/[()\s]/g, '')
    .toLowerCase();
const types = (sql: string) => Object.values(graphOf(sql).nodes).flatMap((n) => (n.type === 'operator' ? [n.nodeType] : []));
const refusal = (work: () => unknown): string => {
  try {
    return `taken: ${JSON.stringify(work())}`;
  } catch (error) {
    return (error as Error).message;
  }
};

// @covers issue:23#1
describe('a statement as nodes', () => {
  test.each([
    ['SELECT * FROM demo', []],
    ['SELECT * FROM demo WHERE t > 20', ['filter']],
    ['SELECT a, b * 2 AS c FROM demo WHERE t > 20 AND (a = 1 OR b = 2)', ['filter', 'pick']],
    ['SELECT a FROM demo AS d WHERE d.t > 20', ['filter', 'pick']],
    ['SELECT avg(t) AS mean, device FROM demo GROUP BY device, TUMBLINGWINDOW(ss, 10)', ['window', 'groupby', 'pick']],
    [
      'SELECT avg(t) AS mean, device FROM demo WHERE t > 0 GROUP BY device, HOPPINGWINDOW(ss, 10, 5) HAVING avg(t) > 3 ORDER BY device DESC',
      ['filter', 'window', 'groupby', 'filter', 'orderby', 'pick'],
    ],
    ['SELECT avg(t) AS mean FROM demo GROUP BY TUMBLINGWINDOW(ss, 10) HAVING avg(t) > 3', ['window', 'aggfunc', 'filter', 'pick']],
    ['SELECT count(*) AS n FROM demo GROUP BY SESSIONWINDOW(mi, 5, 1)', ['window', 'pick']],
    ['SELECT * FROM demo GROUP BY COUNTWINDOW(3)', ['window']],
    ['SELECT demo.a, other.b FROM demo INNER JOIN other ON demo.id = other.id GROUP BY TUMBLINGWINDOW(ss, 1)', ['window', 'join', 'pick']],
  ])('%s', (sql, expected) => {
    const graph = graphOf(sql);
    expect(types(sql)).toEqual(expected);
    expect(Object.values(graph.nodes).flatMap((n) => (n.type === 'sink' ? [[n.nodeType, n.props]] : []))).toEqual([
      ['mqtt', { topic: 'a' }],
      ['log', {}],
    ]);
    const parsed = parseGraph('r', raw(graph));
    if (isChain(parsed, () => false)) expect(chainOf('r', parsed).steps.length).toBeLessThanOrEqual(expected.length);
    const back = sqlOfGraph(raw(graph));
    expect(bare(back.sql)).toBe(bare(sql));
    expect(back.actions).toEqual(actions);
  });

  test.each([
    ['SELECT DISTINCT a FROM demo', 'DISTINCT'],
    ['SELECT a FROM demo LIMIT 3', 'LIMIT'],
    ['SELECT a FROM demo UNION ALL SELECT b FROM other', 'UNION ALL'],
    ['WITH x AS (SELECT a FROM demo) SELECT * FROM x', 'WITH'],
    ['SELECT a INVISIBLE, b FROM demo', 'INVISIBLE'],
    ['SELECT * FROM demo GROUP BY SLIDINGWINDOW(ss, 10) OVER (WHEN a > 1)', 'OVER (WHEN …) of a window'],
    ['SELECT * FROM demo GROUP BY TUMBLINGWINDOW(ss, 10) FILTER (WHERE a > 1)', 'FILTER of a window'],
    ['SELECT count(*) FROM demo GROUP BY TUMBLINGWINDOW(ss, 10) HAVING count(*) > 1', 'HAVING without GROUP BY'],
  ])('%s is refused', (sql, what) => {
    const said = refusal(() => graphOf(sql));
    expect(said).toContain(what);
    expect(said).toContain('cannot be said with nodes; keep the statement as SQL');
  });

  test('a text that is no SELECT gets the parser’s sentence', () => {
    expect(refusal(() => graphOf('SELECT a FORM demo'))).toContain('FORM');
  });
});

describe('nodes as a statement', () => {
  const filter = { type: 'operator', nodeType: 'filter', props: { expr: 'a > 1' } };
  const pick = { type: 'operator', nodeType: 'pick', props: { fields: ['a'] } };
  const source = { type: 'source', nodeType: 'mqtt', props: { sourceType: 'stream', sourceName: 'demo' } };
  const sink = { type: 'sink', nodeType: 'log', props: {} };

  test('an order that a statement has not is refused, and the nodes are named', () => {
    const graph = {
      nodes: { demo: source, pick, filter, log: sink },
      topo: { sources: ['demo'], edges: { demo: ['pick'], pick: ['filter'], filter: ['log'] } },
    };
    expect(refusal(() => sqlOfGraph(graph))).toContain('pick, filter work in this order, and a statement has another');
  });

  test('several ways to sinks are refused', () => {
    const graph = {
      nodes: { demo: source, pick, filter, log: sink, rest: sink },
      topo: { sources: ['demo'], edges: { demo: ['pick', 'filter'], pick: ['rest'], filter: ['log'] } },
    };
    expect(refusal(() => sqlOfGraph(graph))).toContain('2 ways to its sinks');
  });

  test('a source that stands in the graph alone is refused', () => {
    const graph = {
      nodes: { here: { type: 'source', nodeType: 'mqtt', props: { datasource: 'x' } }, log: sink },
      topo: { sources: ['here'], edges: { here: ['log'] } },
    };
    expect(refusal(() => sqlOfGraph(graph))).toContain('make a stream of it first');
  });
});
