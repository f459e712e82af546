// One export clones a gateway, plugins included: files, metadata, runtime files and names of functions; keys and passwords stay behind.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readArchive } from '../../src/plugin-host/index.ts';
import { makePluginRoot, type PluginRoot, TICKER, TO_FILE, until } from './helpers/plugin-root.ts';

let a: PluginRoot;
let b: PluginRoot;
const put = (p: PluginRoot, path: string, text: string) => {
  mkdirSync(join(p.root, path, '..'), { recursive: true });
  writeFileSync(join(p.root, path), text);
};

beforeAll(async () => {
  a = makePluginRoot();
  b = makePluginRoot();
  a.put('sources', 'ticker@v1.2.ts', TICKER);
  a.put('sinks', 'toFile.ts', TO_FILE);
  a.put('functions', 'pair.ts', 'export class PairOne { exec() { return 1; } }\nexport class PairTwo { exec() { return 2; } }');
  a.put('functions', 'unused.ts', 'export class Unused { exec() { return 1; } }');
  a.put('functions', 'broken.ts', 'export class');
  put(a, 'etc/functions/pair.json', '{"functions": [{"name": "pairOne"}, {"name": "pairTwo"}]}');
  put(a, 'etc/sources/ticker.yaml', 'default:\n  every: 20\n');
  put(a, 'etc/sources/ticker/model/weights.txt', 'weights');
  put(a, 'etc/sources/ticker/client.key', 'secret');
  put(a, 'etc/sources/ticker/client.txt', '-----BEGIN PRIVATE KEY-----');
  put(a, 'etc/sinks/toFile.yaml', 'default:\n  password: secret\n');
  await Promise.all([a.start(), b.start()]);
  await a.stream('t', 'ticker');
  await a.rule('r', 'SELECT n, pairOne() AS f, pairTwo() AS s FROM t', [{ toFile: {} }]);
}, 30_000);
afterAll(() => Promise.all([a.close(), b.close()]));

const archiveOf = (json: string) => readArchive(Buffer.from(JSON.parse(json).file.split('base64,')[1], 'base64')).map((e) => e.path);

test('an export holds the plugins that run, without keys and passwords', async () => {
  const { nativePlugins } = JSON.parse((await a.daemon.call('GET', '/data/export')).text);
  expect(Object.keys(nativePlugins).sort()).toEqual(['functions_pair', 'functions_unused', 'sinks_toFile', 'sources_ticker']);
  expect(archiveOf(nativePlugins['sources_ticker'])).toEqual(['ticker@v1.2.ts', 'ticker.yaml', 'etc/model/weights.txt']);
  expect(archiveOf(nativePlugins['sinks_toFile'])).toEqual(['toFile.ts']);
  expect(archiveOf(nativePlugins['functions_pair'])).toEqual(['pair.ts', 'pair.json']);
});

test('an export of a rule holds what it uses', async () => {
  const { nativePlugins } = JSON.parse((await a.daemon.call('POST', '/data/export', ['r'])).text);
  expect(Object.keys(nativePlugins).sort()).toEqual(['functions_pair', 'sinks_toFile', 'sources_ticker']);
});

test.each(['', '?partial=1'])('an import puts them in place before the rules%s', async (query) => {
  const { text } = await a.daemon.call('GET', '/data/export');
  expect(await b.daemon.call('POST', `/data/import${query}`, { content: text })).toMatchObject({ status: 200 });
  await until('the rule runs there', () => b.lines().some((r) => r.f === 1 && r.s === 2));
  expect(await b.describe('sources', 'ticker')).toMatchObject({ version: '1.2', state: 'running' });
  expect(readFileSync(join(b.root, 'etc/sources/ticker/model/weights.txt'), 'utf8')).toBe('weights');
  expect(existsSync(join(b.root, 'etc/sources/ticker/client.key'))).toBe(false);
});

test('YAML holds them as well, and what is wrong is named', async () => {
  const { text } = await a.daemon.call('GET', '/v2/data/export');
  expect(text).toContain('functions_pair');
  expect(await b.daemon.call('POST', '/v2/data/import', { content: text })).toMatchObject({ status: 200 });
  const bad = {
    streams: {},
    tables: {},
    rules: {},
    nativePlugins: {
      functions_go: '{"name":"go","file":"https://127.0.0.1:1/x.zip"}',
      what: '{}',
      functions_evil: '{"name":"../evil","file":"data:application/zip;base64,AAAA"}',
      functions_torn: '{"name":"torn","file":"data:application/zip;base64,AAAA"}',
    },
  };
  const refused = await b.daemon.call('POST', '/data/import?partial=1', { content: JSON.stringify(bad) });
  expect(refused.status).toBe(400);
  for (const part of ['functions_go', 'expected sources_, sinks_ or functions_', 'is not a plugin name', 'invalid zip file'])
    expect(refused.text).toContain(part);
});
