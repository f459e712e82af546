// /system/update of a gateway and `kuiper system update` from another machine: what is passed on, what is refused, what is shown.
import { hash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createRealClock } from '../../src/base/clock.ts';
import { GatewayError } from '../../src/base/errors/gateway-error.ts';
import { createMemoryLog } from '../../src/base/log.ts';
import { runCli } from '../../src/cli/cli.ts';
import { CliError } from '../../src/cli/cli-error.ts';
import { createClient } from '../../src/cli/client.ts';
import { progress, statusText } from '../../src/cli/commands/system-update.ts';
import { sendBundle } from '../../src/cli/send-bundle.ts';
import { createRouter } from '../../src/rest/router.ts';
import { systemUpdateRoutes } from '../../src/rest/routes/system-update.ts';
import { openRestServer, type RestServer } from '../../src/rest/server.ts';
import { createBundleUpload } from '../../src/system/update/bundle-upload.ts';
import type { UpdateInstaller, UpdateStatus } from '../../src/system/update/installer.ts';

const STATUS: UpdateStatus = {
  booted: { slot: 'B', version: '0.2.0' },
  phase: 'idle',
  text: 'No update is under way.',
  confirmed: 'B',
  canGoBack: true,
  last: {
    id: '7',
    by: 'hawkbit 17',
    version: '0.3.0',
    from: '0.2.0',
    result: 'rolled-back',
    code: 'UPDATE_NOT_HEALTHY',
    reason: 'rule hot does not run',
    atMs: Date.UTC(2026, 0, 2, 3, 4),
  },
  problems: ['boot1.env was repaired'],
};

let rest: RestServer;
let calls: unknown[];
let status: UpdateStatus | undefined;
/** What the updater was given as a file. */
let installed: Buffer | undefined;
let freeBytes: number;
const folder = mkdtempSync(join(tmpdir(), 'bundle-'));
const upload = createBundleUpload(folder, () => freeBytes);
beforeAll(async () => {
  const installer: UpdateInstaller = {
    install(source, options) {
      calls.push([source, options]);
      if ('file' in source) installed = readFileSync(source.file);
      if ('url' in source && source.url.endsWith('/old'))
        return Promise.reject(new GatewayError('UPDATE_OLDER', { bundle: '0.1.0', device: '0.2.0' }));
      return Promise.resolve({ id: '8', version: '0.4.0', slot: 'A', restart: options.restart ?? 'window' });
    },
    status: () => Promise.resolve(STATUS),
    confirm: (by) => Promise.resolve(void calls.push(['confirm', by])),
    restart: () => Promise.resolve(void calls.push(['restart'])),
    rollback: (by) => Promise.resolve(void calls.push(['rollback', by])),
  };
  const { log } = createMemoryLog();
  rest = await openRestServer({
    ip: '127.0.0.1',
    port: 0,
    tls: undefined,
    router: Promise.resolve(
      createRouter(
        systemUpdateRoutes(
          () => Promise.resolve({ installer, read: () => status }),
          () => Promise.resolve(upload),
        ),
      ),
    ),
    clock: createRealClock(),
    log,
    credentials: () => undefined,
    allowedHosts: () => [],
    auditLog: () => false,
  });
});
afterAll(async () => {
  rest.destroy();
  await rest.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  calls = [];
  status = STATUS;
  installed = undefined;
  freeBytes = 1e12;
});

const post = async (path: string, body: unknown = {}) => {
  const answer = await fetch(rest.url + path, { method: 'POST', body: JSON.stringify(body) });
  const text = await answer.text();
  return { status: answer.status, body: /^[[{]/.test(text) ? (JSON.parse(text) as Record<string, unknown>) : text };
};
const cli = async (...args: string[]) => {
  const lines: string[] = [];
  const code = await runCli(['--url', rest.url, ...args], {}, (text) => void lines.push(text));
  return { code, text: lines.join('\n') };
};

// @covers issue:17#1
test('the status is what the updater left; elsewhere than on the appliance it is 404 with a reason', async () => {
  expect(await (await fetch(`${rest.url}/system/update`)).json()).toEqual(STATUS);
  status = undefined;
  const answer = await fetch(`${rest.url}/system/update`);
  expect(answer.status).toBe(404);
  expect(await answer.text()).toContain('This machine has no updater: it is no appliance');
});

test('an installation passes its options on, and the error of the updater back', async () => {
  const body = { url: 'https://x/y', restart: 'now', sha256: 'ab', allowDowngrade: true };
  expect(await post('/system/update', body)).toEqual({ status: 200, body: { id: '8', version: '0.4.0', slot: 'A', restart: 'now' } });
  expect(await post('/system/update', { usb: true })).toMatchObject({ status: 200 });
  expect(calls).toEqual([
    [{ url: 'https://x/y' }, { by: 'rest', sha256: 'ab', restart: 'now', allowDowngrade: true }],
    [{ usb: true }, { by: 'rest' }],
  ]);
  expect(await post('/system/update', { url: 'https://x/old' })).toMatchObject({
    status: 400,
    body: { message: 'The bundle has version 0.1.0, 0.2.0 runs' },
  });
});

test('an installation of nothing, of two things, or with a wrong word is refused before the updater is asked', async () => {
  for (const body of [{}, { url: 'https://x/y', usb: true }, { usb: false }, { url: 'https://x/y', restart: 'soon' }])
    expect((await post('/system/update', body)).status, JSON.stringify(body)).toBe(400);
  expect(calls).toEqual([]);
});

test('confirm, restart and rollback reach the updater with the name of the caller', async () => {
  for (const path of ['confirm', 'restart', 'rollback']) expect((await post(`/system/update/${path}`)).status).toBe(200);
  expect(calls).toEqual([['confirm', 'rest'], ['restart'], ['rollback', 'rest']]);
});

test('the command line shows slot, last update with its reason, the way back and problems', async () => {
  const { code, text } = await cli('system', 'update', 'status');
  expect(code).toBe(0);
  expect(text.split('\n')).toEqual([
    'Slot         B, version 0.2.0',
    'Update       No update is under way.',
    'Last update  0.3.0 was left, back to 0.2.0 (2026-01-02 03:04 UTC, by hawkbit 17)',
    '             UPDATE_NOT_HEALTHY: rule hot does not run',
    '             the previous version can be booted again: kuiper system update rollback',
    '             problem: boot1.env was repaired',
  ]);
  expect(statusText({ ...STATUS, confirmed: 'A' }).split('\n')[0]).toBe('Slot         B, version 0.2.0, not confirmed (A is)');
});

test('the command line installs from an address, says when the device restarts, and knows what is no bundle', async () => {
  expect(await cli('system', 'update', 'https://x/y', '--restart', 'now')).toEqual({
    code: 0,
    text: 'Version 0.4.0 is in slot A. The device looks at rules and data for a minute and restarts.',
  });
  expect(await cli('system', 'update', 'usb')).toMatchObject({
    code: 0,
    text: 'Version 0.4.0 is in slot A. It starts in the window of maintenance.',
  });
  expect(calls).toEqual([
    [{ url: 'https://x/y' }, { by: 'rest', restart: 'now' }],
    [{ usb: true }, { by: 'rest', restart: 'window' }],
  ]);
  expect((await cli('system', 'update', 'nothing.raucb')).text).toContain(
    'There is no file nothing.raucb; expected a bundle (NAME.raucb), an address, or usb.',
  );
  expect((await cli('system', 'update', 'https://x/y', '--restart', 'soon')).text).toContain('--restart soon: now, window or asked');
  expect((await cli('system', 'update')).text).toContain('Usage: kuiper system update FILE | URL | usb');
  expect(calls.length).toBe(2);
});

// @covers issue:23#2
test('the command line sends a bundle from another machine, which is gone from there when it is installed', async () => {
  const bundle = randomBytes(20_000_000);
  const file = join(folder, 'kuiper.raucb');
  writeFileSync(file, bundle);
  const sha256 = hash('sha256', bundle, 'hex');
  const { code, text } = await cli('system', 'update', file, '--restart', 'asked');
  expect(code).toBe(0);
  expect(text.split('\n')).toEqual([
    `[${'#'.repeat(12)}${'.'.repeat(18)}]  41 % sending`,
    `[${'#'.repeat(25)}${'.'.repeat(5)}]  83 % sending`,
    `[${'#'.repeat(30)}] 100 % sending`,
    'Version 0.4.0 is in slot A. It starts with: kuiper system update restart',
  ]);
  expect(calls).toEqual([[{ file: upload.file }, { by: 'rest', sha256, restart: 'asked' }]]);
  expect(installed!.equals(bundle)).toBe(true);
  expect(existsSync(upload.file)).toBe(false);
  // another bundle than the one that was meant
  expect((await cli('system', 'update', file, '--sha256', 'ab'.repeat(32))).text).toContain(`The SHA-256 of ${file} is ${sha256}`);
  expect(calls.length).toBe(1);
  expect(upload.bytes()).toBe(0);
});

test('a line that breaks costs a part, also when the part got through and its answer did not', async () => {
  const bundle = randomBytes(1_000_003);
  const file = join(folder, 'small.raucb');
  writeFileSync(file, bundle);
  const client = createClient({ url: rest.url, token: undefined });
  let puts = 0;
  const json = async <T>(method: string, path: string, body?: string): Promise<T> => {
    if (method !== 'PUT') return client.json<T>(method, path, body);
    puts++;
    if (puts === 2) throw new CliError('away', 'unreachable');
    const answer = await client.json<T>(method, path, body);
    if (puts === 4) throw new CliError('away', 'unreachable');
    return answer;
  };
  const told: number[] = [];
  await sendBundle({ ...client, json }, file, { onPercent: (p) => told.push(p), pauseMs: 1, partBytes: 250_000 });
  expect(readFileSync(upload.file).equals(bundle)).toBe(true);
  // five parts; one was sent twice
  expect(puts).toBe(6);
  expect(told.at(-1)).toBe(100);
  const dead = async (): Promise<never> => {
    throw new CliError('away', 'unreachable');
  };
  await expect(sendBundle({ ...client, json: dead }, file, { onPercent: () => undefined, pauseMs: 1 })).rejects.toThrow('away');
});

test('parts have their place, a bundle must fit twice, and elsewhere than on the appliance none is taken', async () => {
  const send = async (method: string, body?: unknown) => {
    const answer = await fetch(`${rest.url}/system/update/upload`, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
    return { status: answer.status, text: await answer.text() };
  };
  const part = (at: number) => ({ at, base64: Buffer.from('abc').toString('base64') });
  expect(await send('POST', { bytes: 6 })).toMatchObject({ status: 200 });
  expect(await post('/system/update', { upload: true })).toMatchObject({
    status: 400,
    body: { message: expect.stringContaining('no bundle was sent') },
  });
  expect(JSON.parse((await send('PUT', part(0))).text)).toEqual({ bytes: 3 });
  expect((await send('PUT', part(0))).text).toContain('The part begins at byte 0, 3 bytes are there');
  expect((await send('PUT', part(6))).status).toBe(400);
  expect(JSON.parse((await send('GET')).text)).toEqual({ bytes: 3 });
  freeBytes = 64 * 1024 * 1024 + 11;
  expect((await send('POST', { bytes: 6 })).text).toContain('The bundle needs 1 MB, 0 MB are free');
  expect(upload.bytes()).toBe(0);
  expect((await send('POST', { bytes: 5 })).status).toBe(200);
  await send('PUT', part(0));
  expect((await send('DELETE')).status).toBe(200);
  expect(upload.bytes()).toBe(0);
  for (const wrong of [{ bytes: 0 }, { bytes: 'x' }, {}]) expect((await send('POST', wrong)).status).toBe(400);
  for (const wrong of [{ at: -1, base64: '' }, { at: 0 }]) expect((await send('PUT', wrong)).status).toBe(400);
  status = undefined;
  for (const method of ['GET', 'POST', 'PUT', 'DELETE'])
    expect((await send(method, method === 'GET' ? undefined : { bytes: 1, ...part(0) })).status).toBe(404);
  expect(existsSync(upload.file)).toBe(false);
});

test('progress is a bar while there is a percentage, and a sentence else', () => {
  expect(progress({ phase: 'downloading', percent: 50, text: 'x' })).toBe(`[${'#'.repeat(15)}${'.'.repeat(15)}]  50 % downloading`);
  expect(progress({ phase: 'installing', percent: 100, text: 'x' })).toBe(`[${'#'.repeat(30)}] 100 % installing`);
  expect(progress({ phase: 'trial', text: 'still missing: x' })).toBe('still missing: x');
});
