// Fifty secrets, planted through every door of a real daemon: none of them lies in clear in the data folder, in the log, in an answer or in an error.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../helpers/mosquitto.ts';
import { runDaemon } from './daemon-process.ts';

let root: string;
let count = 0;
/** A secret that no other text holds; it is remembered with the door it went through. */
const planted = new Map<string, string>();
const plant = (door: string): string => {
  const secret = `pl4nted${String(++count).padStart(3, '0')}x${Math.abs(Math.sin(count) * 1e9).toFixed(0)}`;
  planted.set(secret, door);
  return secret;
};

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'kuiper-planted-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile())
    .map((e) => join(e.parentPath, e.name));

// @covers issue:21#1
test('fifty secrets planted through every door are nowhere in the data folder, the logs, the answers and the errors', async () => {
  // files of etc, before the start: the copies of them lie in the data folder
  mkdirSync(join(root, 'etc/sources'), { recursive: true });
  mkdirSync(join(root, 'etc/sinks'), { recursive: true });
  mkdirSync(join(root, 'etc/connections'), { recursive: true });
  writeFileSync(
    join(root, 'etc/mqtt_source.yaml'),
    `default:\n  server: tcp://127.0.0.1:1\n  password: ${plant('etc/mqtt_source.yaml')}\n`,
  );
  writeFileSync(join(root, 'etc/sources/httppull.yaml'), `api:\n  headers:\n    Authorization: Bearer ${plant('etc/sources')}\n`);
  writeFileSync(join(root, 'etc/sinks/rest.yaml'), `out:\n  url: http://joe:${plant('etc/sinks')}@127.0.0.1:1/\n`);
  writeFileSync(
    join(root, 'etc/connections/connection.yaml'),
    `mqtt:\n  provisioned:\n    server: tcp://127.0.0.1:1\n    password: ${plant('connection.yaml')}\n`,
  );
  const answers: string[] = [];
  const daemon = await runDaemon(root);
  // they stay as their author wrote them, and that is said
  await until(() => daemon.lines.filter((l) => l['code'] === 'SECRET_IN_CLEAR').length >= 4, 'files with secrets are named', 20_000);
  const call = async (method: string, path: string, body?: unknown) => {
    const answer = await daemon.call(method, path, body);
    answers.push(`${method} ${path}: ${answer.text}`);
    return answer;
  };
  const made = async (method: string, path: string, body: unknown) =>
    expect((await call(method, path, body)).status, `${method} ${path}`).toBeLessThan(300);
  const MQTT = { server: 'tcp://127.0.0.1:1', topic: 't' };

  for (const kind of ['sources', 'sinks', 'connections'])
    for (const [name, props] of [
      ['password', (s: string) => ({ ...MQTT, password: s })],
      ['url', (s: string) => ({ server: `tcp://joe:${s}@127.0.0.1:1` })],
      ['header', (s: string) => ({ headers: { Authorization: `Basic ${s}`, 'X-Api-Key': plant(`${kind} conf key, header`) } })],
      ['key', (s: string) => ({ privateKeyRaw: s, nested: [{ token: plant(`${kind} conf key, list`) }] })],
    ] as const)
      await made('PUT', `/metadata/${kind}/mqtt/confKeys/${kind}-${name}`, props(plant(`${kind} conf key, ${name}`)));
  for (const id of ['con1', 'con2'])
    await made('POST', '/connections', { id, typ: 'mqtt', props: { ...MQTT, password: plant('connection') } });
  await made('PUT', '/connections/con2', { typ: 'mqtt', props: { ...MQTT, password: plant('connection, changed') } });
  for (const name of ['one', 'two']) await made('PUT', `/secrets/${name}`, { value: plant('named secret') });
  await made('PUT', '/secrets/one', { value: plant('named secret, changed') });
  await made('POST', '/streams', { sql: 'CREATE STREAM demo () WITH (DATASOURCE="d", TYPE="memory", FORMAT="JSON")' });
  await made('POST', '/streams', {
    sql: `CREATE STREAM extra () WITH (DATASOURCE="d", TYPE="mqtt", FORMAT="JSON", EXTRA="{\\"server\\":\\"tcp://127.0.0.1:1\\",\\"password\\":\\"${plant('stream, EXTRA')}\\"}")`,
  });
  await made('POST', '/streams', {
    sql: `CREATE STREAM source () WITH (DATASOURCE="http://joe:${plant('stream, DATASOURCE')}@127.0.0.1/x", TYPE="mqtt", FORMAT="JSON")`,
  });
  await made('PUT', '/streams/extra', {
    sql: `CREATE STREAM extra () WITH (DATASOURCE="e", TYPE="mqtt", FORMAT="JSON", EXTRA="{\\"server\\":\\"tcp://127.0.0.1:1\\",\\"password\\":\\"${plant('stream, changed')}\\"}")`,
  });
  const rest = (headers: object) => ({ rest: { url: 'http://127.0.0.1:1/', method: 'post', headers } });
  const actions = [
    [{ mqtt: { ...MQTT, username: 'u', password: plant('action, password') } }],
    [rest({ Authorization: `Bearer ${plant('action, bearer')}` }), { nop: {} }],
    [rest({ 'X-Auth-Token': plant('action, token'), Cookie: plant('action, cookie') })],
    [{ rest: { url: `http://127.0.0.1:1/?api_key=${plant('action, query')}` } }],
    [{ rest: { url: `http://joe:${plant('action, url')}@127.0.0.1:1/` } }],
    [{ rest: { url: 'http://127.0.0.1:1/', dataTemplate: `{"password":"${plant('action, template')}"}` } }],
    [{ mqtt: { ...MQTT, password: '${secret:one}' } }, rest({ Authorization: 'Bearer ${secret:two}' })],
  ];
  for (const [i, list] of actions.entries()) await made('POST', '/rules', { id: `r${i}`, sql: 'SELECT * FROM demo', actions: list });
  await made('PUT', '/rules/r0', {
    id: 'r0',
    sql: 'SELECT * FROM demo',
    actions: [{ mqtt: { ...MQTT, password: plant('action, changed') } }],
  });
  await made('POST', '/rules', {
    id: 'graph',
    graph: {
      nodes: {
        s: { type: 'source', nodeType: 'mqtt', props: { datasource: 'x', server: 'tcp://127.0.0.1:1', password: plant('graph, source') } },
        o: { type: 'sink', nodeType: 'mqtt', props: { ...MQTT, password: plant('graph, sink') } },
      },
      topo: { sources: ['s'], edges: { s: ['o'] } },
    },
  });
  const set = (secret: string, bad: object) => ({
    content: JSON.stringify({
      sourceConfig: { mqtt: JSON.stringify({ imported: { password: secret } }) },
      connectionConfig: { mqtt: JSON.stringify({ imported: { password: plant('import, connection') } }) },
      rules: {
        imported: JSON.stringify({
          id: 'imported',
          sql: 'SELECT * FROM demo',
          actions: [{ mqtt: { ...MQTT, password: plant('import, rule') } }],
        }),
        ...bad,
      },
    }),
  });
  await made('POST', '/data/import?partial=1', set(plant('import, conf key'), {}));
  // what is refused is refused without telling
  expect((await call('POST', '/data/import?partial=1', set(plant('import, refused'), { bad: '{}' }))).status).toBe(400);
  const refused = [
    ['POST', '/rules', { id: 'bad', sql: 'SELECT nothing() FROM', actions: [{ mqtt: { password: plant('refused rule') } }] }],
    ['POST', '/rules', { id: 'bad', sql: 'SELECT * FROM demo', actions: [{ mqtt: { password: plant('refused action'), qos: 9 } }] }],
    ['POST', '/rules', `{"id":"bad","actions":[{"mqtt":{"password":"${plant('refused JSON')}"`],
    ['POST', '/connections', { id: 'a/b', typ: 'mqtt', props: { password: plant('refused connection') } }],
    ['PUT', '/metadata/sources/mqtt/confKeys/bad', `{"password":"${plant('refused conf key')}"`],
    ['POST', '/metadata/sources/connection/mqtt', { server: 'tcp://127.0.0.1:1', password: plant('refused probe') }],
    ['POST', '/restore', { backup: 'AAAA', passphrase: plant('pass phrase') }],
  ] as const;
  for (const [method, path, body] of refused) expect((await call(method, path, body)).status, path).toBeGreaterThanOrEqual(400);
  const backup = await daemon.call('POST', '/backup', { passphrase: plant('pass phrase of a backup'), state: true });
  expect(backup.status).toBe(200);
  await made('POST', '/secrets/rekey', {});
  for (const path of [
    '/rules',
    '/streams',
    '/tables',
    '/connections',
    '/secrets',
    '/data/export',
    '/v2/data/export',
    '/data/import/report',
    '/metadata/resources',
    '/metadata/sources/yaml/mqtt',
    '/metadata/sinks/yaml/mqtt',
    '/metadata/connections/yaml/mqtt',
    '/metadata/resource',
    '/connections/con1',
    '/streams/extra',
    '/streams/source',
    '/rules/graph',
    ...actions.flatMap((_a, i) => [
      `/rules/r${i}`,
      `/rules/r${i}/status`,
      `/rules/r${i}/health`,
      `/rules/r${i}/topo`,
      `/rules/r${i}/explain`,
    ]),
  ])
    await call('GET', path);
  await call('POST', '/ruleset/export');
  await call('POST', '/data/export', ['r0', 'graph']);
  // every other address that there is to read, with the names that are there
  const names: Record<string, string> = { type: 'mqtt', confKey: 'sources-password', plugin: 'mqtt' };
  const kinds: [RegExp, string][] = [
    [/^\/rules/, 'r0'],
    [/^\/streams/, 'extra'],
    [/^\/connections/, 'con2'],
  ];
  const { paths } = JSON.parse((await daemon.call('GET', '/openapi.json')).text) as { paths: Record<string, { get?: unknown }> };
  const readable = Object.keys(paths).filter((p) => paths[p]!.get && !/^\/(stop|live)/.test(p));
  expect(readable.length).toBeGreaterThan(60);
  for (const path of readable) {
    const fallback = kinds.find(([kind]) => kind.test(path))?.[1] ?? 'mqtt';
    await call(
      'GET',
      path.replace(/\{(\w+)\}/g, (_all, name: string) => names[name] ?? fallback),
    );
  }
  expect(daemon.lines.length).toBeGreaterThanOrEqual(3);

  const look = (place: string, text: string) =>
    [...planted].filter(([secret]) => text.includes(secret)).map(([, door]) => `${door} in ${place}`);
  const everywhere = () => [
    ...filesBelow(join(root, 'data')).flatMap((f) => look(f.slice(root.length), readFileSync(f).toString('latin1'))),
    ...filesBelow(join(root, 'log')).flatMap((f) => look(f.slice(root.length), readFileSync(f).toString('latin1'))),
    ...answers.flatMap((text) => look(text.slice(0, 60), text)),
    ...daemon.lines.flatMap((l) => look(`log: ${String(l['msg'])}`, JSON.stringify(l))),
    ...look('the backup', backup.text),
  ];
  expect(planted.size).toBeGreaterThanOrEqual(50);
  expect(filesBelow(join(root, 'data')).filter((f) => statSync(f).size > 0).length).toBeGreaterThan(5);
  expect(everywhere()).toEqual([]);
  await daemon.stop('SIGKILL');
  expect(everywhere()).toEqual([]);
  // and they are not lost: the next start has them
  const again = await runDaemon(root);
  const rules = JSON.parse((await again.call('GET', '/rules')).text) as { id: string; status: string }[];
  expect(rules.map((r) => r.id)).toContain('r6');
  expect((await again.call('PUT', '/rules/r1', (await again.call('GET', '/rules/r1')).text)).status).toBe(200);
  expect((await again.call('GET', '/rules/r1/health')).text).not.toContain('set them again');
  await again.stop();
  expect(everywhere()).toEqual([]);
}, 120_000);
