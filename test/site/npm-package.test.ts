// The npm package: installed into an empty folder by npm, its three commands run with whatever Node the machine has. Packages come from npm's cache or the
// registry, as for `make setup`; the one addon that npm would compile (sqlite3, a minute) is taken from this repository instead.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildNpmPackage } from '../../scripts/npm-package.ts';
import { aptIndex, checksumsOf, gatherChangelog, sbomOf } from '../../scripts/release.ts';

const REPO = resolve(import.meta.dirname, '../..');
let folder = '';
let installed = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kuiper-npm-package-'));
  const archive = await buildNpmPackage(join(folder, 'out'));
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  writeFileSync(join(empty, 'package.json'), '{"name":"mine","private":true}');
  execFileSync('npm', ['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', archive], {
    cwd: empty,
    stdio: 'pipe',
  });
  const addon = 'node_modules/sqlite3/build/Release';
  mkdirSync(join(empty, addon), { recursive: true });
  cpSync(join(REPO, addon, 'node_sqlite3.node'), join(empty, addon, 'node_sqlite3.node'));
  installed = join(empty, 'node_modules/.bin');
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// @covers issue:15#7
test('kuiper-gateway alone runs the demo with any Node, until Ctrl-C', async () => {
  const home = join(folder, 'home');
  mkdirSync(home);
  const child = spawn(join(installed, 'kuiper-gateway'), [], {
    cwd: home,
    env: { PATH: process.env['PATH'], HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  child.stdout.on('data', (d: Buffer) => (out += d.toString()));
  child.stderr.on('data', (d: Buffer) => (out += d.toString()));
  const deadlineMs = performance.now() + 40_000;
  while (!/average|change|ALARM/.test(out.split('Results:')[1] ?? '') && child.exitCode === null && performance.now() < deadlineMs)
    await new Promise((r) => setTimeout(r, 100));
  expect(out).toContain('Kuiper Gateway is running.');
  expect(out.split('Results:')[1]).toMatch(/average|change|ALARM/);
  child.kill('SIGINT');
  await once(child, 'exit');
  // what it keeps lies where it was started, not in node_modules; below its port if another program has 9081
  expect(globSync('.run/{data,*/data}', { cwd: home })).toHaveLength(1);
}, 60_000);

test('kuiper checks, tests and packs a plugin there, and kuiperd serves one', () => {
  const run = (cwd: string, command: string, ...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(join(installed, command), args, { cwd, encoding: 'utf8' });
    return { status, out: stdout + stderr };
  };
  expect(run(folder, 'kuiper', '--version').out).toContain('Kuiper Gateway');
  expect(run(folder, 'kuiperd', '--help').out).toContain('--root');
  expect(run(folder, 'kuiper-gateway', 'plugin', 'new', 'function', 'fromNpm').out).toContain('fromNpm/ is written');
  const own = join(folder, 'fromNpm');
  expect(run(own, 'kuiper', 'plugin', 'check')).toMatchObject({ status: 0, out: expect.stringContaining('function fromNpm: ok') });
  expect(run(own, 'kuiper', 'plugin', 'test')).toMatchObject({ status: 0 });
  writeFileSync(join(own, 'util.ts'), 'export const twice = (s: string): string => s + s;\n');
  writeFileSync(
    join(own, 'fromNpm.ts'),
    "import { twice } from './util.ts';\nexport class FromNpm {\n  exec([s]: readonly unknown[]) { return twice(String(s)); }\n}\n",
  );
  expect(run(own, 'kuiper', 'plugin', 'pack')).toMatchObject({ status: 0, out: expect.stringContaining('fromNpm@v0.1.0.mjs') });
}, 60_000);

test('a release gathers the changelog, lists checksums, and makes an index that apt reads', () => {
  const old = '# Changelog\n\n## 0.2.0 (unreleased)\n\n- one\n\n## 0.1.0\n\n- zero\n';
  const { changelog, notes } = gatherChangelog(old, ['- two\n', '- three\n  more\n'], '0.2.0', '2026-12-01');
  expect(notes).toBe('- one\n- two\n- three\n  more');
  expect(changelog).toBe('# Changelog\n\n## 0.2.0 (2026-12-01)\n\n- one\n- two\n- three\n  more\n\n## 0.1.0\n\n- zero\n');
  const apt = join(folder, 'apt');
  mkdirSync(apt);
  writeFileSync(join(apt, 'a_1_amd64.deb'), 'not really');
  aptIndex(apt, [{ file: 'a_1_amd64.deb', control: 'Package: a\nVersion: 1\nArchitecture: amd64\n' }], new Date(0));
  const text = readFileSync(join(apt, 'Packages'), 'utf8');
  expect(text).toContain('Package: a\nVersion: 1\nArchitecture: amd64\nFilename: ./a_1_amd64.deb\nSize: 10\nSHA256: ');
  const sums = checksumsOf(apt);
  expect(
    sums
      .split('\n')
      .filter(Boolean)
      .map((l) => l.slice(66)),
  ).toEqual(['Packages', 'Packages.gz', 'Release', 'a_1_amd64.deb']);
  expect(readFileSync(join(apt, 'Release'), 'utf8')).toContain(sums.slice(0, 64));
  const sbom = sbomOf(JSON.parse(readFileSync('package-lock.json', 'utf8')), '0.2.0', '2026-12-01T00:00:00Z') as {
    packages: { name: string }[];
  };
  const names = sbom.packages.map((p) => p.name);
  expect(names).toContain('mqtt');
  expect(names).not.toContain('vitest');
});

test('the repository has what strangers look for', () => {
  for (const file of [
    'LICENSE',
    'NOTICE',
    'CODE_OF_CONDUCT.md',
    'CONTRIBUTING.md',
    'VERSIONING.md',
    '.github/PULL_REQUEST_TEMPLATE.md',
    '.github/workflows/test.yml',
  ])
    expect(existsSync(file), file).toBe(true);
  expect(readFileSync('LICENSE', 'utf8')).toContain('END OF TERMS AND CONDITIONS');
  expect(readFileSync('.github/workflows/test.yml', 'utf8')).toContain('run: make test');
  expect(readdirSync('.github/ISSUE_TEMPLATE').length).toBeGreaterThanOrEqual(3);
});
