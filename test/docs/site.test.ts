// The documentation as HTML: every page is there, links and headings lead somewhere, nothing needs a server or a network.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildSite, pagesOf } from '../../scripts/docs-site.ts';

let out = '';
let problems: string[] = [];
beforeAll(() => {
  out = mkdtempSync(join(tmpdir(), 'kuiper-site-'));
  problems = buildSite(out);
});
afterAll(() => rmSync(out, { recursive: true, force: true }));

// @covers issue:15#6
test('every page of docs/ is in the site and in the navigation of the first page', () => {
  expect(problems).toEqual([]);
  const pages = pagesOf();
  expect(pages.length).toBeGreaterThan(60);
  const first = readFileSync(join(out, 'index.html'), 'utf8');
  for (const p of pages) {
    expect(existsSync(join(out, p.path)), p.path).toBe(true);
    expect(first, p.path).toContain(`href="${p.path}"`);
  }
});

test('all links and assets of all pages are relative and exist, so that the site opens from a disk', () => {
  const bad: string[] = [];
  for (const file of readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.html'))) {
    const text = readFileSync(join(out, file), 'utf8');
    for (const [, href] of text.matchAll(/(?:href|src)="([^"]*)"/g)) {
      if (/^https?:|^mailto:/.test(href!)) continue;
      const path = href!.split('#')[0]!.replaceAll('&amp;', '&');
      if (path.startsWith('/') || (path !== '' && !existsSync(join(out, dirname(file), path)))) bad.push(`${file}: ${href}`);
    }
    if (/<script src="https?:|<link[^>]+https?:/.test(text)) bad.push(`${file}: needs a network`);
  }
  expect(bad).toEqual([]);
});

test('the search knows a word of a page and its title', () => {
  const script = readFileSync(join(out, 'search.js'), 'utf8');
  const pages = JSON.parse(/^var PAGES=(.*);$/m.exec(script)![1]!) as [string, string, string][];
  const page = pages.find(([path]) => path === 'docs/plugins/tutorial.html')!;
  expect(page[1]).toBe('A plugin in ten minutes');
  expect(page[2]).toContain('wordcount');
});
