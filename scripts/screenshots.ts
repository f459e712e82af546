// `make screenshots`: pictures of the console for README and docs, from a running gateway with simulated presses and a tank, in a real Chromium.
// Written to docs/images/console-*.jpg, or to the folder that is given.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { openBrowser, openPage } from '../test/console/browser/browser.ts';
import { runDaemon } from '../test/daemon/daemon-process.ts';

const out = process.argv[2] ?? 'docs/images';
const root = mkdtempSync(join(tmpdir(), 'kuiper-pictures-'));
const [daemon, browser] = await Promise.all([runDaemon(root), openBrowser()]);
try {
  const rest = async (method: string, path: string, body: unknown) => {
    const { status, text } = await daemon.call(method, path, body);
    if (status >= 400) throw new Error(`${method} ${path}: ${status} ${text}`);
  };
  const wave = (n: number, low: number, high: number) => Math.round((low + ((high - low) * (1 + Math.sin(n / 7))) / 2) * 10) / 10;
  const presses = Array.from({ length: 90 }, (_, n) => ({
    device: `press${1 + (n % 3)}`,
    temperature: wave(n, 58, 84),
    pressure: wave(n + 20, 2.8, 4.6),
  }));
  const levels = Array.from({ length: 60 }, (_, n) => ({ level: wave(n, 8, 14), valve: n % 20 < 6 }));
  await rest('PUT', '/metadata/sources/simulator/confKeys/presses', { data: presses, interval: '40ms', loop: true });
  await rest('PUT', '/metadata/sources/simulator/confKeys/tank', { data: levels, interval: '250ms', loop: true });
  const stream = (name: string, columns: string) =>
    rest('POST', '/streams', { sql: `CREATE STREAM ${name} (${columns}) WITH (TYPE="simulator", CONF_KEY="${name}", FORMAT="json")` });
  await stream('presses', 'device STRING, temperature FLOAT, pressure FLOAT');
  await stream('tank', 'level FLOAT, valve BOOLEAN');
  const rule = (id: string, sql: string, actions: unknown[], tags: string[] = []) => rest('POST', '/rules', { id, sql, actions, tags });
  await rule('hotPresses', 'SELECT device, temperature FROM presses WHERE temperature > 80', [{ memory: { topic: 'alarms' } }], ['hall1']);
  await rule(
    'pressureBySecond',
    'SELECT device, avg(pressure) AS pressure, window_end() AS at\nFROM presses\nGROUP BY device, TUMBLINGWINDOW(ss, 1)',
    [{ history: { series: 'presses' } }, { memory: { topic: 'pressure' } }],
    ['hall1'],
  );
  await rule('tankLevel', 'SELECT level, valve FROM tank WHERE level > 12', [{ memory: { topic: 'tank' } }], ['hall2']);
  await rule('wrongUnit', 'SELECT * FROM tank WHERE valve > 3', [{ nop: {} }], ['hall2']);
  await rest('PUT', '/rules/hotPresses', {
    id: 'hotPresses',
    sql: 'SELECT device, temperature FROM presses WHERE temperature > 75',
    actions: [{ memory: { topic: 'alarms' } }],
    tags: ['hall1'],
  });

  const take = async (
    name: string,
    hash: string,
    looks: { dark?: boolean; width?: number; height?: number },
    act?: (page: Page) => Promise<void>,
  ) => {
    const { page, complaints } = await openPage(browser, `${daemon.url}/${hash}`, { width: 1180, height: 720, ...looks });
    await page.locator('h1').waitFor();
    await page.waitForTimeout(4000);
    await act?.(page);
    if (complaints.length > 0) throw new Error(`${name}: ${complaints.join('\n')}`);
    await page.screenshot({ path: join(out, `console-${name}.jpg`), type: 'jpeg', quality: 70 });
    await page.context().close();
  };
  await take('overview', '#/', {});
  await take('rule', '#/rules/pressureBySecond', {}, async (page) => {
    await page.getByRole('button', { name: 'Try' }).click();
    await page.waitForTimeout(4000);
  });
  await take('caret', '#/rules/hotPresses', { height: 560 }, async (page) => {
    await page.getByRole('textbox', { name: 'SQL' }).fill('SELECT device, tmperature FROM presses WHERE temperature > 75');
    await page.locator('.verdict .error').waitFor();
    await page.keyboard.press('Escape');
  });
  await take('health', '#/rules/wrongUnit/health', { dark: true });
  await take('data', '#/data/*live', {}, async (page) => {
    await page.getByLabel('Stream').selectOption('presses');
    await page.waitForTimeout(8000);
  });
  await take('phone', '#/', { width: 390, height: 780 });
} finally {
  await browser.close();
  await daemon.stop();
  rmSync(root, { recursive: true, force: true });
}
