// A quarantined version is shown with its reason and the cure, by REST and on the command line, and runs again when it is let out.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import { makePluginRoot, type PluginRoot } from './helpers/plugin-root.ts';

const GOOD = 'export class Culprit { exec() { return 1; } }';
const SLOW = 'export class Culprit { exec() { return 2; } }';
let p: PluginRoot;

async function kuiper(...args: string[]): Promise<string> {
  let out = '';
  await runCli(['--url', p.daemon.url, ...args], {}, (text) => (out += `${text}\n`));
  return out;
}

const quarantineFile = () => join(p.root, 'data', 'plugins', 'quarantine.json');

beforeAll(async () => {
  p = makePluginRoot();
  p.put('functions', 'culprit@v1.ts', GOOD);
  p.put('functions', 'culprit@v2.ts', SLOW);
  p.put('functions', 'README.md', 'notes');
  mkdirSync(join(p.root, 'data', 'plugins'), { recursive: true });
  const hash = createHash('sha256').update(SLOW).digest('hex').slice(0, 32);
  const entry = { plugin: 'functions/culprit', version: 'v2', hash, reason: 'a call did not return within 1.5 s', atMs: 1_700_000_000_000 };
  writeFileSync(quarantineFile(), JSON.stringify([entry]));
  await p.start();
}, 30_000);
afterAll(() => p.close());

test('describe and lists show the reason and how to cure it', async () => {
  const reason =
    'a call did not return within 1.5 s; quarantined at 2023-11-14T22:13:20.000Z: correct the file, or try it again as it is with `kuiper plugin release function culprit`';
  expect(await p.describe('functions', 'culprit')).toMatchObject({ state: 'running', version: '1', reason });
  expect(await p.get('/plugins/functions')).toEqual(['README.md', 'culprit']);
  expect(await p.get('/plugins/functions?details=true')).toMatchObject([
    { name: 'README.md', state: 'failed' },
    {
      name: 'culprit',
      versions: [
        { version: '2', state: 'quarantined', reason },
        { version: '1', state: 'running' },
      ],
    },
  ]);
  const shown = await kuiper('show', 'plugins', 'function', '--table');
  expect(shown).toContain('README.md\n  failed: files of plugins end in');
  expect(shown).toContain(`culprit\n  version 2 is quarantined: ${reason}`);
});

test('release: the version is tried again at once, and the list on disk is empty', async () => {
  expect(await kuiper('plugin', 'release', 'function', 'culprit')).toContain('Plugin culprit is released and running, version 2.');
  expect((await p.describe('functions', 'culprit')).version).toBe('2');
  expect(JSON.parse(readFileSync(quarantineFile(), 'utf8'))).toEqual([]);
});

test('nothing to release is said', async () => {
  expect(await kuiper('plugin', 'release', 'function', 'culprit')).toContain('no version of plugin culprit is quarantined');
  expect(await kuiper('plugin', 'release', 'sink', 'none')).toContain('not exist');
  expect(await kuiper('plugin', 'release', 'function')).toContain('Expect plugin type and name.');
  expect(await p.daemon.call('POST', '/plugins/functions/culprit/release')).toMatchObject({ status: 400 });
  expect(await p.daemon.call('POST', '/plugins/functions/none/release')).toMatchObject({ status: 404 });
});
