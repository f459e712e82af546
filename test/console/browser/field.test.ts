// Journeys with a real broker, a simulated Modbus controller, plugins, tokens and backups: what people do around their rules, in a real Chromium.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type MqttClient } from 'mqtt';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createPlc } from '../../../src/connectors/modbus/simulator/plc.ts';
import { type SimulatedServer, serveTcp } from '../../../src/connectors/modbus/simulator/serve-tcp.ts';
import { type RunningDaemon, runDaemon } from '../../daemon/daemon-process.ts';
import { haveMosquitto, type Mosquitto, startMosquitto } from '../../helpers/mosquitto.ts';
import { haveChromium, openBrowser, openPage } from './browser.ts';

describe.runIf(haveChromium && haveMosquitto)('journeys around rules', () => {
  let folder: string;
  let daemon: RunningDaemon;
  let browser: Browser;
  let broker: Mosquitto;
  let client: MqttClient;
  let modbus: SimulatedServer;
  let sending: ReturnType<typeof setInterval>;
  let page: Page;
  let complaints: string[];
  /** Of the role admin, once the gateway asks for one. */
  let token = '';

  const call = async (method: string, path: string, body?: unknown) => {
    const answer = await fetch(daemon.url + path, {
      method,
      headers: token === '' ? {} : { Authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, text: await answer.text() };
  };
  const rest = async (method: string, path: string, body?: unknown): Promise<string> => {
    const { status, text } = await call(method, path, body);
    if (status >= 400) throw new Error(`${method} ${path}: ${status} ${text}`);
    return text;
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kuiper-console-field-'));
    broker = await startMosquitto();
    await broker.start();
    client = connect(broker.url.replace('tcp', 'mqtt'));
    let n = 0;
    sending = setInterval(() => {
      client.publish('plant/hall1/press', JSON.stringify({ temperature: 70 + (n++ % 10) + 0.5, count: n, ok: true, name: 'press1' }));
      client.publish('plant/hall1/raw', Buffer.from([0xff, n % 256]));
    }, 200);
    const plc = createPlc([1, 2]);
    plc.units.get(1)!.holding[10] = 215;
    modbus = await serveTcp(plc);
    mkdirSync(join(folder, 'root/etc/sources/modbus'), { recursive: true });
    writeFileSync(
      join(folder, 'root/etc/sources/modbus.yaml'),
      `line:\n  host: 127.0.0.1\n  tcpPort: ${modbus.port}\n  interval: 100ms\n  devices: [{name: pump, unit: 1, profile: map}, {name: dead, unit: 9, profile: map}]\n`,
    );
    writeFileSync(
      join(folder, 'root/etc/sources/modbus/map.yaml'),
      'points:\n  - {name: t, address: 10, type: int16, scale: 0.1}\n  - {name: gone, address: 5000, type: int16}\n',
    );
    [daemon, browser] = await Promise.all([runDaemon(join(folder, 'root')), openBrowser()]);
  }, 120_000);
  afterAll(async () => {
    clearInterval(sending);
    await browser?.close();
    if (daemon?.child.exitCode === null) await daemon.stop();
    await client?.endAsync(true);
    await broker?.remove();
    await modbus?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    ({ page, complaints } = await openPage(browser, daemon.url));
  });
  afterEach(async () => {
    await page.context().close();
    expect(complaints).toEqual([]);
  });
  const at = (hash: string) => page.goto(`${daemon.url}/${hash}`);
  const button = (name: string | RegExp) => page.getByRole('button', { name, exact: true });

  test('on a new gateway the first page leads to the first steps, where a wrong broker is refused with its reason and the right one is kept', async () => {
    await page.getByText('There is no rule yet.').waitFor();
    await page.getByRole('link', { name: 'First steps' }).click();
    await page.getByLabel('Address').fill('tcp://127.0.0.1:1');
    await button('Try and keep').click();
    await page.getByText(/nothing listens there: is the broker running and the port right/).waitFor();
    await page.getByLabel('Address').fill(broker.url);
    await button('Try and keep').click();
    await page.getByText('The broker answers.').waitFor();
    expect(JSON.parse(await rest('GET', '/metadata/sources/yaml/mqtt')).default.server).toBe(broker.url);
  });

  test('topics of the broker appear as messages come, and one becomes a stream with guessed types', async () => {
    await at('#/sources/*topics');
    await button('Look').click();
    const topic = page.locator('.topic-row', { hasText: 'plant/hall1/press' });
    await topic.waitFor();
    await page.locator('.topic-row', { hasText: 'plant/hall1/raw' }).waitFor();
    await topic.click();
    await page.waitForTimeout(1500);
    await button('Make a stream from this').click();
    const statement = page.getByLabel('Statement');
    expect(await statement.inputValue()).toBe(
      'CREATE STREAM plant_hall1_press (\n  temperature FLOAT,\n  count BIGINT,\n  ok BOOLEAN,\n  name STRING\n) WITH (TYPE="mqtt", DATASOURCE="plant/hall1/press", FORMAT="json")',
    );
    await button('Create').click();
    await page.getByRole('heading', { name: 'plant_hall1_press' }).waitFor();
    await page.locator('.json-rows li', { hasText: '"name":"press1"' }).first().waitFor();
    expect(JSON.parse(await rest('GET', '/streams')).filter((s: string) => !s.startsWith('internal_'))).toEqual(['plant_hall1_press']);
  });

  test('an alarm rule is made from the stream of a live topic, and its rows are seen', async () => {
    await at('#/sources/plant_hall1_press');
    await page.getByRole('link', { name: 'Rule for it' }).click();
    await page.getByLabel('Name').fill('alarm');
    await page.getByRole('textbox', { name: 'SQL' }).fill('SELECT name, temperature FROM plant_hall1_press WHERE temperature > 78');
    await page.getByText('The gateway takes this statement.').waitFor();
    await button('Create').click();
    await page.getByRole('heading', { name: 'alarm' }).waitFor();
    await page.getByRole('link', { name: 'Health' }).click();
    await page.locator('.json-rows li', { hasText: '"temperature":79.5' }).first().waitFor();
    await page.locator('ol.steps li.flows', { hasText: 'Sink' }).waitFor();
  });

  test('figures of a rule are drawn and said in words', async () => {
    await at('#/rules/alarm/figures');
    await page.locator('.plot canvas').waitFor();
    await page.locator('.plot .unseen', { hasText: /in: [1-9]/ }).waitFor({ state: 'attached' });
  });

  test('a rule that gets nothing says what topic was probably meant', async () => {
    await rest('POST', '/streams', { sql: 'CREATE STREAM wrong () WITH (TYPE="mqtt", DATASOURCE="plant/hall1/pres", FORMAT="json")' });
    await rest('POST', '/rules', { id: 'silent', sql: 'SELECT * FROM wrong', actions: [{ nop: {} }] });
    await at('#/rules/silent/health');
    await page.locator('.summary', { hasText: 'plant/hall1/press' }).waitFor();
    await page.locator('ol.steps li.stops', { hasText: 'no message yet' }).waitFor();
    await rest('DELETE', '/rules/silent');
  });

  test('a stream that a rule reads is not dropped, and one that none reads is', async () => {
    await at('#/sources/plant_hall1_press');
    await button('Drop').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Drop' }).click();
    await page.locator('.toast.bad', { hasText: 'has been referenced by other rules' }).waitFor();
    await page.keyboard.press('Escape');
    await at('#/sources/wrong');
    await page.getByText('no rule reads it').waitFor();
    await button('Drop').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Drop' }).click();
    await page.getByText('Stream wrong was dropped.').waitFor();
  });

  test('Modbus units show their points with quality, and a unit that is silent says so', async () => {
    await rest('POST', '/streams', { sql: 'CREATE STREAM plc () WITH (TYPE="modbus", CONF_KEY="line", FORMAT="json", SHARED="true")' });
    await rest('POST', '/rules', { id: 'pumps', sql: 'SELECT * FROM plc', actions: [{ nop: {} }] });
    await at('#/sources/*devices');
    const pump = page.locator('tr', { hasText: 'pump' });
    await pump.locator('.badge.good', { hasText: 'answering' }).waitFor();
    await pump.getByText(/1 good, 0 stale/).waitFor();
    await pump.getByText(/^gone: /).waitFor();
    await page.locator('tr', { hasText: 'dead' }).locator('.badge.bad').waitFor();
    await rest('DELETE', '/rules/pumps');
  });

  test('a plugin file is installed from the page, and its exception is shown with the line', async () => {
    await at('#/plugins');
    const code = 'export class Shout {\n  exec(args: readonly unknown[]) {\n    throw new Error(`cannot shout ${args[0]}`);\n  }\n}\n';
    await page
      .getByLabel('Choose a file')
      .first()
      .setInputFiles({ name: 'shout@1.2.ts', mimeType: 'text/plain', buffer: Buffer.from(code) });
    await button('Install').click();
    await page.getByText('Plugin shout is installed and in effect.').waitFor();
    await page.locator('tr', { hasText: 'shout' }).locator('.badge.good', { hasText: 'running' }).waitFor();
    await rest('POST', '/rules', { id: 'shouter', sql: 'SELECT shout(name) AS s FROM plant_hall1_press', actions: [{ nop: {} }] });
    await page.getByRole('link', { name: 'shout' }).click();
    await page.locator('ol.log li.bad', { hasText: /cannot shout press1.*shout@1\.2\.ts:3/ }).waitFor();
    await page.getByLabel('Isolation').selectOption('restricted');
    await expect.poll(async () => JSON.parse(await rest('GET', '/plugins/functions/shout')).mode, { timeout: 20_000 }).toBe('restricted');
    await rest('PUT', '/plugins/functions/shout/mode', { mode: null });
    await rest('DELETE', '/rules/shouter');
  });

  test('a plugin that cannot be read is refused with its line, and nothing of it stays', async () => {
    await at('#/plugins');
    await page
      .getByLabel('Choose a file')
      .first()
      .setInputFiles({ name: 'bad.ts', mimeType: 'text/plain', buffer: Buffer.from('export class Bad {\n') });
    await button('Install').click();
    await page.locator('.note.bad', { hasText: 'line' }).waitFor();
    expect((await call('GET', '/plugins/functions/bad')).status).toBe(404);
    expect(JSON.parse(await rest('GET', '/config/uploads'))).toEqual([]);
  });

  test('numbers of a stream are drawn as they come, and what the historian keeps is drawn over time', async () => {
    await rest('POST', '/rules', {
      id: 'keep',
      sql: 'SELECT temperature FROM plant_hall1_press',
      actions: [{ history: { series: 'press' } }],
    });
    await at('#/data/*live');
    await page.getByLabel('Stream').selectOption('plant_hall1_press');
    await page.locator('.plot .unseen', { hasText: /temperature: [1-9]/ }).waitFor({ state: 'attached' });
    for (let i = 0; i < 60 && JSON.parse(await rest('GET', '/history')).series.length === 0; i++) await page.waitForTimeout(200);
    await at('#/data');
    await page.getByRole('option', { name: 'press', exact: true }).waitFor({ state: 'attached' });
    await page.locator('.plot .unseen', { hasText: /temperature: 7/ }).waitFor({ state: 'attached' });
    await rest('DELETE', '/rules/keep');
  });

  test('a setting is changed with what it means beside it, and a value that is wrong is refused with the reason', async () => {
    await at('#/system');
    await page.getByLabel('Find a setting').fill('logLevel');
    await button('Change').click();
    const input = page.getByRole('textbox', { name: 'basic.logLevel' });
    await input.fill('loud');
    await button('Save').click();
    await page.locator('.note.bad', { hasText: 'basic.logLevel' }).waitFor();
    await input.fill('debug');
    await button('Save').click();
    await page.getByText('basic.logLevel was changed.').waitFor();
    expect(JSON.parse(await rest('GET', '/settings/basic.logLevel')).value).toBe('debug');
    await button('Back to default').click();
    await page.locator('code', { hasText: 'info' }).waitFor();
  });

  test('the log is searched from the page', async () => {
    await at('#/system/log');
    await page.getByLabel('Find in the log').fill('Serving kuiper');
    await page.locator('ol.log li', { hasText: 'Serving kuiper' }).waitFor();
    await page.getByLabel('From level').selectOption('error');
    await page.getByText('No line.').waitFor();
  });

  test('a file for those who help is saved, without a password in it', async () => {
    await rest('PUT', '/metadata/sources/mqtt/confKeys/secret', { server: broker.url, username: 'u', password: 'planted-secret' });
    await rest('POST', '/connections', { id: 'planted', typ: 'mqtt', props: { server: broker.url, password: 'planted-secret' } });
    await at('#/system/log');
    const [download] = await Promise.all([page.waitForEvent('download'), button('Support file').click()]);
    const text = readFileSync((await download.path())!, 'utf8');
    expect(Object.keys(JSON.parse(text) as object)).toContain('/overview');
    expect(text).toContain('planted');
    expect(text).not.toContain('planted-secret');
  });

  test('a backup is saved, a rule is lost, and the backup brings it back after its report was read', async () => {
    await at('#/system/backup');
    await page.getByLabel('Passphrase').fill('a long passphrase');
    const [download] = await Promise.all([page.waitForEvent('download'), button('Save with secrets').click()]);
    const file = (await download.path())!;
    await rest('DELETE', '/rules/alarm');
    await page
      .getByLabel('Choose a backup')
      .first()
      .setInputFiles({ name: 'gateway.kuiperbackup', mimeType: 'application/octet-stream', buffer: readFileSync(file) });
    await page.getByLabel('Passphrase').last().fill('wrong passphrase');
    await button('What would it do?').click();
    await page.locator('.note.bad').waitFor();
    await page.getByLabel('Passphrase').last().fill('a long passphrase');
    await button('What would it do?').click();
    await page.getByText('It would do this:').waitFor();
    await page.locator('li', { hasText: 'alarm' }).first().waitFor();
    expect((await call('GET', '/rules/alarm')).status).toBe(404);
    await button('Restore now').click();
    await page.getByText('It did this:').waitFor();
    expect(JSON.parse(await rest('GET', '/rules/alarm')).sql).toContain('temperature > 78');
  });

  test('with a token that was made on the page the gateway asks everybody; a wrong one is refused, a viewer may look and not change', async () => {
    await at('#/system/start');
    await page.getByLabel('Name').fill('owner');
    await button('Make').click();
    token = (await page.locator('.note pre').textContent())!.trim();
    await button('Ask every caller for a token').click();
    await page.getByText('The gateway asks every caller for a token.').waitFor();
    expect((await fetch(`${daemon.url}/rules`)).status).toBe(401);
    const viewer = (JSON.parse(await rest('POST', '/auth/tokens', { name: 'guest', role: 'viewer' })) as { token: string }).token;

    await page.context().close();
    ({ page, complaints } = await openPage(browser, daemon.url));
    await page.getByLabel('Token').fill('not-a-token');
    await button('Sign in').click();
    await page.getByText('The gateway refuses this token: unknown token').waitFor();
    await page.getByLabel('Token').fill(viewer);
    await button('Sign in').click();
    await page.locator('.flow .name', { hasText: 'alarm' }).waitFor();
    await at('#/rules/alarm');
    await button('Stop').click();
    await page.locator('.toast.bad', { hasText: 'this token may only read' }).waitFor();
    expect(JSON.parse(await rest('GET', '/rules/alarm/status')).status).toBe('running');
    // nothing of it outlives the tab
    expect(
      await page.evaluate(
        'localStorage.length + document.cookie.length > 0 && JSON.stringify(localStorage).includes(sessionStorage.getItem("kuiper.token"))',
      ),
    ).toBe(false);
  });

  test('on a phone everything is reached without scrolling sideways', async () => {
    await page.context().close();
    ({ page, complaints } = await openPage(browser, daemon.url, { width: 390, height: 800 }));
    await page.getByLabel('Token').fill(token);
    await button('Sign in').click();
    for (const name of ['Rules', 'Sources', 'Plugins', 'Data', 'System', 'Overview']) {
      await page.getByRole('link', { name, exact: true }).click();
      await page.getByRole('heading', { level: 1, name }).waitFor();
      await page.waitForTimeout(300);
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), name).toBe(true);
    }
  });
});
