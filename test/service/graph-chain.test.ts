// Graph rules as chains of nodes: each node sees what the one before gives out, and counts under its own name.
import { beforeAll, describe, expect, test } from 'vitest';
import { createVirtualClock } from '../../src/base/clock.ts';
import { createMemoryLog } from '../../src/base/log.ts';
import { compileRule } from '../../src/compile/index.ts';
import type { FunctionEnv } from '../../src/contract/function.ts';
import { Tuple } from '../../src/data/tuple.ts';
import type { Row } from '../../src/data/value.ts';
import { chainNodes, type NodeKind } from '../../src/exec/node-chain.ts';
import { newOperatorStats, type OperatorStats, type ProgramHost } from '../../src/exec/operator.ts';
import { scriptProgram } from '../../src/exec/script-node.ts';
import { createExtensions } from '../../src/extensions/index.ts';
import { createFunctionCatalogue } from '../../src/functions/index.ts';
import { planRule } from '../../src/plan/index.ts';
import { chainOf, chainParts, isChain } from '../../src/service/rules/graph/graph-chain.ts';
import { parseGraph } from '../../src/service/rules/graph/graph-json.ts';
import { parseSelect } from '../../src/sql/index.ts';
import { makeService } from './make-service.ts';

const functions = createFunctionCatalogue();
const { log } = createMemoryLog();
const { scripts } = createExtensions({ folders: { data: '/nowhere', etc: '/nowhere', plugins: '/nowhere' }, log });
beforeAll(() => scripts.check('function exec() {}', 'exec'), 60_000);
type Nodes = Record<string, object>;
const source = { type: 'source', nodeType: 'mqtt', props: { datasource: 'x' } };
const sink = { type: 'sink', nodeType: 'log', props: {} };
const op = (nodeType: string, props: object) => ({ type: 'operator', nodeType, props });

function start(
  nodes: Nodes,
  edges: Record<string, unknown>,
  { state, eventTime = false }: { state?: Record<string, unknown>; eventTime?: boolean } = {},
) {
  const sources = Object.keys(nodes).filter((n) => (nodes[n] as { type: string }).type === 'source');
  const graph = parseGraph('r', { nodes, topo: { sources, edges } });
  expect(isChain(graph, () => false)).toBe(true);
  const chain = chainOf('r', graph);
  const compile = (sql: string, kind: NodeKind) => {
    const input = { name: chain.input, kind: 'stream' as const, format: 'json' };
    return compileRule(
      planRule(
        parseSelect(sql),
        { functions, names: () => [chain.input], source: (n) => (n === chain.input ? input : undefined) },
        {
          sql,
          isEventTime: kind === 'window' && eventTime,
          incrementalWindow: kind === 'collection' ? 'off' : 'auto',
          sqlCompatibility: 'standard',
        },
      ),
    );
  };
  const parts = chainParts(
    'r',
    chain,
    (s) => s.name,
    compile,
    ({ text, isAgg }, node) => scriptProgram((id) => scripts.nodePlace(text, node, id), isAgg),
  );
  const program = chainNodes(parts.sources, parts.nodes, eventTime);
  const clock = createVirtualClock();
  const out: [sinks: readonly number[] | undefined, rows: Row[]][] = [];
  const errors: string[] = [];
  const stats = new Map<string, OperatorStats>();
  const host: ProgramHost = {
    ruleId: 'r',
    clock,
    log,
    env: {
      clock,
      log,
      timeZone: 'UTC',
      ruleId: 'r',
      random: () => 0.5,
      property: () => undefined,
      keyedState: { get: () => null, put: () => undefined },
    } as unknown as FunctionEnv,
    emit: (r) => void out.push([r.sinks, structuredClone(r.rows)]),
    exception(s, error) {
      s.exceptions++;
      errors.push(`${s.name}: ${(error as Error).message}`);
    },
    touch: () => undefined,
    begin: () => [],
    resume: () => undefined,
    end: () => undefined,
    stats(name) {
      let s = stats.get(name);
      if (!s) stats.set(name, (s = newOperatorStats(name)));
      return s;
    },
    scanTable: () => ({ rows: [], version: 0 }),
    lookupTable: () => ({ lookup: () => [] }),
  };
  const running = program.start(host, () => 0);
  if (state) running.load(state);
  running.begin();
  const counts = () => Object.fromEntries([...stats.values()].map((s) => [s.name, `${s.recordsIn}/${s.recordsOut}`]));
  return {
    program,
    running,
    clock,
    out,
    errors,
    counts,
    push: (row: Row, from = 0, tsMs = clock.now()) => running.push(from, new Tuple([row], tsMs)),
  };
}
const rowsOf = (out: [unknown, Row[]][]) => out.map(([, rows]) => rows);

describe('a chain of nodes over single rows', () => {
  // @covers issue:21#5
  // @covers finding:parity#1
  test('a filter sees what the function before it has made', () => {
    const r = start(
      {
        src: source,
        f: op('function', { expr: 'log(t) as lt' }),
        c: op('filter', { expr: 'lt < 1.6' }),
        p: op('pick', { fields: ['lt as x', 'id'] }),
        o: sink,
      },
      { src: ['f'], f: ['c'], c: ['p'], p: ['o'] },
    );
    for (const [id, t] of [10, 35, 50].entries()) r.push({ id, t });
    expect(rowsOf(r.out)).toEqual([[{ x: 1, id: 0 }], [{ x: Math.log10(35), id: 1 }]]);
    expect(r.counts()).toEqual({ f: '3/3', c: '3/2', p: '2/2' });
    expect(r.program.operators).toEqual(['f', 'c', 'p']);
  });

  // @covers finding:ease#B9
  test('several sources lead to one sink, each row as it came', () => {
    const r = start({ a: source, b: source, c: op('filter', { expr: 'n > 1' }), o: sink }, { a: ['c'], c: ['o'], b: ['o'] });
    r.push({ n: 1 });
    r.push({ n: 2 });
    r.push({ n: 1 }, 1);
    expect(r.out).toEqual([
      [[0], [{ n: 2 }]],
      [[0], [{ n: 1 }]],
    ]);
  });

  test('what was not picked is gone for the nodes behind', () => {
    const r = start(
      { s: source, p: op('pick', { fields: ['id'] }), c: op('filter', { expr: 't < 40' }), o: sink },
      { s: ['p'], p: ['c'], c: ['o'] },
    );
    r.push({ id: 1, t: 10 });
    expect(r.out).toEqual([]);
    expect(r.counts()).toEqual({ p: '1/1', c: '1/0' });
  });

  test('expressions may name the one source, and several sinks get the same rows', () => {
    const r = start(
      { demo: source, c: op('filter', { expr: 'demo.a > 1 AND b = "x"' }), o: sink, q: sink },
      { demo: ['c'], c: ['o', 'q'] },
    );
    r.push({ a: 2, b: 'x' });
    r.push({ a: 2, b: 'y' });
    expect(r.out).toEqual([[[0, 1], [{ a: 2, b: 'x' }]]]);
  });

  test.each([
    [
      false,
      [
        [[0], [{ a: 3 }]],
        [[1], [{ a: 3 }]],
        [[1], [{ a: 2 }]],
      ],
    ],
    [
      true,
      [
        [[0], [{ a: 3 }]],
        [[1], [{ a: 2 }]],
      ],
    ],
  ])('a switch leads each row along the cases that hold, or the first of them: %s', (stopAtFirstMatch, expected) => {
    const r = start(
      { s: source, w: op('switch', { cases: ['a > 2', 'a > 1'], stopAtFirstMatch }), x: sink, y: sink },
      { s: ['w'], w: [['x'], ['y']] },
    );
    for (const a of [3, 2, 1]) r.push({ a });
    expect(r.out).toEqual(expected);
  });

  test('a row that fails is counted at its node and the next ones go on', () => {
    const r = start({ s: source, f: op('function', { expr: 'abs(t) as x' }), o: sink }, { s: ['f'], f: ['o'] });
    r.push({ t: 'text' });
    r.push({ t: -2 });
    expect(rowsOf(r.out)).toEqual([[{ t: -2, x: 2 }]]);
    expect(r.errors).toHaveLength(1);
    expect(r.errors[0]).toMatch(/^f: /);
  });
});

describe('a chain of nodes behind a window', () => {
  const count = (size: number) => op('window', { type: 'countwindow', size });

  test('a filter works on the rows of the window, and the aggregate on what it left (as in the mixed rule of the peer)', () => {
    const r = start(
      { s: source, w: count(3), c: op('filter', { expr: 'humidity > 30' }), a: op('aggFunc', { expr: 'avg(temperature) as t' }), o: sink },
      { s: ['w'], w: ['c'], c: ['a'], a: ['o'] },
    );
    for (const [humidity, temperature] of [
      [20, 100],
      [40, 10],
      [50, 20],
      [10, 1],
      [11, 1],
      [12, 1],
    ] as const)
      r.push({ humidity, temperature });
    // nothing is left of the second window
    expect(rowsOf(r.out)).toEqual([[{ humidity: 40, temperature: 10, t: 15 }]]);
    expect(r.counts()).toEqual({ w: '6/2', c: '2/1', a: '1/1' });
  });

  test('groups are counted, filtered by the count, ordered by it and picked, from two sources in one window (as in the group order rule of the peer)', () => {
    const r = start(
      {
        a: source,
        b: source,
        w: count(6),
        g: op('groupby', { dimensions: ['id'] }),
        n: op('aggfunc', { expr: 'count(*)' }),
        h: op('filter', { expr: 'count > 1' }),
        s: op('orderby', { sorts: [{ field: 'count', desc: true }] }),
        p: op('pick', { fields: ['id', 'count'] }),
        o: sink,
      },
      { a: ['w'], b: ['w'], w: ['g'], g: ['n'], n: ['h'], h: ['s'], s: ['p'], p: ['o'] },
    );
    for (const [id, from] of [
      ['x', 0],
      ['y', 1],
      ['y', 0],
      ['x', 1],
      ['z', 1],
      ['y', 1],
    ] as const)
      r.push({ id }, from);
    expect(rowsOf(r.out)).toEqual([
      [
        { id: 'y', count: 3n },
        { id: 'x', count: 2n },
      ],
    ]);
    expect(r.counts()).toEqual({ w: '6/1', g: '1/1', n: '1/1', h: '1/1', s: '1/1', p: '1/1' });
  });

  test('functions and picks of single rows give the collection back together', () => {
    const r = start(
      { s: source, w: count(2), f: op('function', { expr: 'abs(v) as a' }), p: op('pick', { fields: ['a'] }), o: sink },
      { s: ['w'], w: ['f'], f: ['p'], p: ['o'] },
    );
    r.push({ v: -1 });
    r.push({ v: -2 });
    expect(rowsOf(r.out)).toEqual([[{ a: 1 }, { a: 2 }]]);
  });

  test('an order of the rows of a window keeps them whole', () => {
    const r = start(
      { s: source, w: count(3), b: op('orderby', { sorts: [{ field: 'v', desc: false }] }), o: sink },
      { s: ['w'], w: ['b'], b: ['o'] },
    );
    for (const v of [3, 1, 2]) r.push({ v, k: `k${v}` });
    expect(rowsOf(r.out)).toEqual([
      [
        { v: 1, k: 'k1' },
        { v: 2, k: 'k2' },
        { v: 3, k: 'k3' },
      ],
    ]);
  });

  test('what is in a window when the rule stops is there when it starts again', () => {
    const nodes = { s: source, w: count(2), a: op('aggfunc', { expr: 'sum(v) as t' }), p: op('pick', { fields: ['t'] }), o: sink };
    const edges = { s: ['w'], w: ['a'], a: ['p'], p: ['o'] };
    const first = start(nodes, edges);
    first.push({ v: 1 });
    const second = start(nodes, edges, { state: structuredClone(first.running.save()) });
    second.push({ v: 2 });
    expect(rowsOf(second.out)).toEqual([[{ t: 3 }]]);
    expect(Object.keys(second.program.fingerprints).every((k) => k.startsWith('w/') || k.startsWith('a/'))).toBe(true);
  });
});

describe('a script node', () => {
  const script = (text: string, isAgg = false) => op('script', { script: text, isAgg });
  const line = (...operators: object[]) => {
    const names = operators.map((_, i) => `op${i}`);
    const all = ['s', ...names, 'o'];
    return start(
      { s: source, ...Object.fromEntries(operators.map((o, i) => [names[i]!, o])), o: sink },
      Object.fromEntries(all.slice(0, -1).map((from, i) => [from, [all[i + 1]!]])),
    );
  };

  // @covers issue:21#5
  // @covers issue:21#6
  // @covers finding:parity#11
  test('gives what its exec makes of the row and its metadata; nothing leaves the row out; its variables stay', () => {
    const r = line(
      script('var n = 0; function exec(msg, meta) { if (msg.v < 0) return null; return { twice: msg.v * 2, n: ++n, topic: meta.topic }; }'),
      op('filter', { expr: 'twice > 2' }),
    );
    for (const v of [1, 2, -1, 3]) r.running.push(0, new Tuple([{ v }], 0, { topic: 't' }));
    expect(rowsOf(r.out)).toEqual([[{ twice: 4n, n: 2n, topic: 't' }], [{ twice: 6n, n: 3n, topic: 't' }]]);
    expect(r.counts()).toEqual({ op0: '4/3', op1: '3/2' });
  });

  test('goes through a collection row by row, or with isAgg takes it as a whole', () => {
    const window = op('window', { type: 'countwindow', size: 2 });
    const rows = line(window, script('function exec(msg) { return msg.v > 1 ? { w: msg.v } : undefined; }'));
    const whole = line(window, script('function exec(msgs) { return [{ sum: msgs.reduce((s, m) => s + m.v, 0) }]; }', true));
    for (const r of [rows, whole]) for (const v of [1, 2, 3, 4]) r.push({ v });
    expect(rowsOf(rows.out)).toEqual([[{ w: 2n }], [{ w: 3n }, { w: 4n }]]);
    expect(rowsOf(whole.out)).toEqual([[{ sum: 3n }], [{ sum: 7n }]]);
  });

  test('that throws, never ends or gives something else costs its row', () => {
    const r = line(
      script(
        'function exec(m) { if (m.v === 1) throw new Error("no one"); if (m.v === 2) for (;;); return m.v === 3 ? [m] : m.v === 4 ? 4 : m; }',
      ),
    );
    for (const v of [1, 2, 3, 4, 5]) r.push({ v });
    expect(rowsOf(r.out)).toEqual([[{ v: 5n }]]);
    expect(r.errors).toEqual([
      expect.stringContaining('no one'),
      expect.stringMatching(/^op0: .*steps/),
      'op0: script: exec must return an object, or nothing to leave the row out',
      'op0: script: exec must return an object, or nothing to leave the row out',
    ]);
    const agg = line(op('window', { type: 'countwindow', size: 1 }), script('function exec(m) { return m[0]; }', true));
    agg.push({ v: 1 });
    expect([agg.errors, agg.out]).toEqual([['op1: script: exec must return a list of objects (isAgg)'], []]);
  });

  test('is there in two rules with variables of its own each', () => {
    const text = 'var n = 0; function exec(msg) { return { n: ++n }; }';
    const [a, b] = [line(script(text)), line(script(text))];
    a.push({});
    a.push({});
    b.push({});
    expect([rowsOf(a.out), rowsOf(b.out)]).toEqual([[[{ n: 1n }], [{ n: 2n }]], [[{ n: 1n }]]]);
  });

  test('is checked by an import, and its rule is there again after a restart', async () => {
    const graph = {
      nodes: { s: source, n: script('function exec(m) { return m; }'), o: sink },
      topo: { sources: ['s'], edges: { s: ['n'], n: ['o'] } },
    };
    const first = await makeService();
    const content = (text: string) => ({
      content: JSON.stringify({
        rules: { g: JSON.stringify({ id: 'g', graph: { ...graph, nodes: { ...graph.nodes, n: script(text) } } }) },
      }),
    });
    expect((await first.call('POST', '/data/import?partial=1', content('var x'))).text).toContain('cannot find function');
    expect((await first.call('POST', '/data/import?partial=1', content('function exec(m) { return m; }'))).text).toContain('"ErrorMsg":""');
    expect((await first.call('GET', '/rules/g/status')).status).toBe(200);
    expect((await first.call('GET', '/rules/g/explain')).text).toContain('only support explain sql now');
    await first.close();
    const second = await makeService(first.store);
    expect(JSON.parse((await second.call('GET', '/rules')).text)).toMatchObject([{ id: 'g' }]);
    expect((await second.call('POST', '/rules/g/restart')).status).toBe(200);
    await second.close();
  }, 60_000);
});

describe('refused with the name of the node', () => {
  const edges = (...names: string[]) => Object.fromEntries(names.slice(0, -1).map((n, i) => [n, [names[i + 1]!]]));
  test.each([
    ['aggfunc', op('aggfunc', { expr: 'sum(a)' }), 'node n: aggfunc needs the output of a window'],
    ['groupby', op('groupby', { dimensions: ['a'] }), 'node n: groupby needs the output of a window'],
    ['orderby', op('orderby', { sorts: [] }), 'node n: orderby needs the output of a window'],
    ['an expression that is none', op('filter', { expr: 'a >' }), 'node n: '],
    ['a function that is not there', op('function', { expr: 'nothing(a)' }), 'node n: '],
    ['a script without exec', op('script', { script: 'var x = 1' }), 'node n: cannot find function'],
    ['a text that is no script', op('script', { script: 'function exec(' }), 'node n: failed to interprete script'],
    ['no script', op('script', {}), 'node n: script is missing'],
    [
      'a script of a collection',
      op('script', { script: 'function exec(m) {}', isAgg: true }),
      'node n: a script with isAgg needs the output of a window',
    ],
  ])('%s', async (_what, node, text) => {
    const { call, close } = await makeService();
    const answer = await call('POST', '/rules', {
      id: 'g',
      graph: { nodes: { s: source, n: node, o: sink }, topo: { sources: ['s'], edges: edges('s', 'n', 'o') } },
    });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain(text);
    await close();
  });

  test('edges that go round in a circle', () => {
    const nodes = { s: source, a: op('window', { type: 'countwindow', size: 1 }), b: op('filter', { expr: 'a > 1' }), o: sink };
    expect(() => start(nodes, { s: ['a'], a: ['b'], b: ['a', 'o'] })).toThrow('go round in a circle at a');
  });
});
