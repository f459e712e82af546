// 200 rules and 10,000 rows a second: what a viewer is pushed, what the page holds, and what happens without a viewer.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningDaemon, runDaemon } from '../../daemon/daemon-process.ts';
import { haveChromium, openBrowser, openPage } from './browser.ts';
import { makeManyRules, RULES } from './many-rules.ts';

describe.runIf(haveChromium)(`${RULES} rules`, () => {
  let folder: string;
  let daemon: RunningDaemon;
  let browser: Browser;
  const rest = async (method: string, path: string, body?: unknown): Promise<string> => {
    const { status, text } = await daemon.call(method, path, body);
    if (status >= 400) throw new Error(`${method} ${path}: ${status} ${text}`);
    return text;
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kuiper-console-load-'));
    [daemon, browser] = await Promise.all([runDaemon(join(folder, 'root')), openBrowser()]);
    await makeManyRules(daemon);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    if (daemon?.child.exitCode === null) await daemon.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  // @covers issue:23#1
  test('a viewer that asks for everything as fast as possible is pushed at most ten times a second', async () => {
    const end = new AbortController();
    const answer = await fetch(`${daemon.url}/live?interval=0`, { signal: end.signal });
    const decoder = new TextDecoder();
    const moments: number[] = [];
    let rest = '';
    for await (const chunk of answer.body!) {
      rest += decoder.decode(chunk as Uint8Array, { stream: true });
      const parts = rest.split('\n\n');
      rest = parts.pop()!;
      for (const part of parts) moments.push((JSON.parse(part.slice(6)) as { atMs: number }).atMs);
      if (moments.length > 25) break;
    }
    end.abort();
    const seconds = (moments.at(-1)! - moments[0]!) / 1000;
    expect((moments.length - 1) / seconds).toBeLessThanOrEqual(10.05);
  });

  test('the list holds as many rows as are seen, finds one of all, and does not block the page', async () => {
    const { page, complaints } = await openPage(browser, `${daemon.url}/#/rules`);
    await page.getByText('200 of 200').waitFor();
    const rows = () => page.locator('.rule-row').count();
    expect(await rows()).toBeLessThan(30);
    await page.locator('.list').evaluate((e: any) => (e.scrollTop = e.scrollHeight));
    await page.locator('.rule-row', { hasText: 'rule99' }).waitFor();
    expect(await rows()).toBeLessThan(30);
    await page.getByLabel('Find by name or tag').fill('rule177');
    await page.getByText('1 of 200').waitFor();
    expect(await page.evaluate(() => (globalThis as any).document.querySelectorAll('*').length)).toBeLessThan(400);
    await page.goto(`${daemon.url}/#/`);
    await page.getByText('and 176 more rules').waitFor();
    expect(await page.evaluate(() => (globalThis as any).document.querySelectorAll('*').length)).toBeLessThan(700);
    await page.context().close();
    expect(complaints).toEqual([]);
  });

  test('without a viewer nothing is pushed, and a page that was closed is no viewer any more', async () => {
    const { page } = await openPage(browser, daemon.url);
    await page.getByText('All is well').waitFor();
    const viewers = async () => (JSON.parse(await rest('GET', '/live/counts')) as { rates: { viewers: number; computed: number } }).rates;
    expect((await viewers()).viewers).toBe(1);
    await page.context().close();
    await expect.poll(async () => (await viewers()).viewers, { timeout: 20_000 }).toBe(0);
    const before = (await viewers()).computed;
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect((await viewers()).computed).toBe(before);
  });
});
