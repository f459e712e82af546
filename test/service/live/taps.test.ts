// What enters the nodes of a rule, on a whole gateway: the rule itself is not touched, graphs and event time are seen as they run.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTraceStore } from '../../../src/runtime/trace/trace-store.ts';
import { type RealGateway, realGateway } from '../../helpers/real-gateway.ts';

describe('taps', () => {
  let gateway: RealGateway;
  const rest = async (method: string, path: string, body?: unknown) => {
    const answer = await gateway.call(method, path, body);
    if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.text;
  };

  beforeAll(async () => {
    gateway = await realGateway();
    await rest('PUT', '/metadata/sources/simulator/confKeys/fast', {
      data: [
        { a: 1, ts: 1000 },
        { a: 7, ts: 2000 },
      ],
      interval: '20ms',
      loop: true,
    });
    await rest('POST', '/streams', { sql: 'CREATE STREAM s () WITH (TYPE="simulator", CONF_KEY="fast", FORMAT="json")' });
    await rest('POST', '/rules', { id: 'r', sql: 'SELECT a * 2 AS b FROM s WHERE a > 5', actions: [{ nop: {} }] });
    await rest('POST', '/rules', {
      id: 'g',
      graph: {
        nodes: {
          in: { type: 'source', nodeType: 'simulator', props: { sourceType: 'stream', sourceName: 's' } },
          big: { type: 'operator', nodeType: 'filter', props: { expr: 'a > 5' } },
          out: { type: 'sink', nodeType: 'nop', props: {} },
        },
        topo: { sources: ['in'], edges: { in: ['big'], big: ['out'] } },
      },
    });
  });
  afterAll(() => gateway.close());

  /** Events of a stream until `enough` of them came. */
  async function watch<T>(path: string, enough: (all: T[]) => boolean): Promise<T[]> {
    const end = new AbortController();
    const answer = await fetch(gateway.url + path, { signal: end.signal });
    if (answer.status !== 200) throw new Error(await answer.text());
    const all: T[] = [];
    let rest = '';
    const decoder = new TextDecoder();
    for await (const chunk of answer.body!) {
      rest += decoder.decode(chunk as Uint8Array, { stream: true });
      const parts = rest.split('\n\n');
      rest = parts.pop()!;
      for (const part of parts) all.push(...(JSON.parse(part.slice(6)) as { rows: T[] }).rows);
      if (enough(all)) break;
    }
    end.abort();
    return all;
  }

  // @covers issue:23#2
  test('a tap gives the rows before each node in the order of their way, and the rule goes on in its run', async () => {
    const startedAt = async () =>
      (JSON.parse(await rest('GET', '/overview')) as { rules: { id: string; startedAtMs: number }[] }).rules.find((r) => r.id === 'r')!
        .startedAtMs;
    const before = await startedAt();
    const rows = await watch<{ node: string; data: string }>('/live/tap?rule=r', (all) => all.filter((r) => r.node === 'nop_0').length > 1);
    const first = rows.findIndex((r) => r.node === 's' && r.data.includes('"a":7'));
    expect(rows.slice(first, first + 4).map((r) => [r.node, JSON.parse(r.data)])).toEqual([
      ['s', { a: 7, ts: 2000 }],
      ['3_filter', { a: 7 }],
      ['4_project', { a: 7 }],
      ['nop_0', [{ b: 14 }]],
    ]);
    // what the filter keeps back ends there
    const small = rows.findIndex((r) => r.node === '3_filter' && r.data.includes('"a":1'));
    expect(rows[small + 1]!.node).toBe('s');
    expect(await startedAt()).toBe(before);
    expect(JSON.parse(await rest('GET', '/trace/rule/r'))).toEqual([]);
    expect(JSON.parse(await rest('GET', '/rules'))).toHaveLength(2);
  });

  test('a node is found with and without its number, and one that there is not is refused with those that there are', async () => {
    const rows = await watch<{ node: string }>('/live/tap?rule=r&node=filter', (all) => all.length > 2);
    expect(new Set(rows.map((r) => r.node))).toEqual(new Set(['3_filter']));
    expect(new Set((await watch<{ node: string }>('/live/tap?rule=r&node=nop_0', (all) => all.length > 0)).map((r) => r.node))).toEqual(
      new Set(['nop_0']),
    );
    const refused = await gateway.call('GET', '/live/tap?rule=r&node=window');
    expect([refused.status, JSON.parse(refused.text).message]).toEqual([
      400,
      'rule r has no node window; it has s, 3_filter, 4_project, nop_0',
    ]);
    expect((await gateway.call('GET', '/live/tap?rule=none')).status).toBe(404);
    await expect.poll(async () => JSON.parse(await rest('GET', '/live/counts')).taps.viewers, { timeout: 20_000 }).toBe(0);
  });

  test('rows of a graph rule are seen, as those of one with a statement', async () => {
    expect((await watch<string>('/live/rows?rule=g', (all) => all.length > 1)).slice(0, 2).map((r) => JSON.parse(r).a)).toEqual([7, 7]);
    expect(
      new Set((await watch<{ node: string }>('/live/tap?rule=g', (all) => all.some((r) => r.node === 'nop_0'))).map((r) => r.node)).size,
    ).toBeGreaterThan(1);
  });

  test('spans of a rule that is tapped are not kept, and are kept again when the tap ends', () => {
    const store = createTraceStore();
    const seen: string[] = [];
    const span = (ruleId: string, name: string) => ({
      name,
      traceId: name,
      spanId: name,
      parentId: '',
      ruleId,
      data: undefined,
      links: [],
      startUs: 0,
      endUs: 0,
    });
    const end = store.tap('t', (s) => void seen.push(s.name));
    for (const s of [span('t', 'a'), span('u', 'b')]) {
      store.began(s);
      store.add(s);
    }
    end();
    store.began(span('t', 'c'));
    store.add(span('t', 'c'));
    expect([seen, store.ofRule('t'), store.ofRule('u')]).toEqual([['a'], ['c'], ['b']]);
  });
});
