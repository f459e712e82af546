// Changes that are watched by the gateway itself: whoever asked for them may be killed, and so may the gateway.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GuardState } from '../../../src/service/guarded/guard.ts';
import { type RunningDaemon, runDaemon } from '../../daemon/daemon-process.ts';

const PROGRAM = join(import.meta.dirname, '../../..');
const GOOD = 'SELECT v FROM feed';
/** Every row fails: the rule gets worse. */
const BAD = 'SELECT v FROM feed WHERE name > 62';

describe('changes on watch', () => {
  let folder: string;
  let daemon: RunningDaemon;
  const rest = async (method: string, path: string, body?: unknown): Promise<string> => {
    const { status, text } = await daemon.call(method, path, body);
    if (status >= 400) throw new Error(`${method} ${path}: ${status} ${text}`);
    return text;
  };
  const put = (rule: string, sql: string) => ({ op: 'put_rule', rule, definition: { sql, actions: [{ nop: {} }] } });
  const sqlOf = async (rule: string) => (JSON.parse(await rest('GET', `/rules/${rule}`)) as { sql: string }).sql;
  const watchOf = async (id: string) => JSON.parse(await rest('GET', `/changes/watched/${id}`)) as GuardState;
  const ended = async (id: string): Promise<GuardState> => {
    await expect.poll(async () => (await watchOf(id)).phase, { timeout: 30_000 }).toMatch(/^(kept|reverted)$/);
    return watchOf(id);
  };
  const begin = async (changes: unknown[], more: object = {}) =>
    JSON.parse(await rest('POST', '/changes/watched', { changes, watchSeconds: 60, ...more })) as GuardState;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kuiper-guard-'));
    daemon = await runDaemon(join(folder, 'root'));
    await rest('PUT', '/metadata/sources/simulator/confKeys/feed', { data: [{ v: 1, name: 'a' }], interval: '20ms', loop: true });
    await rest('POST', '/streams', { sql: 'CREATE STREAM feed () WITH (TYPE="simulator", CONF_KEY="feed", FORMAT="json")' });
    for (const id of ['good', 'other']) await rest('POST', '/rules', { id, sql: GOOD, actions: [{ nop: {} }] });
    await rest('POST', '/rules/other/stop');
  }, 60_000);
  afterAll(async () => {
    if (daemon?.child.exitCode === null) await daemon.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  // @covers issue:23#4
  test('a bad change is taken back though nobody asks again: rules and streams are what they were, in reverse order', async () => {
    const { id, targets } = await begin([
      { op: 'put_stream', sql: 'CREATE STREAM fresh () WITH (TYPE="memory", DATASOURCE="x", FORMAT="json")' },
      put('new', 'SELECT * FROM fresh'),
      { op: 'delete_rule', rule: 'other' },
      put('good', BAD),
    ]);
    expect(targets).toEqual(['stream fresh', 'rule new', 'rule other', 'rule good']);
    const state = await ended(id);
    expect(state).toMatchObject({ phase: 'reverted', notReverted: [], reasons: [expect.stringMatching(/^Rule good: /)] });
    expect([await sqlOf('good'), await sqlOf('other')]).toEqual([GOOD, GOOD]);
    expect(JSON.parse(await rest('GET', '/streams'))).toEqual(['feed']);
    const rules = JSON.parse(await rest('GET', '/rules')) as { id: string; status: string }[];
    expect(rules.map((r) => [r.id, r.status]).sort()).toEqual([
      ['good', 'running'],
      ['other', 'stopped'],
    ]);
  }, 60_000);

  test('a good change is kept when its time is over, and only one set is on watch', async () => {
    const { id } = await begin([put('good', 'SELECT v * 2 AS w FROM feed')], { watchSeconds: 2 });
    const second = await daemon.call('POST', '/changes/watched', { changes: [put('good', GOOD)] });
    expect([second.status, JSON.parse(second.text).message]).toEqual([
      400,
      'other changes are on watch (rule good); try again when that is over',
    ]);
    const state = await ended(id);
    expect(state).toMatchObject({ phase: 'kept', reasons: [], notReverted: [] });
    expect(state.watchedMs).toBeGreaterThanOrEqual(1900);
    expect(await sqlOf('good')).toBe('SELECT v * 2 AS w FROM feed');
    await rest('PUT', '/rules/good', { sql: GOOD, actions: [{ nop: {} }] });
  }, 60_000);

  test('a step that is refused takes back those before it', async () => {
    const { id } = await begin([put('good', 'SELECT v + 1 AS w FROM feed'), put('broken', 'SELECT v FROM nowhere')]);
    expect(await ended(id)).toMatchObject({
      phase: 'reverted',
      reasons: [expect.stringMatching(/^rule broken: .*nowhere/)],
      notReverted: [],
    });
    expect(await sqlOf('good')).toBe(GOOD);
    expect((await daemon.call('GET', '/rules/broken')).status).toBe(404);
  }, 60_000);

  test.each([
    [
      'something else than was expected is there',
      [put('good', BAD)],
      { expected: { 'rule good': '{}' } },
      /^rule good was changed since the plan was made/,
    ],
    ['one target is named twice', [put('good', GOOD), { op: 'stop_rule', rule: 'good' }], {}, /^rule good is changed twice/],
    ['the watch is too long', [put('good', GOOD)], { watchSeconds: 301 }, /watchSeconds/],
    [
      'a secret is in it',
      [{ op: 'put_rule', rule: 'x', definition: { sql: GOOD, actions: [{ mqtt: { password: 'hunter2' } }] } }],
      {},
      /password is a secret/,
    ],
    ['there is nothing to do', [], {}, /^changes: expected 1 to 20$/],
  ])('all of it is refused when %s', async (_why, changes, more, message) => {
    const { status, text } = await daemon.call('POST', '/changes/watched', { changes, ...more });
    expect(status).toBe(400);
    expect(JSON.parse(text).message).toMatch(message);
    expect(await sqlOf('good')).toBe(GOOD);
    expect((await daemon.call('GET', '/changes/watched/none')).status).toBe(404);
  });

  test('the program of an assistant that is killed while its plan is watched changes nothing: the gateway takes a bad plan back', async () => {
    const child = spawn(
      join(PROGRAM, 'node_modules/node/bin/node'),
      [join(PROGRAM, 'src/cli/main.ts'), '--url', daemon.url, 'mcp', '--allow-changes'],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    let out = '';
    child.stdout.on('data', (d: Buffer) => (out += d.toString()));
    const send = (message: object) => child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
    const call = (id: number, name: string, args: object) => send({ id, method: 'tools/call', params: { name, arguments: args } });
    send({
      id: 0,
      method: 'initialize',
      params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 't', version: '0' } },
    });
    await expect.poll(() => out, { timeout: 20_000 }).toContain('"id":0');
    send({ method: 'notifications/initialized' });
    call(1, 'plan_changes', { changes: [put('good', BAD)], reason: 'a try' });
    await expect.poll(() => out, { timeout: 20_000 }).toMatch(/plan-[0-9a-f]{8}/);
    call(2, 'apply_plan', { plan: /plan-[0-9a-f]{8}/.exec(out)?.[0], watchSeconds: 60 });
    await expect.poll(() => sqlOf('good'), { timeout: 20_000, interval: 20 }).toBe(BAD);
    child.kill('SIGKILL');
    await expect.poll(() => sqlOf('good'), { timeout: 30_000 }).toBe(GOOD);
    expect(out).not.toContain('"id":2');
    await expect
      .poll(async () => JSON.parse(await rest('GET', '/changes/watched')) as unknown, { timeout: 30_000 })
      .toMatchObject({ phase: 'reverted', by: 'assistant', reason: 'a try' });
  }, 90_000);

  test('a gateway that is killed while changes are on watch takes them back when it starts again', async () => {
    await begin([put('good', 'SELECT v + 5 AS w FROM feed'), { op: 'start_rule', rule: 'other' }]);
    await expect.poll(() => sqlOf('good'), { timeout: 20_000, interval: 20 }).toBe('SELECT v + 5 AS w FROM feed');
    await expect.poll(async () => (JSON.parse(await rest('GET', '/changes/watched')) as GuardState).phase).toBe('watching');
    daemon.child.kill('SIGKILL');
    await daemon.ended;
    daemon = await runDaemon(join(folder, 'root'));
    expect(await sqlOf('good')).toBe(GOOD);
    const rules = JSON.parse(await rest('GET', '/rules')) as { id: string; status: string }[];
    expect(rules.find((r) => r.id === 'other')!.status).toBe('stopped');
    expect(JSON.parse(await rest('GET', '/changes/watched'))).toMatchObject({
      phase: 'reverted',
      reasons: ['The gateway ended while the changes were on watch.'],
      notReverted: [],
    });
    // and not once more
    await daemon.stop();
    daemon = await runDaemon(join(folder, 'root'));
    expect(JSON.parse(await rest('GET', '/changes/watched'))).toBeNull();
  }, 90_000);
});
