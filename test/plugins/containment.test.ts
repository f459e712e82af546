// A plugin that misbehaves harms neither the service nor rules that do not use it.

import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { gaps, makePluginRoot, type PluginRoot, readJsonLines, TICKER, TO_FILE, until } from './helpers/plugin-root.ts';

const exec = (body: string, more = '') => `${more}\nexport class Bad { exec(args: any, ctx: any) { ${body} } }`;
const source = (body: string, more = '') => `export class Bad { open(ctx: any, emit: any, fail: any) { ${body} } close() {} ${more} }`;
const sink = (body: string, more = '') => `export class Bad { open() {} collect(ctx: any, data: any) { ${body} } close() {} ${more} }`;

/** Rows of the rule that uses no bad plugin. */
const bystander = (p: PluginRoot) => readJsonLines(join(p.root, 'bystander.jsonl')).map((r) => r.n as number);

async function startWithBystander(p: PluginRoot): Promise<void> {
  p.put('sources', 'ticker.ts', TICKER);
  p.put('sinks', 'toFile.ts', TO_FILE);
  await p.start();
  await p.stream('t', 'ticker');
  await p.rule('bystander', 'SELECT n FROM t', [{ toFile: { file: 'bystander.jsonl' } }]);
  await until('bystander runs', () => bystander(p).length > 3);
}

describe('same process goes on', () => {
  let p: PluginRoot;
  beforeAll(async () => {
    p = makePluginRoot('trusted');
    await startWithBystander(p);
  }, 30_000);
  afterAll(() => p.close());
  let pid: number | undefined;
  beforeEach(() => {
    pid = p.daemon.child.pid;
  });
  afterEach(async () => {
    for (const id of ['bad']) await p.daemon.call('DELETE', `/rules/${id}`);
    await p.daemon.call('DELETE', '/streams/b');
    const before = bystander(p).length;
    await until('bystander goes on', () => bystander(p).length > before + 3);
    expect(gaps(bystander(p))).toEqual([]);
    expect(p.daemon.child.exitCode).toBe(null);
    expect(p.daemon.child.pid).toBe(pid);
  });

  const late = (what: string) => () => until(what, async () => (await p.describe('functions', 'bad')).lateErrors > 0);
  test.each([
    [
      'throws',
      exec('throw new Error("boom 1")'),
      () => until('exception', async () => JSON.stringify(await p.get('/rules/bad/status')).includes('boom 1')),
    ],
    ['throws in a timer', exec('setTimeout(() => { throw new Error("boom 2") }, 1); return 1'), late('late error')],
    ['throws text in a timer', exec('setTimeout(() => { throw "boom 3" }, 1); return 1'), late('late error')],
    ['rejects', exec('void Promise.reject(new Error("boom 4")); return 1'), late('late error')],
    ['rejects with text', exec('void Promise.reject("boom 5"); return 1'), late('late error')],
    [
      'is async',
      exec('return Promise.reject(new Error("boom 6"))'),
      () => until('exception', async () => JSON.stringify(await p.get('/rules/bad/status')).includes('exec returned a promise')),
    ],
    [
      'calls process.exit',
      exec('process.exit(3)'),
      () => until('exception', async () => JSON.stringify(await p.get('/rules/bad/status')).includes('process.exit')),
    ],
    ['calls process.exit later', exec('setTimeout(() => process.exit(3), 1); return 1'), late('refused exit')],
    [
      'calls process.abort',
      exec('process.abort()'),
      () => until('exception', async () => JSON.stringify(await p.get('/rules/bad/status')).includes('process.abort')),
    ],
    [
      'throws in its constructor',
      'export class Bad { constructor() { throw new Error("boom 7") } exec() {} }',
      () => until('reason', async () => (await p.describe('functions', 'bad')).reason?.includes('boom 7')),
    ],
    [
      'loops while it is loaded',
      'for (;;) {}\nexport class Bad { exec() {} }',
      () => until('reason', async () => (await p.describe('functions', 'bad')).state === 'failed', 15_000),
    ],
    [
      'ends the process while it is loaded',
      'process.exit(0);\nexport class Bad { exec() {} }',
      () => until('reason', async () => (await p.describe('functions', 'bad')).reason?.includes('process.exit')),
    ],
  ])('a function that %s', { timeout: 30_000 }, async (_what, text, sign) => {
    p.put('functions', 'bad.ts', text);
    await until('seen', async () => (await p.get<string[]>('/plugins/functions')).includes('bad'), 15_000);
    await until('loaded or refused', async () => ['running', 'failed'].includes((await p.describe('functions', 'bad')).state), 15_000);
    await p.daemon.call('POST', '/rules', { id: 'bad', sql: 'SELECT bad(n) AS x FROM t', actions: [{ nop: {} }] });
    await sign();
    p.remove('functions', 'bad.ts');
    await until('gone', async () => !(await p.get<string[]>('/plugins/functions')).includes('bad'));
  });

  test('a function in a worker that loops for ever is ended, and quarantined when it does so again', { timeout: 60_000 }, async () => {
    p.put('functions', 'bad.ts', `export const worker = true;\n${exec('if (args[0] > 0) for (;;) {} return 1')}`);
    await until('loaded', async () => (await p.get<string[]>('/plugins/functions')).includes('bad'), 15_000);
    await p.daemon.call('POST', '/rules', { id: 'bad', sql: 'SELECT bad(n) AS x FROM t', actions: [{ nop: {} }] });
    await until('quarantined', async () => (await p.describe('functions', 'bad')).state === 'quarantined', 30_000);
    expect((await p.describe('functions', 'bad')).reason).toContain('endless loop');
    p.remove('functions', 'bad.ts');
    await until('gone', async () => !(await p.get<string[]>('/plugins/functions')).includes('bad'));
  });

  test.each([
    ['throws in open', source('throw new Error("boom 1")'), 'boom 1'],
    ['rejects in open', source('return Promise.reject(new Error("boom 2"))'), 'boom 2'],
    ['throws in a timer', source('setTimeout(() => { throw new Error("boom 3") }, 1)'), 'late:boom 3'],
    ['rejects', source('void Promise.reject("boom 4")'), 'late:boom 4'],
    ['calls process.exit', source('process.exit(3)'), 'process.exit'],
    ['calls process.exit later', source('setTimeout(() => process.exit(3), 1)'), 'late:process.exit'],
    ['fails', source('setTimeout(() => fail(new Error("boom 5")), 5)'), 'boom 5'],
    [
      'leaks',
      source('const all: unknown[] = []; const f = () => { all.push(new Array(1e6).fill(Math.random())); setImmediate(f); }; f()'),
      'memory',
    ],
    ['loops for ever', source('for (;;) {}'), 'endless loop'],
    ['opens slowly', source('return new Promise(() => {})'), ''],
    ['hangs in close', source('emit({ a: 1 })', '').replace('close() {}', 'close() { return new Promise(() => {}) }'), ''],
  ])('a source that %s', { timeout: 60_000 }, async (_what, text, sign) => {
    p.put('sources', 'bad.ts', text);
    await until(
      'loaded',
      async () => (await p.get<string[]>('/plugins/sources')).includes('bad') && (await p.describe('sources', 'bad')).state === 'running',
    );
    await p.stream('b', 'bad');
    await p.daemon.call('POST', '/rules', { id: 'bad', sql: 'SELECT * FROM b', actions: [{ nop: {} }] });
    if (sign.startsWith('late:')) await until(sign, async () => JSON.stringify(await p.describe('sources', 'bad')).includes(sign.slice(5)));
    else if (sign)
      await until(
        sign,
        async () => JSON.stringify([await p.get('/rules/bad/status'), await p.describe('sources', 'bad')]).includes(sign),
        40_000,
      );
    const beganMs = performance.now();
    expect((await p.daemon.call('DELETE', '/rules/bad')).status).toBe(200);
    expect(performance.now() - beganMs).toBeLessThan(4_000);
    p.remove('sources', 'bad.ts');
    await until('gone', async () => !(await p.get<string[]>('/plugins/sources')).includes('bad'));
  });

  test.each([
    ['throws', sink('throw new Error("boom 1")'), 'boom 1'],
    ['throws in a timer', sink('setTimeout(() => { throw new Error("boom 2") }, 1)'), 'late:boom 2'],
    ['rejects', sink('void Promise.reject("boom 3")'), 'late:boom 3'],
    ['calls process.exit', sink('process.exit(3)'), 'process.exit'],
    ['leaks', `const all: unknown[] = []; ${sink('for (;;) all.push(new Array(1e6).fill(Math.random()))')}`, 'memory'],
    ['loops for ever', sink('for (;;) {}'), 'endless loop'],
    ['opens slowly', sink('', '').replace('open() {}', 'open() { return new Promise(() => {}) }'), ''],
    ['hangs in close', sink('', '').replace('close() {}', 'close() { return new Promise(() => {}) }'), ''],
  ])('a sink that %s', { timeout: 60_000 }, async (_what, text, sign) => {
    p.put('sinks', 'bad.ts', text);
    await until(
      'loaded',
      async () => (await p.get<string[]>('/plugins/sinks')).includes('bad') && (await p.describe('sinks', 'bad')).state === 'running',
    );
    await p.daemon.call('POST', '/rules', { id: 'bad', sql: 'SELECT n FROM t', actions: [{ bad: {} }] });
    if (sign.startsWith('late:')) await until(sign, async () => JSON.stringify(await p.describe('sinks', 'bad')).includes(sign.slice(5)));
    else if (sign)
      await until(
        sign,
        async () => JSON.stringify([await p.get('/rules/bad/status'), await p.describe('sinks', 'bad')]).includes(sign),
        40_000,
      );
    const beganMs = performance.now();
    expect((await p.daemon.call('DELETE', '/rules/bad')).status).toBe(200);
    expect(performance.now() - beganMs).toBeLessThan(4_000);
    p.remove('sinks', 'bad.ts');
    await until('gone', async () => !(await p.get<string[]>('/plugins/sinks')).includes('bad'));
  });
});

describe('the process ends and comes back without the culprit', () => {
  test.each([
    ['loops for ever', 'for (;;) {}', 'endless loop', {}],
    [
      'leaks row by row',
      'all.push(Array.from({ length: 40000 }, (_, i) => ({ i }))); return 1',
      'memory',
      { NODE_OPTIONS: '--max-old-space-size=200' },
    ],
  ])('a function that %s', { timeout: 60_000 }, async (_what, body, reason, env) => {
    const p = makePluginRoot('trusted');
    try {
      await startWithBystander(p);
      await p.daemon.stop();
      p.put('functions', 'culprit.ts', 'export class Culprit { exec() { return "good" } }');
      await p.start(env as Record<string, string>);
      await p.rule('bad', 'SELECT n, culprit(n) AS x FROM t', [{ toFile: {} }]);
      await until('good version runs', () => p.lines().some((r) => r.x === 'good'));
      p.put('functions', 'culprit@v2.ts', `const all: unknown[] = [];\nexport class Culprit { exec() { ${body} } }`);
      const { child } = p.daemon;
      const diedMs = await until('the process ends', () => child.signalCode !== null || child.exitCode !== null, 30_000);
      const said = p.daemon.lines.find((l) => l['code'] === 'PLUGIN_STALLED');
      expect(said).toMatchObject({ plugin: 'functions/culprit', version: '2' });
      expect(String(said?.['reason'])).toContain(reason);
      const backMs = performance.now();
      await p.start();
      expect(performance.now() - backMs + (reason === 'endless loop' ? diedMs : 0)).toBeLessThan(5_500);
      const d = await p.describe('functions', 'culprit');
      expect(d).toMatchObject({ version: '', state: 'running' });
      expect(d.versions[0]).toMatchObject({ version: '2', state: 'quarantined' });
      expect(d.reason).toContain(reason);
      const before = p.lines().length;
      await until('the rule goes on with the version before', () =>
        p
          .lines()
          .slice(before)
          .some((r) => r.x === 'good'),
      );
    } finally {
      await p.close();
    }
  });
});
