// What a trial told is kept over restarts, by content: a restart evaluates a plugin once, in the main thread, and strips no types.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { createRealClock } from '../../../src/base/clock.ts';
import { createMemoryLog } from '../../../src/base/log.ts';
import { createFolders, foldersOf } from '../../../src/config/index.ts';
import { createPluginRegistry } from '../../../src/plugin-host/index.ts';
import { openTriedVersions } from '../../../src/plugin-host/versions/tried.ts';
import { openStore } from '../../../src/store/index.ts';

const clock = createRealClock();
const { log } = createMemoryLog();
const root = mkdtempSync(join(tmpdir(), 'kuiper-tried-'));
const folders = foldersOf(root);
createFolders(folders);
const kept = join(folders.data, 'plugins/tried');
const file = join(folders.plugins, 'functions/counted.js');
const said = join(root, 'said.txt');
const write = (result: number) =>
  writeFileSync(
    file,
    // CommonJS: an ES module of the same content would not be evaluated twice in this one process
    `const { isMainThread } = require('node:worker_threads');
require('node:fs').appendFileSync(${JSON.stringify(said)}, isMainThread ? 'main ' : 'trial ');
exports.Counted = class { exec() { return ${result}; } };
`,
  );
afterEach(() => rmSync(said, { force: true }));

/** One run of the gateway's registry. @returns what the plugin's own code has written */
async function run(): Promise<string> {
  rmSync(said, { force: true });
  const store = openStore({ dataDir: folders.data, clock, log });
  const registry = createPluginRegistry({
    rootPath: root,
    folder: folders.plugins,
    etc: folders.etc,
    dataDir: folders.data,
    clock,
    log,
    store,
    settings: () => ({ default: 'trusted', trust: 'marks', socket: '', installer: '', maxRssMb: 256 }),
  });
  await registry.start(false);
  await registry.stop();
  await store.close();
  return readFileSync(said, 'utf8').trim();
}

test('a content is tried once; another content is tried again', { timeout: 30_000 }, async () => {
  write(1);
  expect(await run()).toBe('trial main');
  expect(await run()).toBe('main');
  write(2);
  expect(await run()).toBe('trial main');
  expect(readdirSync(kept)).toEqual(['functions-counted.json']);
  // damaged: tried again, and the file is whole after that
  writeFileSync(join(kept, 'functions-counted.json'), '{"format":');
  expect(await run()).toBe('trial main');
  expect(await run()).toBe('main');
});

test('another path or another Node means a new trial, and a plugin that goes is forgotten', () => {
  const tried = openTriedVersions(kept, log);
  const [name] = readdirSync(kept);
  const before = JSON.parse(readFileSync(join(kept, name!), 'utf8')) as { text: { path: string; hash: string } };
  expect(tried.find('functions/counted', before.text.path, before.text.hash)).toBeDefined();
  expect(tried.find('functions/counted', `${before.text.path}x`, before.text.hash)).toBeUndefined();
  writeFileSync(join(kept, name!), JSON.stringify({ ...before, format: '1 v1.0.0' }));
  expect(tried.find('functions/counted', before.text.path, before.text.hash)).toBeUndefined();
  tried.forget('functions/counted');
  expect(existsSync(join(kept, name!))).toBe(false);
});
