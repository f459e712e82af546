// What eKuiper's suite Trace asks of a gateway, over REST: a memory table that is filled before a rule joins it, a source with an interval, and the tree of
// each message in the shape of GET /trace/{id}.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../helpers/free-port.ts';
import { until } from '../helpers/mosquitto.ts';
import { type RealGateway, realGateway } from '../helpers/real-gateway.ts';

interface Tree {
  name: string;
  attribute: Record<string, string>;
  ChildSpan: Tree[];
}

let g: RealGateway;
let push: (path: string, row: object) => Promise<number>;
beforeAll(async () => {
  const port = await freePort();
  g = await realGateway({ KUIPER__SOURCE__HTTPSERVERPORT: String(port) });
  push = async (path, row) =>
    (await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers: { connection: 'close' }, body: JSON.stringify(row) }))
      .status;
});
afterAll(async () => await g?.close());

const made = async (path: string, body: unknown): Promise<void> => {
  const { status, text } = await g.call('POST', path, body);
  expect(status, text).toBeLessThan(300);
};
const chain = (t: Tree): [string, Record<string, string>][] => [[t.name, t.attribute], ...t.ChildSpan.flatMap(chain)];
const base64 = (text: string) => Buffer.from(text).toString('base64');

// @covers issue:18#6
// @covers issue:18#3
describe('a lookup table of type memory', () => {
  test('has what came before the first rule that joins it, and the trace of the lookup is told in full', async () => {
    await g.call('PUT', '/metadata/sources/httppush/confKeys/default', { confirmTimeout: 0 });
    await g.call('PUT', '/metadata/sources/httppush/confKeys/slow', { interval: '500ms' });
    await made('/tables', { sql: 'CREATE TABLE memTable() WITH (DATASOURCE="memtable", TYPE="memory", KIND="lookup", KEY="id")' });
    await made('/streams', { sql: 'CREATE STREAM rows() WITH (TYPE="httppush", DATASOURCE="/rows", FORMAT="json")' });
    const memory = { topic: 'memtable', rowkindField: 'action', keyField: 'id', sendSingle: true };
    await made('/rules', { id: 'fills', sql: 'SELECT * FROM rows', actions: [{ memory }] });
    await until(async () => (await push('/rows', { action: 'upsert', id: 2, name: 'Jon' })) === 200, 'the row was taken');
    await until(
      async () => (await g.call('GET', '/rules/fills/status')).text.includes('"sink_memory_0_0_records_out_total": 1'),
      'the row is in the topic',
    );

    await made('/streams', { sql: 'CREATE STREAM asks() WITH (TYPE="httppush", DATASOURCE="/asks", CONF_KEY="slow", FORMAT="json")' });
    const sql = 'SELECT * FROM asks INNER JOIN memTable ON asks.id = memTable.id';
    await made('/rules', { id: 'joins', sql, actions: [{ log: {} }] });
    await made('/rules/joins/trace/start', { strategy: 'always' });
    await until(async () => (await push('/asks', { id: 2 })) === 200, 'the question was taken');
    await until(async () => {
      const [id] = JSON.parse((await g.call('GET', '/trace/rule/joins')).text) as string[];
      return id !== undefined && (await g.call('GET', `/trace/${id}`)).text.includes('"log_0"');
    }, 'the trace is whole');
    const [id] = JSON.parse((await g.call('GET', '/trace/rule/joins')).text) as string[];
    const tree = JSON.parse((await g.call('GET', `/trace/${id}`)).text) as Tree;
    const rule = 'joins';
    const asked = base64('{"id":2}');
    const found = '[{"action":"upsert","id":2,"name":"Jon"}]';
    const sorted = (a: Record<string, string>) => ({ ...a, data: sortedJson(a['data'] ?? '') });
    expect(chain(tree).map(([name, a]) => [name, sorted(a)])).toEqual([
      ['asks', { data: asked, rule, 'span.mytype': 'data-processing' }],
      ['2_ratelimit', { data: asked, rule }],
      ['3_decoder', { data: asked, rule }],
      ['memTable', { data: '{"id":2}', rule }],
      ['5_project', { data: found, rule }],
      ['log_0_0_transform', { data: found, rule }],
      ['log_0_1_encode', { data: found, rule }],
      ['log_0', { data: base64(found), rule }],
    ]);
  });

  test('holds so many rows as maxRows says; the row written longest ago goes, is counted, and health says so', async () => {
    await g.call('PUT', '/metadata/sources/memory/confKeys/two', { maxRows: 2 });
    await made('/tables', { sql: 'CREATE TABLE two() WITH (DATASOURCE="two", TYPE="memory", KIND="lookup", KEY="id", CONF_KEY="two")' });
    await made('/streams', { sql: 'CREATE STREAM fill() WITH (TYPE="httppush", DATASOURCE="/fill", FORMAT="json")' });
    await made('/streams', { sql: 'CREATE STREAM ask() WITH (TYPE="httppush", DATASOURCE="/ask", FORMAT="json")' });
    await made('/rules', { id: 'fillsTwo', sql: 'SELECT * FROM fill', actions: [{ memory: { topic: 'two', sendSingle: true } }] });
    const sql = 'SELECT ask.id, two.name FROM ask LEFT JOIN two ON ask.id = two.id';
    await made('/rules', { id: 'joinsTwo', sql, actions: [{ memory: { topic: 'answers' } }] });
    const health = async () => JSON.parse((await g.call('GET', '/rules/joinsTwo/health')).text) as { ok: boolean; problems: string[] };
    for (const id of [1, 2, 1]) await until(async () => (await push('/fill', { id, name: `n${id}` })) === 200, 'the row was taken');
    const filled = async (n: number) =>
      (await g.call('GET', '/rules/fillsTwo/status')).text.includes(`"sink_memory_0_0_records_out_total": ${n}`);
    await until(() => filled(3), 'the rows are in the topic');
    expect((await health()).problems).toEqual([]);
    // 2 was written longest ago
    await until(async () => (await push('/fill', { id: 3, name: 'n3' })) === 200, 'the row was taken');
    await until(async () => (await health()).problems.length > 0, 'health tells of the row that went');
    expect((await health()).problems).toEqual([
      'Lookup table two left out 1 row (more than 2 keys (maxRows): the row that was written longest ago went): joins do not find it.',
    ]);
    await made('/streams', { sql: 'CREATE STREAM answers() WITH (TYPE="memory", DATASOURCE="answers")' });
    await made('/rules', { id: 'shows', sql: 'SELECT * FROM answers', actions: [{ nop: {} }] });
    await g.call('POST', '/rules/shows/trace/start', { strategy: 'always' });
    for (const id of [1, 2, 3]) await until(async () => (await push('/ask', { id })) === 200, 'the question was taken');
    let names: unknown[] = [];
    await until(async () => {
      const ids = JSON.parse((await g.call('GET', '/trace/rule/shows')).text) as string[];
      const trees = await Promise.all(ids.map(async (id) => JSON.parse((await g.call('GET', `/trace/${id}`)).text) as Tree));
      names = trees.map((t) => JSON.parse(t.attribute['data'] ?? 'null') as unknown);
      return trees.length === 3;
    }, 'the answers came');
    expect(names).toEqual([{ id: 1, name: 'n1' }, { id: 2 }, { id: 3, name: 'n3' }]);
  });

  test('is empty again when it is dropped and made anew', async () => {
    await g.call('DELETE', '/rules/joins');
    await g.call('DELETE', '/tables/memTable?force=true');
    await made('/tables', { sql: 'CREATE TABLE memTable() WITH (DATASOURCE="memtable", TYPE="memory", KIND="lookup", KEY="id")' });
    const sql = 'SELECT asks.id, memTable.name FROM asks LEFT JOIN memTable ON asks.id = memTable.id';
    await made('/rules', { id: 'left', sql, actions: [{ memory: { topic: 'out' } }] });
    await made('/rules/left/trace/start', { strategy: 'always' });
    await until(async () => (await push('/asks', { id: 2 })) === 200, 'the question was taken');
    await until(async () => {
      const [id] = JSON.parse((await g.call('GET', '/trace/rule/left')).text) as string[];
      return id !== undefined && (await g.call('GET', `/trace/${id}`)).text.includes('"memory_0"');
    }, 'the trace is whole');
    const [id] = JSON.parse((await g.call('GET', '/trace/rule/left')).text) as string[];
    expect((await g.call('GET', `/trace/${id}`)).text).not.toContain('Jon');
  });
});

/** Keys of JSON of rows in order of names; other texts as they are. */
function sortedJson(text: string): string {
  if (!text.startsWith('[')) return text;
  const rows = JSON.parse(text) as Record<string, unknown>[];
  return JSON.stringify(rows.map((r) => Object.fromEntries(Object.entries(r).sort(([a], [b]) => (a < b ? -1 : 1)))));
}
