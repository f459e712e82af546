// The console's files over real sockets: who gets a page, with which headers, how large, and that nothing else can be reached that way.
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRealClock } from '../../src/base/clock.ts';
import { createMemoryLog } from '../../src/base/log.ts';
import { stripTypes } from '../../src/plugin-host/files/strip-types.ts';
import { createAssets, readyFiles } from '../../src/rest/console/assets.ts';
import { consoleFile } from '../../src/rest/console/request-of.ts';
import { text } from '../../src/rest/reply.ts';
import { createRouter } from '../../src/rest/router.ts';
import { openRestServer, type RestServer } from '../../src/rest/server.ts';

const PAGE = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

describe('the console’s files', () => {
  let server: RestServer;
  beforeAll(async () => {
    server = await openRestServer({
      ip: '127.0.0.1',
      port: 0,
      tls: undefined,
      router: Promise.resolve(createRouter([{ method: 'GET', path: '/', handle: () => text('information') }])),
      clock: createRealClock(),
      log: createMemoryLog().log,
      // a token is needed for everything that holds data
      credentials: () => ({ count: 1, check: () => ({ refused: 'missing_token' }) }),
      allowedHosts: () => [],
      auditLog: () => false,
    });
  });
  afterAll(async () => {
    server.destroy();
    await server.close();
  });
  const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    new Promise<{ status: number; body: Buffer; headers: Record<string, string | undefined> }>((resolve, reject) => {
      const q = request({ port: new URL(server.url).port, host: '127.0.0.1', method, path, headers, agent: false }, (s) => {
        const parts: Buffer[] = [];
        s.on('data', (d: Buffer) => parts.push(d));
        s.on('end', () => resolve({ status: s.statusCode!, body: Buffer.concat(parts), headers: s.headers as Record<string, string> }));
      });
      q.on('error', reject);
      q.end();
    });

  test('a browser gets the page at /, and every other client the answer of REST', async () => {
    const page = await get('/', { Accept: PAGE });
    expect(page.status).toBe(200);
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page.body.toString()).toContain('<script type="module" src="/console/main.ts"></script>');
    for (const headers of [{}, { Accept: '*/*' }, { Accept: 'application/json' }])
      expect((await get('/', headers as Record<string, string>)).body.toString()).toBe('information');
  });

  test('only reading is the console’s: a POST of a browser is a call of REST', () => {
    expect(consoleFile('GET', '/', PAGE)).toBe('index.html');
    expect(consoleFile('HEAD', '/console/main.ts', undefined)).toBe('main.ts');
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) expect(consoleFile(method, '/', PAGE)).toBeUndefined();
    expect(consoleFile('GET', '/rules', PAGE)).toBeUndefined();
    expect(consoleFile('GET', '/consolex', PAGE)).toBeUndefined();
  });

  test('files come without a token, with headers that forbid inline code, foreign hosts and frames', async () => {
    const { status, headers, body } = await get('/console/main.ts');
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/javascript; charset=utf-8');
    const policy = headers['content-security-policy']!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("style-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toMatch(/unsafe|\*|http/);
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['referrer-policy']).toBe('no-referrer');
    expect(headers['access-control-allow-origin']).toBeUndefined();
    // types are gone, packages are paths, lines are where they were
    const source = readFileSync('src/console/main.ts', 'utf8').split('\n');
    const lines = body.toString().split('\n');
    expect(lines.length).toBe(source.length);
    expect(body.toString()).toContain("from '/console/lib/hooks.js'");
    expect(body.toString()).not.toMatch(/from '(preact|uplot)/);
  });

  test('data needs the token all the same', async () => {
    expect((await get('/rules', { Accept: PAGE })).status).toBe(401);
  });

  test('a file that did not change is not sent again', async () => {
    const first = await get('/console/console.css');
    const again = await get('/console/console.css', { 'If-None-Match': first.headers['etag']! });
    expect([again.status, again.body.length]).toEqual([304, 0]);
    expect((await get('/console/console.css', { 'If-None-Match': '"other"' })).status).toBe(200);
  });

  test('what is compressed is the same file', async () => {
    const plain = await get('/console/ui.ts');
    const brotli = await get('/console/ui.ts', { 'Accept-Encoding': 'gzip, br' });
    const gzip = await get('/console/ui.ts', { 'Accept-Encoding': 'gzip' });
    expect([plain.headers['content-encoding'], brotli.headers['content-encoding'], gzip.headers['content-encoding']]).toEqual([
      undefined,
      'br',
      'gzip',
    ]);
    expect(brotliDecompressSync(brotli.body).equals(plain.body)).toBe(true);
    expect(gunzipSync(gzip.body).equals(plain.body)).toBe(true);
    expect(brotli.body.length).toBeLessThan(plain.body.length / 2);
  });

  test('HEAD has the headers and no body', async () => {
    const head = await get('/console/ui.ts', {}, 'HEAD');
    expect([head.status, head.body.length]).toEqual([200, 0]);
    expect(Number(head.headers['content-length'])).toBeGreaterThan(1000);
  });

  test.each([
    '/console/',
    '/console/nothing.ts',
    '/console/../rest/server.ts',
    '/console/..%2frest%2fserver.ts',
    '/console//etc/passwd',
    '/console/lib/../lib/preact.js',
    '/console/tsconfig.json',
    '/console/lib/react.js',
    '/console/constructor',
    '/console/__proto__',
  ])('%s is no file of the console', async (path) => {
    expect((await get(path)).status).toBe(404);
  });
});

describe('the size of the console', () => {
  // @covers issue:23#1
  test('the first page is below 60 kB and everything below 250 kB, compressed', async () => {
    const assets = createAssets(async () => stripTypes, false);
    const sizeOf = async (name: string) => (await assets.get(name))!.brotli.length;
    const first = await firstFiles(assets);
    const firstBytes = (await Promise.all(first.map(sizeOf))).reduce((a, b) => a + b, 0);
    const allBytes = (await Promise.all(assets.names().map(sizeOf))).reduce((a, b) => a + b, 0);
    expect(first).toContain('lib/preact.js');
    expect(first).not.toContain('pages/rule.ts');
    expect(firstBytes).toBeLessThan(60 * 1024);
    expect(allBytes).toBeLessThan(250 * 1024);
  });

  test('a packaged program serves the same bytes, made beforehand', async () => {
    const assets = createAssets(async () => stripTypes, false);
    const ready = new Map<string, Buffer>();
    readyFiles(stripTypes, (name, content) => void ready.set(name, content));
    expect([...ready.keys()].sort()).toEqual(assets.names().sort());
    for (const [name, content] of ready) expect((await assets.get(name))!.plain.equals(content), name).toBe(true);
  });
});

/** What index.html brings along, over imports that are not made later. */
async function firstFiles(assets: ReturnType<typeof createAssets>): Promise<string[]> {
  const seen = new Set<string>();
  const follow = async (name: string): Promise<void> => {
    if (seen.has(name)) return;
    const asset = await assets.get(name);
    if (!asset) throw new Error(`${name} is not there`);
    seen.add(name);
    const code = asset.plain.toString();
    const found = name.endsWith('.html')
      ? [...code.matchAll(/(?:href|src)="\/console\/([^"]+)"/g)].map((m) => m[1]!)
      : /\.[jt]s$/.test(name)
        ? [...code.matchAll(/\bfrom ?["']([./][^"']+)["']/g)].map((m) =>
            m[1]!.startsWith('/console/') ? m[1]!.slice('/console/'.length) : new URL(m[1]!, `http://x/${name}`).pathname.slice(1),
          )
        : [];
    for (const next of found) await follow(next);
  };
  await follow('index.html');
  // the texts of one language are loaded before anything is drawn
  await follow('texts/de.ts');
  return [...seen];
}
