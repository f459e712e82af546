// Names and payloads that want to be markup or script, in every view of the console: none runs, none makes an element of its own. And what keyboards and
// screen readers need, judged by axe in every view, light and dark.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningDaemon, runDaemon } from '../../daemon/daemon-process.ts';
import { haveChromium, openBrowser, openPage } from './browser.ts';

/** Each sets `pwned` in one way or another when a browser takes it for more than text. */
const payloads: readonly string[] = [
  '<script>window.pwned=1</script>',
  '"><script>window.pwned=1</script>',
  "'><script>window.pwned=1</script>",
  '</script><script>window.pwned=1</script>',
  '<img src=x onerror=window.pwned=1>',
  '"><img src=x onerror=window.pwned=1>',
  '<svg onload=window.pwned=1>',
  '<svg><script>window.pwned=1</script></svg>',
  '<svg><animate onbegin=window.pwned=1 attributeName=x dur=1s>',
  '<body onload=window.pwned=1>',
  '<iframe src="javascript:parent.pwned=1"></iframe>',
  '<iframe srcdoc="<script>parent.pwned=1</script>"></iframe>',
  '<a href="javascript:window.pwned=1">x</a>',
  'javascript:window.pwned=1',
  'JaVaScRiPt:window.pwned=1',
  ' javascript:window.pwned=1',
  'java\tscript:window.pwned=1',
  'data:text/html,<script>parent.pwned=1</script>',
  'vbscript:window.pwned=1',
  '<details open ontoggle=window.pwned=1>',
  '<input autofocus onfocus=window.pwned=1>',
  '<select autofocus onfocus=window.pwned=1>',
  '<textarea autofocus onfocus=window.pwned=1>',
  '<video><source onerror=window.pwned=1></video>',
  '<audio src=x onerror=window.pwned=1>',
  '<marquee onstart=window.pwned=1>',
  '<object data="javascript:window.pwned=1"></object>',
  '<embed src="javascript:window.pwned=1">',
  '<math><mtext><script>window.pwned=1</script></mtext></math>',
  '<template><script>window.pwned=1</script></template>',
  '<noscript><img src=x onerror=window.pwned=1></noscript>',
  '<style>@import "javascript:window.pwned=1"</style>',
  '<link rel=stylesheet href="javascript:window.pwned=1">',
  '<meta http-equiv=refresh content="0;url=javascript:window.pwned=1">',
  '<base href="https://example.invalid/">',
  '<form action="javascript:window.pwned=1"><button>x</button></form>',
  '<button formaction="javascript:window.pwned=1">x</button>',
  '<div style="background:url(javascript:window.pwned=1)">',
  '<div onmouseover=window.pwned=1 style="position:fixed;inset:0">',
  '<x onclick=window.pwned=1>',
  '" onmouseover="window.pwned=1',
  "' onfocus='window.pwned=1' autofocus='",
  '`-window.pwned=1-`',
  '${window.pwned=1}',
  '{{constructor.constructor("window.pwned=1")()}}',
  '#{window.pwned=1}',
  '&lt;script&gt;window.pwned=1&lt;/script&gt;',
  '&#60;img src=x onerror=window.pwned=1&#62;',
  '\u003cimg src=x onerror=window.pwned=1\u003e',
  '<scr\u0000ipt>window.pwned=1</scr\u0000ipt>',
  '<<script>window.pwned=1//<</script>',
  '<!--><img src=x onerror=window.pwned=1>-->',
  '<![CDATA[<script>window.pwned=1</script>]]>',
  '\u202e<script>window.pwned=1</script>',
  '__proto__',
  'constructor',
  ']]></script><script>window.pwned=1</script>',
  '%3Cscript%3Ewindow.pwned=1%3C/script%3E',
  '<plaintext>',
];

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const views = [
  '#/',
  '#/rules',
  '#/rules/*new',
  '#/rules/hostile',
  '#/rules/hostile/health',
  '#/rules/hostile/figures',
  '#/rules/hostile/versions',
  '#/sources',
  '#/sources/*topics',
  '#/sources/*devices',
  '#/sources/*new',
  '#/sources/hostile',
  '#/plugins',
  '#/plugins/functions/spit',
  '#/data',
  '#/data/*live',
  '#/system',
  '#/system/start',
  '#/system/access',
  '#/system/mqtt',
  '#/system/certificates',
  '#/system/network',
  '#/system/backup',
  '#/system/update',
  '#/system/log',
];

describe.runIf(haveChromium)('every view of the console', () => {
  let folder: string;
  let daemon: RunningDaemon;
  let browser: Browser;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kuiper-console-hostile-'));
    const functions = join(folder, 'root/plugins/functions');
    mkdirSync(functions, { recursive: true });
    // what a plugin says and throws, and a file whose reason for failing holds markup
    writeFileSync(
      join(functions, 'spit.ts'),
      'export class Spit { exec(args: readonly unknown[]) { throw new Error(String(args[0])); } }\n',
    );
    writeFileSync(
      join(functions, 'broken<img src=x onerror=window.pwned=1>.ts'),
      'export const x = "<img src=x onerror=window.pwned=1>";\n',
    );
    [daemon, browser] = await Promise.all([runDaemon(join(folder, 'root')), openBrowser()]);
    const rest = async (method: string, path: string, body: unknown) => {
      const { status, text } = await daemon.call(method, path, body);
      if (status >= 400) throw new Error(`${method} ${path}: ${status} ${text}`);
    };
    const rows = payloads.map((p, n) => ({ n, text: p, [p]: p }));
    await rest('PUT', '/metadata/sources/simulator/confKeys/hostile', { data: rows, interval: '20ms', loop: true });
    await rest('POST', '/streams', {
      sql: `CREATE STREAM hostile () WITH (TYPE="simulator", CONF_KEY="hostile", FORMAT="json", DATASOURCE=${JSON.stringify(payloads[0])})`,
    });
    await rest('POST', '/rules', {
      id: 'hostile',
      name: payloads[4],
      sql: 'SELECT *, spit(text) AS s FROM hostile',
      // { begins a template, # and + are no part of a topic to publish to
      actions: payloads.filter((topic) => !/[{#+\0]/.test(topic)).map((topic) => ({ memory: { topic: `t${topic}` } })),
      tags: payloads,
    });
    await rest('PUT', '/rules/hostile', {
      id: 'hostile',
      name: payloads[5],
      sql: "SELECT *, '<img src=x onerror=window.pwned=1>' AS x FROM hostile WHERE spit(text) = 1 OR n >= 0",
      actions: [{ memory: { topic: payloads[4] } }, { history: { series: '<img src=x onerror=window.pwned=1>' } }],
      tags: payloads,
    });
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    if (daemon?.child.exitCode === null) await daemon.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Elements that the console never makes, and handlers and addresses that it never writes. */
  const foreign = (page: Page) =>
    page.evaluate(() => {
      const d = (globalThis as any).document;
      const odd = [...d.querySelectorAll('body *')].filter(
        (e: any) =>
          /^(SCRIPT|IFRAME|OBJECT|EMBED|BASE|META|STYLE|MARQUEE|VIDEO|AUDIO|MATH|TEMPLATE|PLAINTEXT|X)$/i.test(e.tagName) ||
          (e.tagName === 'IMG' && e.getAttribute('src') !== '/console/icon.svg') ||
          e.getAttributeNames().some((a: string) => a.startsWith('on')) ||
          (e.hasAttribute('href') && !/^#/.test(e.getAttribute('href'))),
      );
      return { pwned: (globalThis as any).pwned, odd: odd.map((e: any) => e.outerHTML.slice(0, 200)) };
    });

  // @covers issue:23#1
  test(`shows ${payloads.length} hostile names and payloads as text: none runs, none becomes an element`, async () => {
    expect(payloads.length).toBeGreaterThanOrEqual(50);
    const { page, complaints } = await openPage(browser, daemon.url);
    for (const view of views) {
      await page.goto(`${daemon.url}/${view}`);
      await page.locator('h1').waitFor();
      await page.waitForTimeout(250);
      expect(await foreign(page), view).toEqual({ pwned: undefined, odd: [] });
    }
    // rows with every payload as name and value, beside the editor
    await page.goto(`${daemon.url}/#/rules/hostile`);
    await page.getByRole('button', { name: 'Try' }).click();
    await page.locator('.json-rows li', { hasText: 'onerror' }).first().waitFor();
    await page.waitForTimeout(1500);
    expect(await foreign(page)).toEqual({ pwned: undefined, odd: [] });
    // each payload as a statement: what the gateway says of it is text, too
    const editor = page.getByRole('textbox', { name: 'SQL' });
    for (const text of payloads.slice(0, 12)) {
      await editor.fill(`SELECT ${text} FROM hostile`);
      await page.waitForTimeout(60);
    }
    await page.locator('.verdict .error').first().waitFor();
    expect(await foreign(page)).toEqual({ pwned: undefined, odd: [] });
    // and each as a place
    for (const text of payloads) {
      await page.goto(`${daemon.url}/#/rules/${encodeURIComponent(text)}`);
      await page.evaluate((hash) => ((globalThis as any).location.hash = hash), `#/${text}/${text}`);
    }
    await page.waitForTimeout(300);
    expect(await foreign(page)).toEqual({ pwned: undefined, odd: [] });
    await page.context().close();
    expect(complaints).toEqual([]);
  }, 120_000);

  test.each([
    { dark: false, width: 1280 },
    { dark: true, width: 390 },
  ])(
    'has nothing that axe calls serious (dark: $dark, width: $width)',
    async (looks) => {
      const { page, complaints } = await openPage(browser, daemon.url, looks);
      const found: string[] = [];
      for (const view of views) {
        await page.goto(`${daemon.url}/${view}`);
        await page.locator('h1').waitFor();
        await page.waitForTimeout(250);
        await page.evaluate(AXE);
        const violations = await page.evaluate(async () => {
          const { violations: all } = await (globalThis as any).axe.run({ resultTypes: ['violations'] });
          return all
            .filter((v: any) => v.impact === 'serious' || v.impact === 'critical')
            .map(
              (v: any) =>
                `${v.id}: ${v.nodes
                  .slice(0, 3)
                  .map(
                    (n: any) =>
                      `${n.html.slice(0, 120)} ${n.any
                        .map((a: any) => a.message)
                        .join(' ')
                        .slice(0, 160)}`,
                  )
                  .join(' | ')}`,
            );
        });
        found.push(...violations.map((v: string) => `${view} ${v}`));
      }
      await page.context().close();
      expect(found).toEqual([]);
      expect(complaints).toEqual([]);
    },
    120_000,
  );
});
