// /settings and /mqtt/users of a running gateway: what an owner changes is checked, kept, and taken; what would keep the next start out is refused.
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRealClock } from '../../src/base/clock.ts';
import { createMemoryLog } from '../../src/base/log.ts';
import { runCli } from '../../src/cli/cli.ts';
import { createFolders, foldersOf } from '../../src/config/index.ts';
import { createConfiguration } from '../../src/daemon/configuration.ts';
import { passwordMatches, type UsersFile } from '../../src/ingress/users.ts';
import { json } from '../../src/rest/reply.ts';
import { createRouter } from '../../src/rest/router.ts';
import { ownerRoutes } from '../../src/rest/routes/owner.ts';
import { openRestServer, type RestServer } from '../../src/rest/server.ts';
import { createMqttUsers, createOwnerSettings } from '../../src/service/index.ts';

let root = '';
let program: RestServer;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'owner-rest-'));
  const folders = foldersOf(root);
  createFolders(folders);
  const clock = createRealClock();
  const { log } = createMemoryLog();
  const configuration = createConfiguration({ folders, env: {}, configFile: undefined, clock, log });
  configuration.load();
  const settings = createOwnerSettings({ folders, env: {}, reload: () => void configuration.load(true) });
  const info = { method: 'GET', path: '/', handle: () => json({ version: '0.2.0', upTimeSeconds: 5 }) } as const;
  program = await openRestServer({
    ip: '127.0.0.1',
    port: 0,
    tls: undefined,
    router: Promise.resolve(createRouter([info, ...ownerRoutes({ settings, mqttUsers: createMqttUsers(folders.etc) })])),
    clock,
    log,
    credentials: () => undefined,
    allowedHosts: () => [],
    auditLog: () => false,
  });
});
afterAll(async () => {
  program.destroy();
  await program.close();
  rmSync(root, { recursive: true, force: true });
});

const call = async (method: string, path: string, body?: unknown) => {
  const answer = await fetch(program.url + path, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const text = await answer.text();
  return { status: answer.status, body: /^[[{]/.test(text) ? (JSON.parse(text) as any) : text };
};
const cli = async (...args: string[]) => {
  const lines: string[] = [];
  const code = await runCli(['--url', program.url, ...args], { KUIPER_STRICT: '1' }, (text) => void lines.push(text));
  return { code, text: lines.join('\n') };
};

// @covers issue:16#5
test('a setting is read with its place, set, kept in a file of the owner, and taken back', async () => {
  const before = await call('GET', '/settings/basic.enablePrivateNet');
  expect(before.body).toMatchObject({ value: false, owner: false, takesEffect: 'now' });
  expect((await call('PUT', '/settings/BASIC.enableprivatenet', { value: true })).body).toMatchObject({
    path: 'basic.enablePrivateNet',
    value: true,
    owner: true,
  });
  expect(JSON.parse(readFileSync(join(root, 'etc/owner.json'), 'utf8'))).toEqual({ basic: { enablePrivateNet: true } });
  expect((await call('DELETE', '/settings/basic.enablePrivateNet')).body).toMatchObject({ value: false, owner: false });
  expect(JSON.parse(readFileSync(join(root, 'etc/owner.json'), 'utf8'))).toEqual({});
});

test('all settings are listed, secrets masked', async () => {
  const { body } = await call('GET', '/settings');
  const paths = body.map((s: { path: string }) => s.path);
  for (const path of ['basic.logLevel', 'rule.qos', 'sink.maxDiskCache', 'store.minFreeBytes']) expect(paths).toContain(path);
});

test.each([
  ['basic.restPort', 70_000, 400, 'not a port'],
  ['basic.logLevel', 'loud', 400, 'one of'],
  ['basic.aesKey', 'AAAAAAAAAAAAAAAAAAAAAA==', 400, 'is a secret'],
  ['basic.nothing', 1, 404, 'there is no setting'],
  ['basic.enablePrivateNett', true, 404, 'did you mean basic.enablePrivateNet'],
  // open without a token: the next start would end with it
  ['basic.restIp', '0.0.0.0', 400, 'without credentials'],
])('%s = %j is refused and nothing is changed', async (path, value, status, text) => {
  await call('PUT', '/settings/basic.debug', { value: true });
  const before = readFileSync(join(root, 'etc/owner.json'), 'utf8');
  const answer = await call('PUT', `/settings/${path}`, { value });
  expect(answer.status).toBe(status);
  expect(JSON.stringify(answer.body)).toContain(text);
  expect(JSON.parse(readFileSync(join(root, 'etc/owner.json'), 'utf8'))).toEqual(JSON.parse(before));
});

test('users of the MQTT listener: added with a password, changed without, removed; the password is shown nowhere', async () => {
  expect((await call('PUT', '/mqtt/users/press1', { publish: ['plant/#'] })).body).toMatchObject({
    message: 'a new user needs a password',
  });
  expect((await call('PUT', '/mqtt/users/press1', { password: 'a long one', publish: ['plant/#'] })).body).toEqual({
    name: 'press1',
    publish: ['plant/#'],
    subscribe: [],
  });
  expect((await call('PUT', '/mqtt/users/press1', { subscribe: ['cmd/%u'] })).body).toEqual({
    name: 'press1',
    publish: ['plant/#'],
    subscribe: ['cmd/%u'],
  });
  const file = join(root, 'etc/mqtt/users.json');
  const { users } = JSON.parse(readFileSync(file, 'utf8')) as UsersFile;
  expect(passwordMatches(users[0]!, 'a long one')).toBe(true);
  expect(passwordMatches(users[0]!, 'a long two')).toBe(false);
  expect(statSync(file).mode & 0o007).toBe(0);
  expect(JSON.stringify((await call('GET', '/mqtt/users')).body)).not.toMatch(/hash|salt/);
  expect((await call('PUT', '/mqtt/users/kuiper', { password: 'a long one', publish: ['#'] })).status).toBe(400);
  expect((await call('PUT', '/mqtt/users/x', { password: 'a long one', publish: ['a/#/b'] })).body.message).toContain(
    'is not a topic filter',
  );
  expect((await call('PUT', '/mqtt/users/x', { password: 'short', publish: ['a'] })).body.message).toContain('8 to 64');
  expect((await call('DELETE', '/mqtt/users/press1')).status).toBe(200);
  expect((await call('DELETE', '/mqtt/users/press1')).status).toBe(404);
  expect((await call('GET', '/mqtt/users')).body).toEqual([]);
});

test('the command line does the same', async () => {
  expect((await cli('system', 'config', 'set', 'basic.logLevel', 'warn')).text).toContain('basic.logLevel = "warn"');
  expect((await cli('system', 'config', 'get', 'basic.logLevel')).text).toContain('owner.json');
  expect((await cli('system', 'config', 'unset', 'basic.logLevel')).text).toContain('basic.logLevel = "info"');
  expect((await cli('system', 'config', 'set', 'basic.restPort', '9082')).text).toContain('at the next start of the gateway');
  expect(await cli('system', 'config', 'set', 'basic.restPort', 'x')).toMatchObject({ code: 1 });
  expect((await cli('create', 'mqttuser', 'press2', '--password', 'a long one', '--publish', 'a/#,b', '--subscribe', 'c')).text).toContain(
    'press2   publish: a/#, b   subscribe: c',
  );
  expect((await cli('show', 'mqttusers')).text).toContain('press2');
  expect((await cli('drop', 'mqttuser', 'press2')).text).toContain('is removed');
  expect((await cli('system', 'reset')).text).toContain('--yes');
  const status = await cli('system', 'status');
  expect(status.code).toBe(0);
  expect(status.text).toMatch(/Gateway {6}\d+\.\d+\.\d+, running for \d+ s/);
});
