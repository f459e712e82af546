// Graph rules: which SELECT a graph says, and what is refused, naming the node.
import { describe, expect, test } from 'vitest';
import { isGatewayError } from '../../src/base/errors/gateway-error.ts';
import { parseGraph } from '../../src/service/rules/graph/graph-json.ts';
import { selectOfGraph } from '../../src/service/rules/graph/graph-select.ts';
import { sourceOfNode } from '../../src/service/rules/graph/graph-source.ts';

type Operator = [nodeType: string, props: object];

/** A line: source demo → operators op0, op1, … → sink out. */
function line(...operators: Operator[]) {
  const names = operators.map((_, i) => `op${i}`);
  const all = ['demo', ...names, 'out'];
  return {
    nodes: {
      demo: { type: 'source', nodeType: 'mqtt', props: { datasource: 'demo' } },
      ...Object.fromEntries(operators.map(([nodeType, props], i) => [names[i]!, { type: 'operator', nodeType, props }])),
      out: { type: 'sink', nodeType: 'log', props: {} },
    },
    topo: { sources: ['demo'], edges: Object.fromEntries(all.slice(0, -1).map((from, i) => [from, [all[i + 1]!]])) },
  };
}

const linesOf = (graph: object) =>
  parseGraph('r', graph as Record<string, unknown>)
    .lines()
    .map((l) => [selectOfGraph('r', l, (s) => s.name), l.sinks] as const);
const sqlOf = (graph: object) => linesOf(graph)[0]![0];

const refusal = (graph: object): string => {
  try {
    return `accepted: ${sqlOf(graph)}`;
  } catch (error) {
    if (!isGatewayError(error)) throw error;
    return error.message.split('\n')[0]!;
  }
};

describe('graph as SELECT', () => {
  test.for<[string, Operator[], string]>([
    ['nothing', [], 'SELECT * FROM demo'],
    ['filter', [['filter', { expr: 'a > 1' }]], 'SELECT * FROM demo WHERE (a > 1)'],
    [
      'two filters',
      [
        ['filter', { expr: 'a > 1' }],
        ['filter', { expr: 'b = "x" OR c' }],
      ],
      'SELECT * FROM demo WHERE (a > 1) AND (b = "x" OR c)',
    ],
    ['function', [['function', { expr: 'abs(a) as x' }]], 'SELECT *, abs(a) AS x FROM demo'],
    [
      'pick of a function',
      [
        ['function', { expr: 'abs(a) as x' }],
        ['pick', { fields: ['x', 'b'] }],
      ],
      'SELECT abs(a) AS x, b FROM demo',
    ],
    [
      'function used and not picked',
      [
        ['function', { expr: 'abs(a) as x' }],
        ['filter', { expr: 'x > 2' }],
        ['pick', { fields: ['b'] }],
      ],
      'SELECT b, abs(a) AS x INVISIBLE FROM demo WHERE (x > 2)',
    ],
    ['pick with alias', [['pick', { fields: ['a as z', 'b->c'] }]], 'SELECT a AS z, b->c FROM demo'],
    [
      'window and aggregate',
      [
        ['window', { type: 'countwindow', size: 2 }],
        ['aggfunc', { expr: 'sum(a) as s' }],
        ['pick', { fields: ['s'], isAgg: true }],
      ],
      'SELECT sum(a) AS s FROM demo GROUP BY countwindow(2)',
    ],
    [
      'group, having, order',
      [
        ['window', { type: 'tumblingwindow', unit: 'ss', size: 10 }],
        ['groupby', { dimensions: ['dev'] }],
        ['filter', { expr: 'count(*) > 2' }],
        ['orderby', { sorts: [{ field: 'dev', desc: true }] }],
        ['pick', { fields: ['dev', 'count(*) as n'], isAgg: true }],
      ],
      'SELECT dev, count(*) AS n FROM demo GROUP BY dev, tumblingwindow(ss, 10) HAVING (count(*) > 2) ORDER BY dev DESC',
    ],
    [
      'hopping',
      [['window', { type: 'hoppingwindow', unit: 'ss', size: 10, interval: 5 }]],
      'SELECT * FROM demo GROUP BY hoppingwindow(ss, 10, 5)',
    ],
  ])('%s', ([, operators, sql]) => expect(sqlOf(line(...operators))).toBe(sql));

  test('two sources meet in a join behind a window', () => {
    const graph = {
      nodes: {
        a: { type: 'source', nodeType: 'mqtt', props: { sourceType: 'stream', sourceName: 'first' } },
        b: { type: 'source', nodeType: 'mqtt', props: { datasource: 'b' } },
        w: { type: 'operator', nodeType: 'window', props: { type: 'tumblingwindow', unit: 'ss', size: 1 } },
        j: { type: 'operator', nodeType: 'join', props: { from: 'a', joins: [{ name: 'b', type: 'left', on: 'a.id = b.id' }] } },
        out: { type: 'sink', nodeType: 'log', props: {} },
      },
      topo: { sources: ['a', 'b'], edges: { a: ['w'], b: ['w'], w: ['j'], j: ['out'] } },
    };
    const parsed = parseGraph('r', graph);
    expect(selectOfGraph('r', parsed.lines()[0]!, (s) => (s.name === 'a' ? 'first' : s.name))).toBe(
      'SELECT * FROM first AS a LEFT JOIN b ON a.id = b.id GROUP BY tumblingwindow(ss, 1)',
    );
  });

  const op = (nodeType: string, props: object) => ({ type: 'operator', nodeType, props });
  const sink = { type: 'sink', nodeType: 'log', props: {} };
  const demo = { type: 'source', nodeType: 'mqtt', props: { datasource: 'demo' } };

  test('several sinks at the end of one line are one SELECT', () => {
    const nodes = { demo, f: op('filter', { expr: 'a > 1' }), x: sink, y: sink };
    expect(linesOf({ nodes, topo: { sources: ['demo'], edges: { demo: ['f'], f: ['x', 'y'] } } })).toEqual([
      ['SELECT * FROM demo WHERE (a > 1)', [0, 1]],
    ]);
  });

  test('branches are a SELECT each, with the sinks at their end', () => {
    const nodes = { demo, f: op('filter', { expr: 'a > 1' }), g: op('filter', { expr: 'a < 3' }), x: sink, y: sink };
    expect(linesOf({ nodes, topo: { sources: ['demo'], edges: { demo: ['f', 'g'], f: ['x'], g: ['y'] } } })).toEqual([
      ['SELECT * FROM demo WHERE (a > 1)', [0]],
      ['SELECT * FROM demo WHERE (a < 3)', [1]],
    ]);
  });

  test.for<[boolean, string, string]>([
    [false, 'SELECT * FROM demo WHERE ((a > 2))', 'SELECT * FROM demo WHERE ((a > 1))'],
    [
      true,
      'SELECT * FROM demo WHERE CASE WHEN a > 2 THEN 1 ELSE 0 END = 1',
      'SELECT * FROM demo WHERE CASE WHEN a > 2 THEN 0 WHEN a > 1 THEN 1 ELSE 0 END = 1',
    ],
  ])('switch, stop at first match %s', ([stopAtFirstMatch, first, second]) => {
    const nodes = { demo, s: op('switch', { cases: ['a > 2', 'a > 1'], stopAtFirstMatch }), x: sink, y: sink };
    expect(linesOf({ nodes, topo: { sources: ['demo'], edges: { demo: ['s'], s: [['x'], ['y']] } } })).toEqual([
      [first, [0]],
      [second, [1]],
    ]);
  });

  test('options of a source in the node', () => {
    const node = parseGraph('r', line()).lines()[0]!.sources[0]!;
    expect(sourceOfNode('r', node)).toMatchObject({ definition: { name: 'demo', type: 'mqtt', format: 'json' } });
    const more = { ...node, props: { datasource: 'a"b', format: 'delimited', delimiter: ';', confKey: 'k', qos: 2 } };
    const made = sourceOfNode('r', more) as unknown as { definition: { statement: { options: Record<string, { value: unknown }> } } };
    const o = made.definition.statement.options;
    expect([o['DATASOURCE']?.value, o['FORMAT']?.value, o['DELIMITER']?.value, o['CONF_KEY']?.value, o['EXTRA']?.value]).toEqual([
      'a"b',
      'delimited',
      ';',
      'k',
      '{"qos":2}',
    ]);
    expect(sourceOfNode('r', { ...node, props: { sourceType: 'table', sourceName: 't' } })).toEqual({ reference: 't' });
  });
});

describe('graph refused', () => {
  const base = line(['filter', { expr: 'a > 1' }]);
  test.for<[string, object]>([
    ['Rule r: source node x not defined', { ...base, topo: { sources: ['x'], edges: {} } }],
    ['Rule r: source op0 is not a source type node', { ...base, topo: { sources: ['op0'], edges: { op0: ['out'] } } }],
    ['Rule r: no edge defined for source node demo', { ...base, topo: { sources: ['demo'], edges: {} } }],
    ['Rule r: no edge defined for operator node op0', { ...base, topo: { sources: ['demo'], edges: { demo: ['op0'] } } }],
    ['Rule r: node y is not defined', { ...base, topo: { sources: ['demo'], edges: { demo: ['y'], op0: ['out'] } } }],
    ['Rule r: sink out has edge', { ...base, topo: { sources: ['demo'], edges: { demo: ['op0'], op0: ['out'], out: ['op0'] } } }],
    ['Rule r: unknown operator type nope', line(['nope', {}])],
    ['Rule r: node op0: aggfunc needs the output of a window', line(['aggfunc', { expr: 'sum(a)' }])],
    ['Rule r: node op0: found "FROM", expected expression.', line(['filter', { expr: 'FROM' }])],
    ['Rule r: node op0: found ")", expected EOF.', line(['filter', { expr: 'a) OR (1 = 1' }])],
    ['Rule r: node op0: size is missing', line(['window', { type: 'countwindow' }])],
    [
      'Rule r: the edges go round in a circle at op0',
      {
        nodes: { ...line(['filter', { expr: 'a' }], ['filter', { expr: 'b' }]).nodes },
        topo: { sources: ['demo'], edges: { demo: ['op0'], op0: ['op1'], op1: ['op0'] } },
      },
    ],
  ])('%s', ([message, graph]) => {
    const text = refusal(graph);
    // the parser's own wording of the two syntax errors is tested with the parser
    if (message.includes('found')) expect(text).toMatch(/^Rule r: node op0: found /);
    else if (message.includes('circle')) expect(text).toMatch(/circle|does not allow multiple inputs/);
    else expect(text).toBe(message);
  });
});
