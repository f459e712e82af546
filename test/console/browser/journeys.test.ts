// What people do in the console, in a real Chromium against a running gateway: each test is one journey, and none may leave an error in the browser's console.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type RunningDaemon, runDaemon } from '../../daemon/daemon-process.ts';
import { haveChromium, openBrowser, openPage } from './browser.ts';

describe.runIf(haveChromium)('journeys in the console', () => {
  let folder: string;
  let daemon: RunningDaemon;
  let browser: Browser;
  let page: Page;
  let complaints: string[];

  const rest = async (method: string, path: string, body?: unknown): Promise<string> => {
    const { status, text } = await daemon.call(method, path, body);
    if (status >= 400) throw new Error(`${method} ${path}: ${status} ${text}`);
    return text;
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kuiper-console-'));
    [daemon, browser] = await Promise.all([runDaemon(join(folder, 'root')), openBrowser()]);
    const presses = [
      { temperature: 71.5, device: 'press1' },
      { temperature: 64.1, device: 'press2' },
    ];
    await rest('PUT', '/metadata/sources/simulator/confKeys/press', { data: presses, interval: '50ms', loop: true });
    await rest('POST', '/streams', {
      sql: 'CREATE STREAM presses (temperature FLOAT, device STRING) WITH (TYPE="simulator", CONF_KEY="press", FORMAT="json")',
    });
    await rest('POST', '/rules', {
      id: 'hot',
      sql: 'SELECT * FROM presses WHERE temperature > 70',
      actions: [{ nop: {} }],
      tags: ['hall1'],
    });
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    if (daemon?.child.exitCode === null) await daemon.stop();
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
  const button = (name: string | RegExp) => page.getByRole('button', { name });

  // @covers issue:23#1
  test('the first page shows what flows from stream over rule to sink, with rates, and that all is well', async () => {
    await page.getByText('All is well').waitFor();
    const map = page.locator('.flow');
    for (const text of ['presses', 'hot', 'nop']) await map.locator('.name', { hasText: text }).waitFor();
    // 20 messages a second: a rate that is not nothing
    await page
      .locator('.tile', { hasText: 'Messages in' })
      .locator('b', { hasText: /^[1-9]/ })
      .waitFor();
    expect(await map.locator('.wire.live').count()).toBe(2);
  });

  test('a rule that fails every row is named on the first page with its reason, and its button leads to where data stops', async () => {
    await rest('POST', '/rules', { id: 'failing', sql: 'SELECT * FROM presses WHERE device > 62', actions: [{ nop: {} }] });
    await page.getByText('1 of 2 rules need attention').waitFor();
    const problem = page.locator('.problem', { hasText: 'failing' });
    await problem.getByText(/every row fails/).waitFor();
    await problem.getByRole('link', { name: 'Where does it stop?' }).click();
    await page.getByText(/^Data stops at filter/).waitFor();
    await page.locator('ol.steps li.stops', { hasText: 'Filter' }).waitFor();
    await rest('DELETE', '/rules/failing');
  });

  test('a new rule is written with the gateway’s caret, tried on live rows, created and found in the list', async () => {
    await at('#/rules');
    await page.getByRole('link', { name: 'New rule' }).click();
    await page.getByLabel('Name').fill('written');
    const editor = page.getByRole('textbox', { name: 'SQL' });
    await editor.fill('SELECT device FORM presses');
    await page.locator('.verdict', { hasText: 'did you mean FROM?' }).waitFor();
    expect(await page.locator('.editor .marked').allTextContents()).toEqual(['FORM']);
    expect(await page.locator('.verdict pre').textContent()).toMatch(/SELECT device FORM presses\n {14}\^{4}$/);
    await button('Correct: FROM').click();
    expect(await editor.inputValue()).toBe('SELECT device FROM presses');
    await editor.fill('SELECT device FROM presses WHERE temperature < 70');
    await page.getByText('The gateway takes this statement.').waitFor();
    await button('Try').click();
    await page.locator('.json-rows li', { hasText: '{"device":"press2"}' }).first().waitFor();
    await button('Create').click();
    await page.getByRole('heading', { name: 'written' }).waitFor();
    expect(JSON.parse(await rest('GET', '/rules/written')).sql).toBe('SELECT device FROM presses WHERE temperature < 70');
    await at('#/rules');
    await page.getByRole('link', { name: /^written/ }).waitFor();
    await rest('DELETE', '/rules/written');
  });

  test('a statement is tried on pasted rows before anything is saved', async () => {
    await at('#/rules/hot');
    await page.getByRole('textbox', { name: 'SQL' }).fill('SELECT temperature * 2 AS twice FROM presses');
    await button('Pasted rows').click();
    await page.getByLabel('Rows of every stream of the statement, as JSON').fill('[{"temperature": 21}, {"temperature": 4}]');
    await button('Try').click();
    await page.locator('.json-rows li', { hasText: '{"twice":8}' }).waitFor();
    expect(await page.locator('.json-rows li').allTextContents()).toEqual(['{"twice":8}', '{"twice":42}']);
    expect(JSON.parse(await rest('GET', '/rules/hot')).sql).toBe('SELECT * FROM presses WHERE temperature > 70');
  });

  test('a change of a rule is seen as a difference and taken back', async () => {
    await at('#/rules/hot');
    await page.getByRole('textbox', { name: 'SQL' }).fill('SELECT * FROM presses WHERE temperature > 99');
    await button('Save').click();
    await page.getByText('Rule hot was saved.').waitFor();
    await page.getByRole('link', { name: 'Versions' }).click();
    await button('What changed?').first().click();
    await page.locator('.diff .new', { hasText: 'temperature > 99' }).waitFor();
    await page.locator('.diff .gone', { hasText: 'temperature > 70' }).waitFor();
    await button('Back to this').first().click();
    await page.getByText('Rule hot is as it was.').waitFor();
    expect(JSON.parse(await rest('GET', '/rules/hot')).sql).toBe('SELECT * FROM presses WHERE temperature > 70');
  });

  test('a rule is seen as nodes, changed there, and is SQL again with the same meaning', async () => {
    await rest('POST', '/rules', {
      id: 'drawn',
      sql: 'SELECT device, temperature FROM presses WHERE temperature > 70',
      actions: [{ nop: {} }],
    });
    await at('#/rules/drawn');
    await button('As nodes').click();
    const node = (name: string) => page.locator('.graph .node', { hasText: name });
    for (const name of ['presses', 'filter', 'pick', 'nop']) await node(name).waitFor();
    expect(await page.locator('.graph path.wire').count()).toBe(3);
    await page.getByText('The gateway takes this graph.').waitFor();
    await node('filter').click();
    await page.getByLabel('Condition').fill('temperature >');
    await page.locator('.verdict .note.bad', { hasText: 'node filter' }).waitFor();
    await page.getByLabel('Condition').fill('temperature < 70');
    await page.getByText('The gateway takes this graph.').waitFor();
    // a node in the middle: what came next comes behind it
    await page.getByLabel('Add a node …').selectOption('operator function');
    await page.getByLabel('Expression').fill('temperature * 2 AS twice');
    await node('pick').click();
    await page.getByLabel('Columns').fill('device\ntwice');
    await button('Save').click();
    await page.getByText('Rule drawn was saved.').waitFor();
    const stored = JSON.parse(await rest('GET', '/rules/drawn')) as { sql?: string; graph: { topo: { edges: object } } };
    expect(stored.sql).toBeUndefined();
    expect(stored.graph.topo.edges).toEqual({ presses: ['filter'], filter: ['function'], function: ['pick'], pick: ['nop'] });
    await at('#/rules/drawn/health');
    await page.locator('.json-rows li', { hasText: '{"device":"press2","twice":128.2}' }).first().waitFor();
    await at('#/rules/drawn');
    await button('As SQL').click();
    expect((await page.getByRole('textbox', { name: 'SQL' }).inputValue()).replace(/\s+/g, ' ')).toBe(
      'SELECT device, temperature * 2 AS twice FROM presses WHERE (temperature < 70)',
    );
    await button('Save').click();
    await expect
      .poll(async () => JSON.parse(await rest('GET', '/rules/drawn')) as object, { timeout: 20_000 })
      .toMatchObject({ sql: expect.stringContaining('twice'), actions: [{ nop: {} }] });
    await rest('DELETE', '/rules/drawn');
  });

  test('a rule is built from nothing but nodes, by keyboard alone, and a statement that nodes cannot say stays SQL', async () => {
    await at('#/rules/*new');
    await page.getByLabel('Name').fill('built');
    const editor = page.getByRole('textbox', { name: 'SQL' });
    await editor.fill('SELECT device FROM presses LIMIT 3');
    await button('As nodes').click();
    await page.getByText('LIMIT cannot be said with nodes; keep the statement as SQL').waitFor();
    await editor.fill('SELECT * FROM ');
    await button('As nodes').press('Enter');
    await page.getByText('No node yet. Begin with a source.').waitFor();
    const add = page.getByLabel('Add a node …');
    await add.selectOption('source presses');
    await add.selectOption('operator filter');
    await page.getByLabel('Condition').fill('device = "press1"');
    await add.selectOption('sink nop');
    await page.locator('.graph .node', { hasText: 'filter' }).press('Enter');
    await page.locator('.graph .node[aria-pressed="true"]', { hasText: 'filter' }).waitFor();
    await button('Create').click();
    await page.getByRole('heading', { name: 'built' }).waitFor();
    await at('#/rules/built/health');
    await page.locator('.json-rows li', { hasText: '"device":"press1"' }).first().waitFor();
    await rest('DELETE', '/rules/built');
  });

  test('a rule is stopped and started again, and its badge follows', async () => {
    await at('#/rules/hot');
    await button('Stop').click();
    await page.locator('header .badge.idle', { hasText: 'stopped' }).waitFor();
    await button('Start').click();
    await page.locator('header .badge.good', { hasText: 'running' }).waitFor();
  });

  test('a rule is deleted only after a question, and what was deleted is among the last changes', async () => {
    await rest('POST', '/rules', { id: 'doomed', sql: 'SELECT * FROM presses', actions: [{ nop: {} }] });
    await at('#/rules/doomed');
    await button('Delete').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    expect(JSON.parse(await rest('GET', '/rules/doomed')).id).toBe('doomed');
    await button('Delete').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('Rule doomed was deleted.').waitFor();
    await at('#/');
    await page.locator('li', { hasText: 'doomed was deleted' }).waitFor();
  });

  test('completion offers columns of the stream and functions, by keyboard alone', async () => {
    await at('#/rules/*new');
    const editor = page.getByRole('textbox', { name: 'SQL' });
    await editor.fill('SELECT  FROM presses');
    await page.waitForTimeout(500);
    for (let i = 0; i < ' FROM presses'.length; i++) await editor.press('ArrowLeft');
    await editor.pressSequentially('temp');
    await page.getByRole('option', { name: /^temperature/ }).waitFor();
    await editor.press('Enter');
    expect(await editor.inputValue()).toBe('SELECT temperature FROM presses');
    await editor.pressSequentially(', roun');
    await page
      .getByRole('option', { name: /^round/ })
      .first()
      .waitFor();
    await editor.press('Tab');
    expect(await editor.inputValue()).toBe('SELECT temperature, round( FROM presses');
    await page.locator('.explained', { hasText: 'round(' }).waitFor();
  });

  test('the page is German for a German browser, and English at a click', async () => {
    await page.context().close();
    ({ page, complaints } = await openPage(browser, daemon.url, { locale: 'de-DE' }));
    await page.getByRole('heading', { name: 'Übersicht' }).waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('de');
    await button('English').click();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
  });

  test('a gateway that goes away is said in a sentence, and its coming back is noticed', async () => {
    await page.getByText('All is well').waitFor();
    const port = new URL(daemon.url).port;
    await daemon.stop();
    await page.getByText('The gateway does not answer. Is it running, and is the network there?').first().waitFor();
    daemon = await runDaemon(join(folder, 'root'), { KUIPER__BASIC__RESTPORT: port });
    await page.getByText('The gateway does not answer. Is it running, and is the network there?').first().waitFor({ state: 'detached' });
    await page.getByText('All is well').waitFor();
    // connections that are refused are the browser's own complaint
    complaints.splice(
      0,
      complaints.length,
      ...complaints.filter((c) => !/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/.test(c)),
    );
  }, 60_000);
});
