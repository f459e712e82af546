// /system/update of a gateway and `kuiper system update` from another machine: what is passed on, what is refused, what is shown.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createRealClock } from '../../src/base/clock.ts';
import { GatewayError } from '../../src/base/errors/gateway-error.ts';
import { createMemoryLog } from '../../src/base/log.ts';
import { runCli } from '../../src/cli/cli.ts';
import { progress, statusText } from '../../src/cli/commands/system-update.ts';
import { createRouter } from '../../src/rest/router.ts';
import { systemUpdateRoutes } from '../../src/rest/routes/system-update.ts';
import { openRestServer, type RestServer } from '../../src/rest/server.ts';
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
beforeAll(async () => {
  const installer: UpdateInstaller = {
    install(source, options) {
      calls.push([source, options]);
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
    router: Promise.resolve(createRouter(systemUpdateRoutes(() => Promise.resolve({ installer, read: () => status })))),
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
});
beforeEach(() => {
  calls = [];
  status = STATUS;
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

test('progress is a bar while there is a percentage, and a sentence else', () => {
  expect(progress({ phase: 'downloading', percent: 50, text: 'x' })).toBe(`[${'#'.repeat(15)}${'.'.repeat(15)}]  50 % downloading`);
  expect(progress({ phase: 'installing', percent: 100, text: 'x' })).toBe(`[${'#'.repeat(30)}] 100 % installing`);
  expect(progress({ phase: 'trial', text: 'still missing: x' })).toBe('still missing: x');
});
