// The loop of an author against the real daemon: `kuiper plugin dev` shows rows, log lines and errors with places, and follows changes; install, describe
// and logs; a device by ssh (here a script in ssh's place, which runs the commands on this machine).
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makePluginRoot, type PluginRoot, until } from './helpers/plugin-root.ts';

const REPO = resolve(import.meta.dirname, '../..');
const NODE = join(REPO, 'node_modules/node/bin/node');
let p: PluginRoot;
let folder = '';
const env = (more: Record<string, string> = {}) => ({
  PATH: process.env['PATH'],
  NODE_COMPILE_CACHE: join(REPO, '.cache/compile'),
  KUIPER_URL: p.daemon.url,
  ...more,
});
const kuiper = (cwd: string, ...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(NODE, [join(REPO, 'src/cli/main.ts'), ...args], { cwd, encoding: 'utf8', env: env() });
  return { code: status, out: stdout + stderr };
};
/** Starts dev and collects what it prints. */
function startDev(cwd: string, ...args: string[]): { child: ChildProcess; out(): string } {
  const child = spawn(NODE, [join(REPO, 'src/cli/main.ts'), 'plugin', 'dev', ...args], {
    cwd,
    env: env(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  child.stdout.on('data', (d: Buffer) => (out += d.toString()));
  child.stderr.on('data', (d: Buffer) => (out += d.toString()));
  return { child, out: () => out };
}
async function end({ child }: { child: ChildProcess }): Promise<number | null> {
  child.kill('SIGINT');
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

beforeAll(async () => {
  p = makePluginRoot();
  folder = mkdtempSync(join(tmpdir(), 'kuiper-dev-'));
  await p.start();
}, 30_000);
afterAll(async () => {
  await p.close();
  rmSync(folder, { recursive: true, force: true });
});

// @covers issue:15#3
test('dev shows the rows of a source, follows a change, and leaves nothing behind but the plugin', async () => {
  kuiper(folder, 'plugin', 'new', 'source', 'devSource');
  const own = join(folder, 'devSource');
  const dev = startDev(own, '--props', '{"every":"50ms"}');
  try {
    await until('rows', () => /row \+\d+ ms {2}\{"at":.*"count":2/.test(dev.out()), 20_000).catch((e) =>
      expect(`${e.message}\n${dev.out()}`).toBe(''),
    );
    expect(dev.out()).toMatch(/live after \d+ ms: devSource@v0\.1\.0\.ts/);
    const file = join(own, 'devSource.ts');
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replace(
        'void emit({ count:',
        "ctx.getLogger().debug('tick');\n          void emit({ changed: true, count:",
      ),
    );
    await until('the change', () => /row \+\d+ ms {2}\{.*"changed":true/.test(dev.out()) && dev.out().includes('debug tick'), 20_000).catch(
      (e) => expect(`${e.message}\n${dev.out()}`).toBe(''),
    );
    // a mistake is shown with its line, and the version before goes on
    writeFileSync(file, readFileSync(file, 'utf8').replace('create() {', 'create() {{'));
    await until(
      'the mistake',
      () => /devSource\.ts: line \d+: /.test(dev.out()) && dev.out().includes('the previous version keeps running'),
      20_000,
    );
  } finally {
    expect(await end(dev)).toBe(0);
  }
  expect(await p.get('/streams')).toEqual([]);
  expect(await p.get('/plugins/sources')).toEqual(['devSource']);
}, 90_000);

test('dev of a function runs it over given rows and shows what it throws, with line and column', async () => {
  writeFileSync(
    join(folder, 'thrower.ts'),
    "export class Thrower {\n  exec([a]) {\n    if (a === 'bad') throw new Error('cannot take it');\n    return a + '!';\n  }\n}\n",
  );
  writeFileSync(join(folder, 'rows.json'), '[{"a":"good"},{"a":"bad"}]');
  const dev = startDev(folder, 'thrower.ts', '--rows', 'rows.json');
  try {
    await until('a row', () => /row \+\d+ ms {2}\{"a":"good","result":"good!"\}/.test(dev.out()), 20_000).catch((e) =>
      expect(`${e.message}\n${dev.out()}`).toBe(''),
    );
    await until(
      'the error',
      () => /warn {2}A function of a plugin failed\. error: cannot take it \(thrower\.ts:3:\d+\)/.test(dev.out()),
      20_000,
    ).catch((e) => expect(`${e.message}\n${dev.out()}`).toBe(''));
  } finally {
    expect(await end(dev)).toBe(0);
  }
  const lines = kuiper(folder, 'plugin', 'logs', 'function', 'thrower').out.trim().split('\n');
  expect(lines.map((l) => JSON.parse(l) as object)).toContainEqual(
    expect.objectContaining({
      level: 'warn',
      text: expect.stringMatching(/^A function of a plugin failed\. error: cannot take it \(thrower\.ts:3:\d+\)/),
    }),
  );
}, 60_000);

test('install by ssh puts the zip into the folder of its kind and brings the answer of the gateway back', async () => {
  const fake = join(folder, 'fake-ssh');
  writeFileSync(fake, '#!/bin/sh\nshift 2\n[ "$1" = kuiper@box ] || { echo "ssh: no route to $1" >&2; exit 255; }\nexec sh -c "$2"\n', {
    mode: 0o755,
  });
  kuiper(folder, 'plugin', 'new', 'function', 'farFunc');
  const install = (host: string, file: string) => {
    const { status, stdout, stderr } = spawnSync(
      NODE,
      [join(REPO, 'src/cli/main.ts'), 'plugin', 'install', file, '--ssh', host, '--remote-root', p.root],
      { cwd: folder, encoding: 'utf8', env: env({ KUIPER_SSH: fake }) },
    );
    return { code: status, out: stdout + stderr };
  };
  const done = install('kuiper@box', 'farFunc');
  expect(done.out).toMatch(/farFunc@v0\.1\.0\.ts +live, version 0\.1\.0/);
  expect(done.code).toBe(0);
  expect(existsSync(join(p.root, 'plugins/functions/farFunc@v0.1.0.ts'))).toBe(true);
  expect(install('kuiper@nowhere', 'farFunc')).toMatchObject({ code: 3, out: expect.stringContaining('no route to kuiper@nowhere') });
}, 60_000);

test('install takes a packed zip, and describe says options, version and state', async () => {
  kuiper(folder, 'plugin', 'new', 'sink', 'shownSink');
  expect(kuiper(join(folder, 'shownSink'), 'plugin', 'pack')).toMatchObject({ code: 0 });
  const installed = kuiper(folder, 'plugin', 'install', 'shownSink/shownSink.zip');
  expect(installed.out).toContain('Plugin shownSink is installed and in effect.');
  const { out, code } = kuiper(folder, 'plugin', 'describe', 'sink', 'shownSink');
  expect(out).toContain('sink shownSink 0.1.0: running');
  expect(out).toContain('Writes rows to the log.');
  expect(out).toContain('option label (string, default "shownSink"): Text before each row.');
  expect(code).toBe(0);
  expect(kuiper(folder, 'plugin', 'describe', 'sink', 'nobody')).toMatchObject({ code: 1 });
}, 60_000);
