// The data server and what users reach through it, on the real kuiperd: httppush with dead letters and log file, trials beside it, and the
// position of a source set over REST.
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sqlite3 from 'sqlite3';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { freePort } from '../helpers/free-port.ts';
import { type RunningDaemon, runDaemon } from './daemon-process.ts';

let root: string;
let daemon: RunningDaemon | undefined;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kuiper-data-'));
});
afterEach(async () => {
  await daemon?.stop('SIGKILL');
  daemon = undefined;
  rmSync(root, { recursive: true, force: true });
});

const call = async (method: string, path: string, body?: unknown) => {
  const answer = await daemon!.call(method, path, body);
  expect(answer.status, answer.text).toBeLessThan(300);
  return answer.text;
};
const lines = (file: string) =>
  readFileSync(join(root, file), 'utf8')
    .trim()
    .split('\n')
    .map((l) => JSON.parse(l) as Record<string, unknown>);

describe('data server', () => {
  test('bodies pushed to a stream come out; what fails is in the dead letters and in the log of the rule', async () => {
    const port = await freePort();
    daemon = await runDaemon(root, { KUIPER__SOURCE__HTTPSERVERPORT: String(port) });
    await call('POST', '/streams', { sql: 'CREATE STREAM h () WITH (TYPE="httppush", DATASOURCE="/push", FORMAT="json")' });
    const file = (name: string, more = {}) => ({
      file: { path: join(root, name), sendSingle: true, rollingCount: 1000, sync: 'system', ...more },
    });
    await call('POST', '/rules', {
      id: 'r',
      sql: 'SELECT a + 1 AS b FROM h WHERE a > 0',
      actions: [file('out'), file('dead', { deadLetter: true })],
      options: { logFilename: 'r.log' },
    });
    const push = (body: string) => fetch(`http://127.0.0.1:${port}/push`, { method: 'POST', body }).then((r) => r.text());
    await vi.waitFor(async () => expect(await push('{"a":1}')).toBe('ok'), { timeout: 5000, interval: 20 });
    expect([await push('{oops'), await push('{"a":"x"}'), await push('{"a":2}')]).toEqual(['ok', 'ok', 'ok']);
    // a web page of elsewhere may not push
    const foreign = await fetch(`http://127.0.0.1:${port}/push`, {
      method: 'POST',
      body: '{}',
      headers: { origin: 'http://elsewhere.example' },
    });
    expect(foreign.status).toBe(403);
    const health = JSON.parse(await call('GET', '/rules/r/health')) as { deadLetters: number };
    expect(health.deadLetters).toBe(2);
    await call('POST', '/rules/r/stop');
    await vi.waitFor(() => expect(lines('out')).toEqual([{ b: 2 }, { b: 3 }]));
    expect(lines('dead')).toMatchObject([
      { rule: 'r', kind: 'source', op: 'h', data: '{oops' },
      { rule: 'r', kind: 'operator', data: { a: 'x' } },
    ]);
    const logged = () => lines('log/r.log').map((l) => l['msg']);
    await vi.waitFor(() => expect(logged()).toEqual(expect.arrayContaining(['A message failed.', 'A row failed.'])));
    // and one line for each new kind of failure of the rule
    expect(logged()).toHaveLength(5);
    expect(logged().filter((m) => String(m).includes('kuiper diag'))).toHaveLength(2);
  });

  test('a viewer reads there and pushes nothing; an admin may', async () => {
    const port = await freePort();
    const hash = (token: string) => createHash('sha256').update(token).digest('hex');
    mkdirSync(join(root, 'etc/mgmt'), { recursive: true });
    writeFileSync(join(root, 'etc/mgmt/tokens'), `box admin ${hash('one')}\npanel viewer ${hash('two')}\n`);
    daemon = await runDaemon(root, {
      KUIPER__BASIC__AUTHENTICATION: 'true',
      KUIPER__SOURCE__HTTPSERVERPORT: String(port),
      KUIPER__SOURCE__HTTPSERVERIP: '0.0.0.0',
    });
    const rest = async (path: string, body: unknown) => {
      const answer = await fetch(daemon!.url + path, { method: 'POST', headers: { authorization: 'one' }, body: JSON.stringify(body) });
      expect(answer.status, await answer.text()).toBe(201);
    };
    await rest('/streams', { sql: 'CREATE STREAM h () WITH (TYPE="httppush", DATASOURCE="/push", FORMAT="json")' });
    await rest('/rules', { id: 'r', sql: 'SELECT * FROM h', actions: [{ sse: { endpoint: '/events' } }] });
    const answer = async (token: string, path: string, method: string) => {
      const ended = new AbortController();
      const r = await fetch(`http://127.0.0.1:${port}${path}`, {
        method,
        headers: { authorization: token },
        ...(method === 'GET' ? {} : { body: '{"a":1}' }),
        signal: ended.signal,
      });
      ended.abort();
      return r.status;
    };
    await vi.waitFor(async () => expect(await answer('one', '/push', 'POST')).toBe(200), { timeout: 5000, interval: 20 });
    expect(await answer('two', '/events', 'GET')).toBe(200);
    for (const method of ['POST', 'PUT', 'DELETE']) expect(await answer('two', '/push', method)).toBe(403);
    expect(await answer('three', '/push', 'POST')).toBe(401);
    const got = await fetch(`${daemon.url}/rules/r/health`, { headers: { authorization: 'two' } });
    expect(await got.text()).toMatch(/"ok": ?true/);
  });

  test('is refused to the network without credentials, and status says so', async () => {
    const port = await freePort();
    daemon = await runDaemon(root, { KUIPER__SOURCE__HTTPSERVERPORT: String(port), KUIPER__SOURCE__HTTPSERVERIP: '0.0.0.0' });
    await call('POST', '/streams', { sql: 'CREATE STREAM h () WITH (TYPE="httppush", DATASOURCE="/push", FORMAT="json")' });
    await call('POST', '/rules', { id: 'r', sql: 'SELECT * FROM h', actions: [{ nop: {} }] });
    await vi.waitFor(async () => expect(await call('GET', '/rules/r/status')).toContain('basic.authentication is false'), {
      timeout: 5000,
      interval: 50,
    });
    await expect(fetch(`http://127.0.0.1:${port}/push`, { method: 'POST', body: '{}' })).rejects.toThrow();
  });
});

test('reset_state sets the position of a source of a running rule', async () => {
  await new Promise<void>((resolve, reject) => {
    const db = new sqlite3.Database(join(root, 'a.db'), (e) => {
      if (e) return reject(e);
      db.exec('CREATE TABLE t (id INTEGER); INSERT INTO t VALUES (1),(2),(3),(4)', (e2) => (e2 ? reject(e2) : db.close(() => resolve())));
    });
  });
  writeFileSync(join(root, 'out'), '');
  daemon = await runDaemon(root);
  await call('PUT', '/metadata/sources/sql/confKeys/k', {
    dburl: `sqlite:${join(root, 'a.db')}`,
    interval: '20ms',
    internalSqlQueryCfg: { table: 't', indexField: 'id', limit: 10 },
  });
  await call('POST', '/streams', { sql: 'CREATE STREAM q () WITH (TYPE="sql", CONF_KEY="k", FORMAT="json")' });
  await call('POST', '/rules', {
    id: 'r',
    sql: 'SELECT id FROM q',
    actions: [{ file: { path: join(root, 'out'), sendSingle: true, rollingCount: 1000 } }],
  });
  const received = async () =>
    (JSON.parse(await call('GET', '/rules/r/status')) as Record<string, unknown>)['sink_file_0_0_records_out_total'];
  await vi.waitFor(async () => expect(await received()).toBe(4), { timeout: 5000, interval: 20 });
  const reset = (input: unknown, streamName = 'q') =>
    daemon!.call('PUT', '/rules/r/reset_state', { type: 1, params: { streamName, input } });
  expect(await reset({ id: 2 })).toMatchObject({ status: 200, text: 'success' });
  await vi.waitFor(async () => expect(await received()).toBe(6), { timeout: 5000, interval: 20 });
  for (const [answer, text] of [
    [await reset({ nope: 1 }), 'the position needs a value of id'],
    [await reset(5), 'params.input must be an object'],
    [await reset({ id: 1 }, 'other'), 'stream other not found in topo'],
  ] as const) {
    expect(answer.status).toBe(400);
    expect(answer.text).toContain(text);
  }
  await call('POST', '/rules/r/stop');
  expect((await reset({ id: 1 })).text).toContain('rule r should be running when modify state');
  expect(lines('out').map((l) => l['id'])).toEqual([1, 2, 3, 4, 3, 4]);
});
