// What a viewer's browser works on: 200 rules with 10,000 rows a second, and a person who looks at every page, scrolls, searches and opens a rule.
// Chromium traces each task of the page; the longest of each step, in processor time of the page's main thread, goes to bench/results/console.json.
//   node scripts/console-tasks.ts
// Exits 1 when a task took more than 50 ms.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os, { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { openBrowser, openPage } from '../test/console/browser/browser.ts';
import { makeManyRules, RULES } from '../test/console/browser/many-rules.ts';
import { longestTasks } from '../test/console/browser/trace.ts';
import { runDaemon } from '../test/daemon/daemon-process.ts';

const LIMIT_MS = 50;
/** How long each page is looked at. */
const LOOK_MS = 5000;
const PAGES = ['/', '/rules', '/sources', '/plugins', '/data', '/system'];

const steps: { name: string; act: (page: Page) => Promise<unknown> }[] = [
  ...PAGES.map((route) => ({ name: `look at ${route}`, act: (page: Page) => page.evaluate(`location.hash = '#${route}'`) })),
  {
    name: 'scroll the list of rules',
    act: async (page) => {
      await page.evaluate(`location.hash = '#/rules'`);
      await page.locator('.list').waitFor();
      for (let i = 0; i < 20; i++) await page.locator('.list').evaluate((e: { scrollTop: number }) => (e.scrollTop += 400));
    },
  },
  { name: 'search a rule', act: (page) => page.getByLabel('Find by name or tag').pressSequentially('rule177', { delay: 40 }) },
  // loads the editor
  { name: 'open a rule', act: (page) => page.locator('a.rule-row', { hasText: 'rule177' }).click() },
];

const root = mkdtempSync(join(tmpdir(), 'kuiper-console-tasks-'));
const [daemon, browser] = await Promise.all([runDaemon(root), openBrowser()]);
try {
  await makeManyRules(daemon);
  const { page, complaints } = await openPage(browser, `${daemon.url}/#/`);
  await page.getByText('All is well').waitFor();
  const results = [];
  for (const { name, act } of steps) {
    await browser.startTracing(page, { categories: ['toplevel', 'devtools.timeline'] });
    await act(page);
    await page.waitForTimeout(LOOK_MS);
    const { tasks, longestMs } = longestTasks((await browser.stopTracing()).toString());
    results.push({ name, tasks, longestMs });
    console.log(`${name}: ${tasks} tasks, the longest ${longestMs} ms`);
    if (longestMs > LIMIT_MS) process.exitCode = 1;
  }
  const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim();
  const record = {
    at: new Date().toISOString(),
    commits: [git('rev-parse', '--short', 'HEAD')],
    node: process.version,
    machine: `${os.arch()}, ${os.cpus().length} cores`,
    chromium: browser.version(),
    rules: RULES,
    rowsPerSecond: RULES * 50,
    unit: 'ms of processor time of the page’s main thread',
    complaints,
    results,
  };
  writeFileSync(join(import.meta.dirname, '../bench/results/console.json'), `${JSON.stringify(record, null, 1)}\n`);
} finally {
  await browser.close();
  await daemon.stop();
  rmSync(root, { recursive: true, force: true });
}
