// The editor of a real Node-RED in a real Chromium: three nodes are dragged from the palette, configured in their dialogs and deployed, and the gateway's carets
// are read while a statement is typed. KUIPER_PICTURES=folder writes the pictures of the documentation.
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildPalette } from '../../scripts/node-red.ts';
import { type RunningDaemon, runDaemon } from '../daemon/daemon-process.ts';
import { freePort } from '../helpers/free-port.ts';
import { haveNodeRed, type RunningRed, startNodeRed } from './red-process.ts';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((f) => existsSync(f));
const DRIVER = resolve('.cache/node-red/node_modules/playwright-core');
const haveChromium = haveNodeRed && CHROMIUM !== undefined && existsSync(DRIVER);
if (!haveChromium) {
  const text = 'Chromium or playwright-core is missing (scripts/test-deps.sh installs them): the test of the Node-RED editor is left out';
  if (process.env['CI'] === 'true') throw new Error(text);
  console.warn(`\n*** ${text} ***\n`);
}

describe.runIf(haveChromium)('the palette in the editor', () => {
  let folder: string;
  let red: RunningRed;
  let daemon: RunningDaemon;
  let browser: any;
  let page: any;
  let ports: { rest: number; data: number };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kuiper-editor-'));
    ports = { rest: await freePort(), data: await freePort() };
    const palette = await buildPalette(join(folder, 'out'));
    [red, daemon] = await Promise.all([
      startNodeRed(join(folder, 'red'), palette),
      runDaemon(join(folder, 'root'), { KUIPER__BASIC__RESTPORT: String(ports.rest), KUIPER__SOURCE__HTTPSERVERPORT: String(ports.data) }),
    ]);
    const { chromium } = createRequire(import.meta.url)(DRIVER) as any;
    browser = await chromium.launch({ executablePath: CHROMIUM, headless: true, args: ['--no-sandbox', '--disable-gpu'] });
  }, 150_000);
  afterAll(async () => {
    await browser?.close();
    await red?.stop();
    if (daemon?.child.exitCode === null) await daemon.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** An empty editor: an attempt before may have left nodes, placed or deployed. */
  async function freshEditor(): Promise<void> {
    await page?.close();
    await fetch(`${red.url}/flows`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '[]' });
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.goto(red.url);
    await page.waitForSelector('.red-ui-palette-node[data-palette-type="kuiper rule"]', { timeout: 60_000 });
    // what welcomes a new user lies over the canvas
    await page.keyboard.press('Escape');
  }

  async function place(type: string, x: number, y: number): Promise<void> {
    const node = page.locator(`.red-ui-palette-node[data-palette-type="${type}"]`);
    const placed = page.locator('.red-ui-flow-node-group', { hasText: type }).first();
    // on a busy machine the editor may still be laying out, or its welcome may come late: then the drag drops nothing
    for (let i = 0; i < 6; i++) {
      await node.scrollIntoViewIfNeeded();
      const from = await node.boundingBox();
      const chart = await page.locator('#red-ui-workspace-chart').boundingBox();
      await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
      await page.mouse.down();
      await page.mouse.move(chart.x + x - 20, chart.y + y - 20, { steps: 8 });
      await page.mouse.move(chart.x + x, chart.y + y, { steps: 4 });
      await page.mouse.up();
      const there = await placed.waitFor({ state: 'visible', timeout: 5_000 }).then(
        () => true,
        () => false,
      );
      if (there) return;
      await page.keyboard.press('Escape');
    }
    throw new Error(`${type} could not be dragged onto the canvas`);
  }

  async function configure(label: string, fill: () => Promise<void>): Promise<void> {
    await page.locator('.red-ui-flow-node-group', { hasText: label }).last().dblclick();
    await page.waitForSelector('#node-dialog-ok', { state: 'visible' });
    await fill();
    await page.click('#node-dialog-ok');
    await page.waitForSelector('#node-dialog-ok', { state: 'detached' });
  }

  async function picture(name: string): Promise<void> {
    const folderOfPictures = process.env['KUIPER_PICTURES'];
    if (folderOfPictures) await page.screenshot({ path: join(folderOfPictures, name) });
  }

  // @covers issue:15#5
  // a browser on a busy machine may miss a click: tried again from an empty editor
  test('three nodes are placed, configured and deployed, with the gateway’s carets while SQL is typed', {
    retry: 2,
    timeout: 120_000,
  }, async () => {
    await freshEditor();
    await place('kuiper out', 320, 120);
    await configure('kuiper out', async () => {
      await page.click('#node-input-btn-gateway-add, #node-input-lookup-gateway');
      await page.waitForSelector('#node-config-input-url', { state: 'visible' });
      await page.fill('#node-config-input-url', `http://127.0.0.1:${ports.rest}`);
      await page.fill('#node-config-input-dataPort', String(ports.data));
      await page.click('#node-config-dialog-ok');
      await page.waitForSelector('#node-config-input-url', { state: 'detached' });
      await page.fill('#node-input-stream', 'edited');
    });
    await place('kuiper in', 320, 300);
    await configure('kuiper in', async () => {
      await page.selectOption('#node-input-gateway', { index: 0 });
      await page.fill('#node-input-rule', 'fromEditor');
    });
    await page.click('#red-ui-header-button-deploy');
    for (let i = 0; i < 100 && !(await daemon.call('GET', '/streams')).text.includes('edited'); i++)
      await new Promise((r) => setTimeout(r, 100));
    expect((await daemon.call('GET', '/streams')).text).toContain('edited');

    await place('kuiper rule', 320, 210);
    await configure('kuiper rule', async () => {
      await page.selectOption('#node-input-gateway', { index: 0 });
      await page.fill('#node-input-rule', 'fromEditor');
      await page.fill('#node-input-sql', 'SELECT temperature FORM edited');
      await page.waitForFunction("document.querySelector('#kuiper-verdict').textContent.includes('did you mean FROM?')", undefined, {
        timeout: 40_000,
      });
      const verdict: string = await page.textContent('#kuiper-verdict');
      expect(verdict).toMatch(/SELECT temperature FORM edited\n +\^{4}\nhint: did you mean FROM\?/);
      await picture('node-red-carets.png');
      await page.fill('#node-input-sql', 'SELECT temperature FROM edited WHERE temperature > 20');
      await page.waitForFunction(
        "document.querySelector('#kuiper-verdict').textContent === 'The gateway takes this statement.'",
        undefined,
        { timeout: 40_000 },
      );
    });
    await page.click('#red-ui-header-button-deploy');
    await page.waitForFunction(
      "[...document.querySelectorAll('.red-ui-flow-node-status-label')].some((l) => l.textContent === 'running')",
      undefined,
      { timeout: 40_000 },
    );
    await picture('node-red.png');
    const flows = JSON.parse(readFileSync(join(folder, 'red/flows.json'), 'utf8')) as Record<string, unknown>[];
    const [gateway] = flows.filter((n) => n['type'] === 'kuiper-gateway');
    expect(
      flows.filter((n) => String(n['type']).startsWith('kuiper ')).map((n) => [n['type'], n['rule'] ?? n['stream'], n['gateway']]),
    ).toEqual([
      ['kuiper out', 'edited', gateway!['id']],
      ['kuiper in', 'fromEditor', gateway!['id']],
      ['kuiper rule', 'fromEditor', gateway!['id']],
    ]);
    expect(JSON.parse((await daemon.call('GET', '/rules/fromEditor')).text).sql).toBe(
      'SELECT temperature FROM edited WHERE temperature > 20',
    );
  });

  test('the pictures of the documentation are there', () => {
    for (const name of ['node-red.png', 'node-red-carets.png']) expect(statSync(`docs/images/${name}`).size).toBeGreaterThan(10_000);
  });
});
