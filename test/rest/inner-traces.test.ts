// Traces of rules that hold programs within their program: steps of WITH, sides of UNION ALL and nodes of graphs have spans under their own names.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../helpers/free-port.ts';
import { until } from '../helpers/mosquitto.ts';
import { type RealGateway, realGateway } from '../helpers/real-gateway.ts';

interface Tree {
  name: string;
  traceID: string;
  links?: { TraceID: string }[];
  attribute: Record<string, string>;
  ChildSpan: Tree[];
}

let g: RealGateway;
let push: (row: object) => Promise<number>;
beforeAll(async () => {
  const port = await freePort();
  g = await realGateway({ KUIPER__SOURCE__HTTPSERVERPORT: String(port) });
  push = async (row) =>
    (await fetch(`http://127.0.0.1:${port}/rows`, { method: 'POST', headers: { connection: 'close' }, body: JSON.stringify(row) })).status;
  await g.call('PUT', '/metadata/sources/httppush/confKeys/default', { confirmTimeout: 0 });
  await g.call('POST', '/streams', { sql: 'CREATE STREAM rows() WITH (TYPE="httppush", DATASOURCE="/rows", FORMAT="json")' });
});
afterAll(async () => await g?.close());

const chain = (t: Tree): string[] => [t.name, ...t.ChildSpan.flatMap(chain)];

/** Starts the rule, traces it, gives it the rows and waits until `enough` says that all traces are there. */
async function tracesOf(rule: Record<string, unknown>, rows: readonly object[], enough: (all: Tree[]) => boolean): Promise<Tree[]> {
  const { status, text } = await g.call('POST', '/rules', rule);
  expect(status, text).toBe(201);
  await g.call('POST', `/rules/${rule['id']}/trace/start`, { strategy: 'always' });
  const traces = async () => {
    const ids = JSON.parse((await g.call('GET', `/trace/rule/${rule['id']}`)).text) as string[];
    return Promise.all(ids.map(async (id) => JSON.parse((await g.call('GET', `/trace/${id}`)).text) as Tree));
  };
  for (const row of rows) await until(async () => (await push(row)) === 200, 'the row was taken');
  let found: Tree[] = [];
  await until(async () => enough((found = await traces())), 'the traces are whole');
  await g.call('DELETE', `/rules/${rule['id']}`);
  return found;
}

const whole = (all: Tree[]) => all.some((t) => chain(t).includes('nop_0'));

// @covers issue:18#6
describe('a traced rule of several programs', () => {
  test('shows each step of WITH under its name, one below the other', async () => {
    const sql = 'WITH warm AS (SELECT a, a * 2 AS b FROM rows WHERE a > 1) SELECT b FROM warm WHERE b < 100';
    const [tree] = await tracesOf({ id: 'steps', sql, actions: [{ nop: {} }] }, [{ a: 5 }], whole);
    expect(chain(tree!)).toEqual([
      'rows',
      '2_decoder',
      'warm_3_filter',
      'warm_4_project',
      '3_filter',
      '4_project',
      'nop_0_0_transform',
      'nop_0_1_encode',
      'nop_0',
    ]);
  });

  test('shows a window of a step as a trace of its own that has the steps after it below', async () => {
    const sql = 'WITH twos AS (SELECT sum(a) AS s FROM rows GROUP BY COUNTWINDOW(2)) SELECT s FROM twos';
    const all = await tracesOf({ id: 'window', sql, actions: [{ nop: {} }] }, [{ a: 1 }, { a: 2 }], whole);
    const fired = all.filter((t) => t.links);
    expect(fired).toHaveLength(1);
    expect(fired[0]!.links).toHaveLength(2);
    expect(fired[0]!.name).toMatch(/^twos_/);
    expect(chain(fired[0]!)).toContain('nop_0');
  });

  test('shows both sides of UNION ALL', async () => {
    const sql = 'SELECT a FROM rows WHERE a > 1 UNION ALL SELECT a FROM rows WHERE a > 2';
    const all = (t: Tree[]) => t.some((one) => chain(one).filter((n) => n === 'nop_0').length === 2);
    const [tree] = await tracesOf({ id: 'union', sql, actions: [{ nop: {} }] }, [{ a: 5 }], all);
    const names = chain(tree!);
    expect(names.filter((n) => /^union_\d_\d_filter$/.test(n))).toHaveLength(2);
  });

  const graph = (between: Record<string, object>, edges: Record<string, string[]>) => ({
    nodes: {
      src: { type: 'source', nodeType: 'memory', props: { sourceType: 'stream', sourceName: 'rows' } },
      ...between,
      out: { type: 'sink', nodeType: 'nop', props: {} },
    },
    topo: { sources: ['src'], edges },
  });

  test('shows each node of a graph under its name', async () => {
    const warm = { type: 'operator', nodeType: 'filter', props: { expr: 'a > 1' } };
    const twice = { type: 'operator', nodeType: 'function', props: { expr: 'a * 2 AS b' } };
    const bs = { type: 'operator', nodeType: 'pick', props: { fields: ['b'] } };
    const rule = { id: 'nodes', graph: graph({ warm, twice, bs }, { src: ['warm'], warm: ['twice'], twice: ['bs'], bs: ['out'] }) };
    const [tree] = await tracesOf(rule, [{ a: 5 }], whole);
    const names = chain(tree!);
    expect(names.slice(0, 2)).toEqual(['rows', '2_decoder']);
    expect(names.filter((n) => /warm|twice|bs/.test(n)).join('+')).toBe('warm+twice+bs');
    expect(names.at(-1)).toBe('nop_0');
  });

  test('links what a window node gives out with the traces of its rows', async () => {
    const twos = { type: 'operator', nodeType: 'window', props: { type: 'countwindow', size: 2 } };
    const rule = { id: 'nodeWindow', graph: graph({ twos }, { src: ['twos'], twos: ['out'] }) };
    const all = await tracesOf(rule, [{ a: 1 }, { a: 2 }], whole);
    const fired = all.filter((t) => t.links);
    expect(fired.map((t) => [t.name, t.links?.length])).toEqual([['twos', 2]]);
    expect(chain(fired[0]!).at(-1)).toBe('nop_0');
  });
});
