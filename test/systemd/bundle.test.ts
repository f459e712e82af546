// The packaged program: a bundle that behaves as the sources do, and the same files in every build.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundle } from '../../image/lib/bundle.ts';

const repo = join(import.meta.dirname, '../..');
const node = join(repo, 'node_modules/node/bin/node');
let dir = '';
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'bundle-'));
  for (const part of ['src', 'etc', 'image', 'plugins', 'node_modules', 'package.json']) symlinkSync(join(repo, part), join(dir, part));
  await bundle(join(dir, 'dist'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** File -> hash. */
const hashes = (folder: string) =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(join(folder, name)).isFile())
      .sort()
      .map((name) => [
        name,
        createHash('sha256')
          .update(readFileSync(join(folder, name)))
          .digest('hex'),
      ]),
  );

/** Starts the bundle as the package does, makes a rule that runs, stops it. @returns the first line that the rule wrote */
async function run(): Promise<unknown> {
  const root = join(dir, 'root');
  mkdirSync(root);
  const child = spawn(node, [join(dir, 'dist/daemon.mjs'), '--root', root], {
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: join(dir, 'cache'),
      KUIPER__BASIC__RESTPORT: '0',
      KUIPER__SOURCE__HTTPSERVERPORT: '0',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      const found = /"url":"(http:[^"]+)"/.exec(out);
      if (found) resolve(found[1]!);
    });
    child.once('exit', (code) => reject(new Error(`the bundle ended with ${code}: ${out}`)));
  });
  const call = async (method: string, path: string, body?: unknown) => {
    const answer = await fetch(url + path, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text;
  };
  await call('POST', '/streams', { sql: 'CREATE STREAM ticks () WITH (TYPE="simulator", FORMAT="JSON")' });
  await call('POST', '/rules', {
    id: 'r',
    sql: 'SELECT temperature, round(temperature) AS t, window_end() AS e FROM ticks GROUP BY temperature, COUNTWINDOW(1)',
    actions: [{ file: { path: join(root, 'out.json'), fileType: 'lines', checkCount: true, rollingCount: 1000 } }],
  });
  let rule: string;
  const deadlineMs = performance.now() + 15_000;
  do rule = await call('GET', '/rules/r/status');
  while (!/"sink_file_0_0_records_out_total": ?[1-9]/.test(rule) && performance.now() < deadlineMs);
  const second = spawnSync(node, [join(dir, 'dist/daemon.mjs'), '--root', root], { encoding: 'utf8', timeout: 20_000 });
  expect(second.status, 'a second gateway on the same root').toBe(1);
  expect(second.stdout).toContain('ROOT_IN_USE');
  child.kill('SIGTERM');
  await once(child, 'exit');
  return JSON.parse(readFileSync(join(root, 'out.json'), 'utf8').split('\n')[0]!) as unknown;
}

test('a rule runs in the bundle, from source to file', async () => {
  expect(await run()).toMatchObject([{ temperature: 22.5, t: 23, e: expect.any(Number) as number }]);
});

/** Starts the bundle only to load it. @returns what Node's compile cache says */
function load(cache: string, flags: string[]): string {
  const done = spawnSync(node, [...flags, join(dir, 'dist/daemon.mjs'), '--version'], {
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: join(dir, cache), NODE_DEBUG_NATIVE: 'COMPILE_CACHE' },
    encoding: 'utf8',
  });
  expect(done.status, done.stderr).toBe(0);
  return done.stderr;
}

test('two builds are equal, compile cache included', async () => {
  await bundle(join(dir, 'again'));
  expect(hashes(join(dir, 'again'))).toEqual(hashes(join(dir, 'dist')));
  const seeds = ['--predictable', '--random-seed=42'];
  const caches = ['one', 'two'].map((name) => {
    load(name, seeds);
    const [tag] = readdirSync(join(dir, name));
    return hashes(join(dir, name, tag!));
  });
  expect(Object.keys(caches[0]!).length).toBeGreaterThan(3);
  expect(caches[1]).toEqual(caches[0]);
  // V8 takes what was made with fixed seeds in a run without them
  const said = load('one', []);
  expect(said).toMatch(/V8 code cache for ESM file:.*daemon\.mjs was accepted/);
  expect(said).not.toMatch(/was rejected/);
});
