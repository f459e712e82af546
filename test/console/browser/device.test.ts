// Journeys on a device, in a real Chromium: the network with its way back, updates with bad bundles, users of the MQTT listener, certificates. The pages talk to
// a running gateway. What only a device has, the process that owns the network and the updater, is the real code on a simulated machine.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { serve } from '../../../image/network/main.ts';
import { createRealClock } from '../../../src/base/clock.ts';
import { GatewayError } from '../../../src/base/errors/gateway-error.ts';
import { createMemoryLog } from '../../../src/base/log.ts';
import { createRouter } from '../../../src/rest/router.ts';
import { networkRoutes } from '../../../src/rest/routes/network.ts';
import { systemUpdateRoutes } from '../../../src/rest/routes/system-update.ts';
import { openRestServer, type RestServer } from '../../../src/rest/server.ts';
import { createNetworkChanges } from '../../../src/service/network-changes.ts';
import { REQUEST, STATUS } from '../../../src/system/network/request.ts';
import { type RunningDaemon, runDaemon } from '../../daemon/daemon-process.ts';
import { makeTlsFiles } from '../../helpers/tls-files.ts';
import { createDevice, type Device, type Version } from '../../system/update/device.ts';
import { haveChromium, openBrowser, openPage } from './browser.ts';

const BUNDLES: Record<string, Version> = {
  'https://updates.example/stranger.raucb': {
    version: '1.1.0',
    refuse: new GatewayError('UPDATE_SIGNATURE', { problem: 'unable to get local issuer certificate' }),
  },
  'https://updates.example/sick.raucb': { version: '1.2.0', sample: () => ({ silent: 'it does not answer', rules: {} }) },
  'https://updates.example/good.raucb': { version: '1.3.0' },
};

describe.runIf(haveChromium)('journeys on a device', () => {
  let folder: string;
  let daemon: RunningDaemon;
  let browser: Browser;
  let parts: RestServer;
  let device: Device;
  let page: Page;
  let complaints: string[];
  let serving: Promise<void> | undefined;
  let looking: ReturnType<typeof setInterval>;
  const reloads: string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kuiper-console-device-'));
    const certs = join(folder, 'root/etc/certs');
    mkdirSync(certs, { recursive: true });
    makeTlsFiles(certs);
    writeFileSync(join(certs, 'torn.pem'), '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    [daemon, browser] = await Promise.all([runDaemon(join(folder, 'root')), openBrowser()]);
    device = createDevice();
    await device.powerOn();
    const machine = join(folder, 'machine');
    mkdirSync(join(machine, dirname(STATUS)), { recursive: true });
    const dataDir = join(folder, 'data');
    mkdirSync(join(dataDir, 'network'), { recursive: true });
    // what starts the process on a device is a unit that watches for the request
    looking = setInterval(() => {
      if (serving || !existsSync(join(dataDir, REQUEST))) return;
      serving = serve({
        root: machine,
        dataDir,
        run: (...command: unknown[]) => void reloads.push(JSON.stringify(command)),
        clock: createRealClock(),
        told: () => undefined,
      }).finally(() => (serving = undefined));
    }, 100);
    parts = await openRestServer({
      ip: '127.0.0.1',
      port: 0,
      tls: undefined,
      router: Promise.resolve(
        createRouter([
          ...networkRoutes(createNetworkChanges(dataDir, join(machine, STATUS))),
          ...systemUpdateRoutes(async () => ({
            read: () => device.status,
            installer: {
              ...device.updater,
              install: (source, options, signal = new AbortController().signal) => {
                const wanted = 'url' in source ? BUNDLES[source.url] : undefined;
                if (!wanted) throw new GatewayError('UPDATE_FAILED', { problem: 'no such bundle' });
                const done = device.updater.install({ file: device.bundle(wanted) }, options, signal);
                // its time is virtual
                void device.advance(60_000);
                return done;
              },
            },
          })),
        ]),
      ),
      clock: createRealClock(),
      log: createMemoryLog().log,
      credentials: () => undefined,
      allowedHosts: () => [],
      auditLog: () => false,
    });
  }, 120_000);
  afterAll(async () => {
    clearInterval(looking);
    await browser?.close();
    if (daemon?.child.exitCode === null) await daemon.stop();
    parts?.destroy();
    await parts?.close();
    device?.updater.stop();
    device?.remove();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    ({ page, complaints } = await openPage(browser, daemon.url));
    await page.route(/\/(network|system\/update)(\/|$)/, async (route) => {
      const asked = route.request();
      const body = asked.postData();
      const answer = await fetch(parts.url + new URL(asked.url()).pathname, { method: asked.method(), ...(body ? { body } : {}) });
      await route.fulfill({ status: answer.status, body: await answer.text(), contentType: 'application/json' });
    });
  });
  afterEach(async () => {
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await page.context().close();
    expect(complaints).toEqual([]);
  });
  const at = (hash: string) => page.goto(`${daemon.url}/${hash}`);
  /** The time of the device is virtual: it goes on until the page says this. */
  const goesOnUntil = async (text: string | RegExp) => {
    await expect
      .poll(
        async () => {
          await device.advance(1000);
          await device.settle();
          return page.getByText(text).count();
        },
        { timeout: 30_000, interval: 200 },
      )
      .toBe(1);
  };
  const button = (name: string | RegExp) => page.getByRole('button', { name, exact: true });

  // @covers issue:23#1
  test('a network address is tried and kept when it works', async () => {
    await at('#/system/network');
    await page.getByText('at rest').waitFor();
    await page.getByLabel('Wired network').selectOption('fixed');
    await page.getByLabel('Address with prefix').fill('192.168.1.20/24');
    await page.getByLabel('Router').fill('192.168.1.1');
    await button('Try it').click();
    await page.getByText('on trial').waitFor();
    await page.getByText(/Confirm within \d+ (s|min), over the changed network/).waitFor();
    expect(await button('Try it').isDisabled()).toBe(true);
    await button('It works: keep it').click();
    await page.getByText(/Last change: wired 192\.168\.1\.20\/24: confirmed/).waitFor();
    expect(reloads.length).toBeGreaterThan(0);
  }, 60_000);

  test('a change of the network is taken back from the page, and one that means nothing is refused with what is wrong', async () => {
    await at('#/system/network');
    await page.getByLabel('Wired network').selectOption('fixed');
    await page.getByLabel('Address with prefix').fill('10.0.0.7/24');
    await button('Try it').click();
    await button('Take it back').click();
    await page.getByText(/wired 10\.0\.0\.7\/24: taken back, it was taken back by hand/).waitFor();
    await page.getByLabel('Address with prefix').fill('10.0.0.700/24');
    await button('Try it').click();
    await page.locator('.note.bad', { hasText: 'network.wired.address' }).waitFor();
    await page.getByText('at rest').waitFor();
  }, 60_000);

  test('where the gateway does not own the network, the page says so', async () => {
    await page.unroute(/\/(network|system\/update)(\/|$)/);
    await at('#/system/network');
    await page.getByText('this installation does not own the network of its machine; change it with the tools of the system').waitFor();
  });

  test('an update with a bad bundle is refused with its reason; a version that is sick after its start is left again by itself', async () => {
    await at('#/system/update');
    await page.getByText('Version 1.0.0 runs, from slot A.').waitFor();
    const address = page.getByLabel('Address of an update bundle');
    await address.fill('https://updates.example/stranger.raucb');
    await button('Install').click();
    await page.locator('.note.bad', { hasText: 'not signed by a key that this device trusts' }).waitFor();
    expect(device.status.booted).toMatchObject({ slot: 'A', version: '1.0.0' });
    await address.fill('https://updates.example/sick.raucb');
    await button('Install').click();
    await page.locator('b', { hasText: 'installed' }).waitFor();
    await button('Restart into it').click();
    await goesOnUntil(/The last update: 1\.2\.0 rolled-back/);
    await page.getByText('Version 1.0.0 runs, from slot A.').waitFor();
  }, 90_000);

  test('a good update runs, and the version before can be had back', async () => {
    await at('#/system/update');
    await page.getByLabel('Address of an update bundle').fill('https://updates.example/good.raucb');
    await button('Install').click();
    await page.locator('b', { hasText: 'installed' }).waitFor();
    await button('Restart into it').click();
    await goesOnUntil('Version 1.3.0 runs, from slot B.');
    await page.getByText(/The last update: 1\.3\.0 confirmed/).waitFor();
    await button('Back to the previous version').click();
    await goesOnUntil('Version 1.0.0 runs, from slot A.');
  }, 90_000);

  test('a user of the MQTT listener is made, changed and removed; what is no topic filter is refused', async () => {
    const users = async () => JSON.parse((await daemon.call('GET', '/mqtt/users')).text) as { name: string; publish: string[] }[];
    await at('#/system/mqtt');
    await page.getByText('There are none but kuiper, the owner.').waitFor();
    await page.getByLabel('Name').fill('press1');
    await page.getByLabel('Password').fill('a long password');
    await page.getByLabel('May publish to').fill('plant/#/x');
    await button('Save').click();
    await page.locator('.note.bad', { hasText: 'plant/#/x' }).waitFor();
    await page.getByLabel('May publish to').fill('plant/%u/# alarms');
    await button('Save').click();
    await page.getByText('MQTT user press1 was saved.').waitFor();
    expect(await users()).toMatchObject([{ name: 'press1', publish: ['plant/%u/#', 'alarms'] }]);
    await button('Change').click();
    await page.getByLabel('May publish to').fill('plant/%u/#');
    await button('Save').click();
    await page.getByText('May publish to: plant/%u/#', { exact: true }).waitFor();
    expect(await users()).toMatchObject([{ name: 'press1', publish: ['plant/%u/#'] }]);
    await button('Remove').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await page.getByText('There are none but kuiper, the owner.').waitFor();
    expect(await users()).toEqual([]);
  });

  test('certificates show whose they are, until when, and what is wrong', async () => {
    await at('#/system/certificates');
    const one = (text: string) => page.locator('ul.settings li', { hasText: text });
    await one('certs/ca.crt').getByText('CN=test ca', { exact: true }).waitFor();
    await one('certs/expired.crt')
      .getByText(/^It ended on \d{4}-\d\d-\d\d\.$/)
      .waitFor();
    await one('certs/expired.crt').locator('.badge.bad').waitFor();
    await one('certs/good.crt').getByText('DNS:localhost').waitFor();
    await one('certs/torn.pem')
      .getByText(/^It is damaged/)
      .waitFor();
    expect(await page.locator('main').textContent()).not.toContain('PRIVATE KEY');
  });
});
