// Twenty plugins as people write them work in a plugin host without a change: files, network, bundled packages, /sys, timers, state, aggregates,
// lookups, singletons, factories, all kinds of modules.
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makePluginRoot, type PluginRoot, readJsonLines, TICKER, TO_FILE, until } from './helpers/plugin-root.ts';

const fn = (symbol: string, body: string, before = '') => `${before}\nexport class ${symbol} { exec(args, ctx) { ${body} } }`;
/** File name → text, SQL, and what a row must hold. */
const FUNCTIONS: Record<string, [file: string, text: string, sql: string, expected: unknown]> = {
  'a class in TypeScript': [
    'plusOne.ts',
    'export class PlusOne { exec([n]: readonly number[]): number { return n! + 1; } }',
    'plusOne(1)',
    2,
  ],
  'a factory': ['made.mjs', 'export const Made = () => { let n = 0; return { exec: () => ++n > 0 }; };', 'made()', true],
  'a singleton in CommonJS': ['single.cjs', 'exports.Single = { exec: (a) => a.length };', 'single(1, 2)', 2],
  'CommonJS in a bare .js': [
    'bare.js',
    'const { basename } = require("node:path"); exports.Bare = class { exec(a) { return basename(a[0]); } };',
    'bare("/a/b")',
    'b',
  ],
  state: ['tally.mjs', fn('Tally', 'ctx.incrCounter("s", 2); return ctx.getCounter("s") % 2;'), 'tally(1)', 0],
  'an aggregate': [
    'spread.mjs',
    'export class Spread { exec([v]) { return Math.max(...v) - Math.min(...v); } isAggregate() { return true; } }',
    'spread(n - n)',
    0,
  ],
  'several functions': [
    'pair.mjs',
    'export class FirstOf { exec([a]) { return a; } } export class LastOf { exec([, b]) { return b; } }',
    'firstOf(1, 2) + lastOf(1, 2)',
    3,
  ],
  'a date': ['dayOf.mjs', fn('DayOf', 'return new Date(args[0] * 86400000).toISOString().slice(0, 10);'), 'dayOf(1)', '1970-01-02'],
  'bytes and hashes': [
    'digest.mjs',
    fn('Digest', 'return createHash("sha256").update(args[0]).digest("hex").slice(0, 8);', 'import { createHash } from "node:crypto";'),
    'digest("a")',
    'ca978112',
  ],
  'a file of its own': [
    'looked.mjs',
    fn(
      'Looked',
      'return JSON.parse(readFileSync(join(ctx.getRootPath(), "etc/functions/looked/t.json"), "utf8"))[args[0]];',
      'import { readFileSync } from "node:fs"; import { join } from "node:path";',
    ),
    'looked("x")',
    42,
  ],
  '/sys': [
    'online.mjs',
    fn(
      'Online',
      'return readFileSync("/sys/devices/system/cpu/online", "utf8").trim().length > 0;',
      'import { readFileSync } from "node:fs";',
    ),
    'online()',
    true,
  ],
  'a package of npm, bundled': [
    'hashed.mjs',
    fn(
      'Hashed',
      'return left(args[0], 5);',
      '/* as esbuild writes it */ var __commonJS = (cb, mod) => () => (mod || cb((mod = { exports: {} }).exports, mod), mod.exports); var require_pad = __commonJS((exports, module) => { module.exports = (s, n) => String(s).padStart(n, "0"); }); const left = require_pad();',
    ),
    'hashed(7)',
    '00007',
  ],
  'relative imports': ['helped.mjs', fn('Helped', 'return help(args[0]);', 'import { help } from "./helper/help.mjs";'), 'helped(3)', 9],
  'a table in memory': [
    'cached.mjs',
    fn('Cached', 'return cache.get(args[0]) ?? (cache.set(args[0], args[0] * 10), cache.get(args[0]));', 'const cache = new Map();'),
    'cached(4)',
    40,
  ],
  'arguments that are checked': [
    'two.mjs',
    'export class Two { validate(a) { if (a.length !== 2) throw new Error("two arguments, please"); } exec([a, b]) { return a * b; } }',
    'two(3, 4)',
    12,
  ],
  'objects and arrays': [
    'stats.mjs',
    fn('Stats', 'return { all: args[0].map((x) => x * 2), n: args[0].length };'),
    'stats(array_create(1, 2))',
    { all: [2, 4], n: 2 },
  ],
};

let p: PluginRoot;
const server = createServer((_q, r) => r.end(JSON.stringify({ from: 'peer' })));
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  p = makePluginRoot('contained');
  mkdirSync(join(p.root, 'etc/functions/looked'), { recursive: true });
  writeFileSync(join(p.root, 'etc/functions/looked/t.json'), '{"x":42}');
  mkdirSync(join(p.root, 'plugins/functions/helper'), { recursive: true });
  writeFileSync(join(p.root, 'plugins/functions/helper/help.mjs'), 'export const help = (x) => x * x;');
  for (const [file, text] of Object.values(FUNCTIONS)) p.put('functions', file, text);
  p.put('sources', 'ticker.ts', TICKER);
  p.put('sinks', 'toFile.ts', TO_FILE);
  p.put(
    'sources',
    'fetcher.mjs',
    `export class Fetcher { async pull(ctx, emit) { const r = await fetch('http://127.0.0.1:${port}/'); await emit(await r.json()); } close() {} }`,
  );
  p.put(
    'sources',
    'names.mjs',
    'export class NamesLookup { open() {} lookup(ctx, fields, keys, values) { return [{ id: values[0], name: "n" + values[0] }]; } close() {} }',
  );
  p.put(
    'sinks',
    'counter.mjs',
    'export const Counter = { n: 0, open(ctx) { this.ctx = ctx; }, collect(ctx, d) { ctx.incrCounter("rows", 1); }, close() {} };',
  );
  await p.start();
  await p.stream('t', 'ticker');
}, 60_000);
afterAll(async () => {
  await p.close();
  server.close();
});

describe('ordinary plugins in a plugin host', () => {
  // @covers issue:13#4
  test('functions: all of them in one statement', { timeout: 60_000 }, async () => {
    const columns = Object.values(FUNCTIONS).map(([, , sql], i) => `${sql} AS c${i}`);
    expect((await p.get<string[]>('/plugins/functions')).filter((n) => n !== 'helper').length).toBe(Object.keys(FUNCTIONS).length);
    for (const [file] of Object.values(FUNCTIONS))
      expect(await p.describe('functions', file.replace(/\..*/, ''))).toMatchObject({ mode: 'contained', state: 'running' });
    await p.rule('f', `SELECT ${columns.join(', ')} FROM t`, [{ toFile: { file: 'f.jsonl' } }]);
    await until('rows', () => readJsonLines(join(p.root, 'f.jsonl')).length > 3, 20_000);
    const [row] = readJsonLines(join(p.root, 'f.jsonl'));
    expect(Object.keys(FUNCTIONS).map((name, i) => [name, row[`c${i}`]])).toEqual(
      Object.entries(FUNCTIONS).map(([name, [, , , expected]]) => [name, expected]),
    );
    const refused = await p.daemon.call('POST', '/rules', { id: 'bad', sql: 'SELECT two(1) FROM t', actions: [{ nop: {} }] });
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining('two arguments, please')]);
  });

  test('a source that fetches, a lookup source, and a singleton sink that counts', { timeout: 60_000 }, async () => {
    await p.stream('web', 'fetcher');
    await p.rule('w', 'SELECT * FROM web', [{ toFile: { file: 'w.jsonl' } }]);
    await until('fetched', () => readJsonLines(join(p.root, 'w.jsonl')).length > 0, 15_000);
    expect(readJsonLines(join(p.root, 'w.jsonl'))[0]).toEqual({ from: 'peer' });
    await p.daemon.call('POST', '/tables', { sql: 'CREATE TABLE names () WITH (TYPE="names", DATASOURCE="x", KIND="lookup", KEY="id")' });
    await p.rule('l', 'SELECT t.n, names.name FROM t INNER JOIN names ON t.n = names.id', [
      { toFile: { file: 'l.jsonl' } },
      { counter: {} },
    ]);
    await until('joined', () => readJsonLines(join(p.root, 'l.jsonl')).length > 3, 15_000);
    for (const r of readJsonLines(join(p.root, 'l.jsonl'))) expect(r.name).toBe(`n${r.n}`);
    expect((await p.get('/rules/l/status'))['sink_counter_1_0_exceptions_total']).toBe(0);
  });

  test('all of them share one host, whose memory is counted as the system sees it', async () => {
    const d = await p.describe('functions', 'plusOne');
    expect(d.modeMeans).toBe(
      'It runs in a process of its own beside the gateway: it can use the network and read files, but not the gateway, its tokens or its data.',
    );
    expect(d.host).toMatchObject({ hosts: 1, apart: [] });
    expect(d.host.rssMb).toBeGreaterThan(20);
    expect(d.host.rssMb).toBeLessThan(400);
  });
});
