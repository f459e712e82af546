// What a user does with a terminal: files come, change and go below plugins/, and the running daemon follows.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeArchive } from '../../src/plugin-host/index.ts';
import { liveTimes } from './helpers/live-times.ts';
import { gaps, type Kind, makePluginRoot, type PluginRoot, putByRename, TICKER, TO_FILE, until } from './helpers/plugin-root.ts';

const wordCount = (mark: string) => `
import type { FunctionContext } from 'kuiper-gateway';
export class AccumulateWordCount {
  exec(args: readonly unknown[], ctx: FunctionContext): unknown {
    ctx.incrCounter('allwordcount', String(args[0]).split(String(args[1])).length);
    return { by: '${mark}', total: ctx.getCounter('allwordcount') };
  }
}`;
const times = liveTimes();
afterAll(() => times.check());
const zipOf = (files: Record<string, string>) =>
  writeArchive(Object.entries(files).map(([path, text]) => ({ path, content: Buffer.from(text) })));

describe('a function', () => {
  let p: PluginRoot;
  const totals = () => p.lines().map((r) => r.c.total as number);
  const last = () => p.lines().at(-1);
  beforeAll(async () => {
    p = makePluginRoot();
    await p.start();
    expect(await p.get('/plugins/functions')).toEqual([]);
    p.put('sources', 'ticker.ts', TICKER);
    p.put('sinks', 'toFile.ts', TO_FILE);
    p.put('functions', 'accumulateWordCount@v1.9.0.ts', wordCount('1.9.0'));
    await until(
      'all there',
      async () => {
        for (const kind of ['functions', 'sinks', 'sources']) if ((await p.get<string[]>(`/plugins/${kind}`)).length !== 1) return false;
        return true;
      },
      5_000,
    );
    await p.stream('t', 'ticker');
    await p.rule('r', 'SELECT n, accumulateWordCount(text, " ") AS c FROM t', [{ toFile: {} }], { qos: 1 });
    await until('output', () => p.lines().length > 5);
  }, 30_000);
  afterAll(() => p.close());

  test('1.10.0 beside 1.9.0 is live within 1.1 s, keeps the counter and loses nothing', async () => {
    p.put('functions', 'AccumulateWordCount@v1.10.0.ts', wordCount('1.10.0'));
    times.took(await until('1.10.0 answers', () => last().c.by === '1.10.0'));
    await until('more', () => p.lines().filter((r) => r.c.by === '1.10.0').length > 5);
    expect(gaps(p.lines().map((r) => r.n))).toEqual([]);
    expect(totals()).toEqual(totals().map((_, i) => totals()[0]! + 3 * i));
    expect(await p.describe('functions', 'accumulateWordCount')).toMatchObject({
      name: 'accumulateWordCount',
      version: '1.10.0',
      state: 'running',
    });
  });

  test('a broken v2 leaves 1.10.0 in effect, and describe says why', async () => {
    p.put('functions', 'accumulateWordCount@v2.ts', 'export class AccumulateWordCount {\n  exec( {\n');
    await until('seen', async () => (await p.describe('functions', 'accumulateWordCount')).versions.length === 3);
    const d = await p.describe('functions', 'accumulateWordCount');
    expect(d).toMatchObject({ version: '1.10.0', state: 'running' });
    expect(d.versions.map((v: any) => [v.version, v.state])).toEqual([
      ['2', 'failed'],
      ['1.10.0', 'running'],
      ['1.9.0', 'superseded'],
    ]);
    expect(d.reason).toContain('accumulateWordCount@v2.ts');
    const health = await p.get('/rules/r/health');
    expect(health.notes).toEqual([
      expect.stringMatching(
        /^Version 2 of plugin accumulateWordCount is not in effect \(it was refused\): .*line 2.* Version 1\.10\.0 keeps running\. Correct .*accumulateWordCount@v2\.ts, or remove it\.$/s,
      ),
    ]);
    expect(health).toMatchObject({ ok: true, problems: [] });
    const { text } = await p.daemon.call('GET', '/plugins/functions');
    expect(JSON.parse(text)).toEqual(['accumulateWordCount']);
    const before = p.lines().length;
    await until('goes on', () => p.lines().length > before + 3);
    expect(last().c.by).toBe('1.10.0');
  });

  test('a cold start with the broken one there uses 1.10.0 and keeps the counter', async () => {
    const before = totals().at(-1)!;
    await p.daemon.stop();
    const stopped = totals().at(-1)!;
    await p.start();
    await until('output', () => totals().at(-1)! > stopped);
    expect(last().c.by).toBe('1.10.0');
    expect(stopped).toBeGreaterThanOrEqual(before);
    expect(totals()).toEqual(totals().map((_, i) => totals()[0]! + 3 * i));
    expect(gaps(p.lines().map((r) => r.n))).toEqual([]);
    expect((await p.describe('functions', 'accumulateWordCount')).versions[0]).toMatchObject({ version: '2', state: 'failed' });
  });

  test('a version overwritten in place by something broken goes on in memory', async () => {
    p.put('functions', 'AccumulateWordCount@v1.10.0.ts', 'export const nothing = 1;');
    await until('seen', async () => (await p.describe('functions', 'accumulateWordCount')).versions[1].state === 'failed');
    const before = p.lines().length;
    await until('goes on', () => p.lines().length > before + 3);
    expect(last().c.by).toBe('1.10.0');
    expect((await p.describe('functions', 'accumulateWordCount')).versions[1].reason).toContain(
      'it must export AccumulateWordCount, but exports nothing',
    );
  });

  test('a renamed file is picked up as rsync and editors write it', async () => {
    putByRename(p.root, 'functions', 'accumulateWordCount@v3.0.0.ts', wordCount('3.0.0'));
    times.took(await until('3.0.0 answers', () => last().c.by === '3.0.0'));
  });

  test('a file that is still being written is not picked up', async () => {
    const text = wordCount('4');
    const path = join(p.root, 'plugins/functions/accumulateWordCount@v4.ts');
    for (let i = 1; i <= 8; i++) {
      writeFileSync(path, text.slice(0, (text.length * i) / 8));
      await new Promise((resolve) => setTimeout(resolve, 100));
      if (i < 8) expect((await p.describe('functions', 'accumulateWordCount')).versions.length).toBe(4);
    }
    times.took(await until('4 answers', () => last().c.by === '4'));
  });

  test('removed: the versions before take over, and with the last one the rule stops and says why', async () => {
    p.remove('functions', 'accumulateWordCount@v4.ts');
    await until('3.0.0 again', () => last().c.by === '3.0.0');
    for (const f of [
      'accumulateWordCount@v1.9.0.ts',
      'AccumulateWordCount@v1.10.0.ts',
      'accumulateWordCount@v2.ts',
      'accumulateWordCount@v3.0.0.ts',
    ])
      p.remove('functions', f);
    await until('the rule stops', async () => (await p.get('/rules/r/status')).status === 'stopped by error', 3_000);
    expect((await p.get('/rules/r/status')).message).toContain('accumulateWordCount');
    expect(await p.get('/plugins/functions')).toEqual([]);
    const total = totals().at(-1)!;
    p.put('functions', 'accumulateWordCount.ts', wordCount('back'));
    await until('the rule is back', () => last().c.by === 'back', 3_000);
    const first = p.lines().find((r) => r.c.by === 'back');
    expect(first.c.total).toBe(total + 3);
  });
});

describe('sources and sinks', () => {
  let p: PluginRoot;
  beforeAll(async () => {
    p = makePluginRoot();
    p.put('sources', 'ticker@1.ts', TICKER);
    p.put('sinks', 'toFile@1.ts', TO_FILE.replace('JSON.stringify(r)', 'JSON.stringify({ ...r, sink: 1 })'));
    await p.start();
    await p.stream('t', 'ticker');
    await p.rule('r', 'SELECT * FROM t', [{ toFile: {} }]);
    await until('output', () => p.lines().length > 3);
  }, 30_000);
  afterAll(() => p.close());

  test.each<[Kind, string, string, string, (r: any) => boolean]>([
    ['sources', 'ticker', 'ticker@2.ts', TICKER.replace("text: 'one", "by: 2, text: 'one"), (r) => r.by === 2],
    ['sinks', 'toFile', 'toFile@2.ts', TO_FILE.replace('JSON.stringify(r)', 'JSON.stringify({ ...r, sink: 2 })'), (r) => r.sink === 2],
  ])('%s: a new version moves in without losing a row; a broken one does not', async (kind, name, file, text, is) => {
    p.put(kind, file, text);
    times.took(await until('2 works', () => p.lines().some(is)));
    await until('more', () => p.lines().filter(is).length > 5);
    p.put(kind, file.replace('2', '3'), text.replace('configure(', 'constructor() { throw new Error("no way") } configure('));
    await until('3 is refused', async () => (await p.describe(kind, name)).versions.length === 3);
    const d = await p.describe(kind, name);
    expect(d).toMatchObject({ version: '2', state: 'running' });
    expect(d.reason).toContain('no way');
    // one that takes its properties only when it is too late
    p.put(
      kind,
      file.replace('2', '4'),
      text.replace(/open\([^)]*\) \{/, (open) => `${open} throw new Error("cannot start");`),
    );
    await until('4 is refused', async () => (await p.describe(kind, name)).versions.length === 4);
    expect((await p.describe(kind, name)).reason).toContain('cannot start');
    const before = p.lines().length;
    await until('goes on', () => p.lines().length > before + 5);
    expect(gaps(p.lines().map((r) => r.n))).toEqual([]);
  });

  test('a singleton sink in plain CommonJS is shared by all rules and keeps its state over a restart', async () => {
    p.put(
      'sinks',
      'counting.js',
      `
      const fs = require('node:fs'); const path = require('node:path');
      const rules = new Set();
      exports.Counting = {
        configure(props) { this.file = props.file; },
        open(ctx) { rules.add(ctx.getRuleId()); },
        collect(ctx, data) {
          ctx.incrCounter('calls', 1);
          fs.writeFileSync(path.join(ctx.getRootPath(), this.file), JSON.stringify({ calls: ctx.getCounter('calls'), rules: [...rules] }));
        },
        close() {},
      };`,
    );
    await until('there', async () => (await p.get<string[]>('/plugins/sinks')).includes('counting'));
    for (const id of ['s1', 's2']) await p.rule(id, 'SELECT n FROM t', [{ counting: { file: 'count.json' } }]);
    const count = () =>
      existsSync(join(p.root, 'count.json')) ? JSON.parse(readFileSync(join(p.root, 'count.json'), 'utf8') || '{}') : {};
    await until('both rules', () => count().rules?.length === 2 && count().calls > 20);
    await p.daemon.stop();
    const { calls } = count();
    await p.start();
    await until('counts on', () => count().calls > calls && count().rules.length === 2);
    expect(count().calls).toBeLessThan(calls + 1000);
    for (const id of ['s1', 's2']) await p.daemon.call('DELETE', `/rules/${id}`);
  });

  test('files in the top folder are sorted by what they export, or refused and listed', async () => {
    p.put('', 'topFunction.mjs', 'export const TopFunction = () => ({ exec: ([a]) => a * 2 });');
    p.put('', 'topSink.cjs', 'exports.TopSink = class { open() {} collect() {} close() {} };');
    p.put('', 'topNothing.js', 'exports.TopNothing = 5;');
    p.put('functions', 'no-name.ts', '');
    await until('sorted', async () => (await p.get<string[]>('/plugins/functions')).includes('topFunction'));
    await until('sorted', async () => (await p.get<string[]>('/plugins/sinks')).includes('topSink'));
    const functions = await p.get<string[]>('/plugins/functions');
    expect(functions).toContain('topNothing');
    expect(functions).toContain('no-name.ts');
    expect(await p.describe('functions', 'topNothing')).toMatchObject({ state: 'failed', reason: expect.stringContaining('TopNothing') });
  });

  test('several functions in one file, named by the metadata beside it', async () => {
    p.put('functions', 'pair.json', '{"functions":[{"name":"pairOne"},{"name":"pairTwo"}]}');
    p.put(
      'functions',
      'pair.ts',
      'export class PairOne { exec() { return 1 } }\nexport class PairTwo { exec() { return 2 } }\nexport class Hidden { exec() {} }',
    );
    await until('there', async () => (await p.get<string[]>('/plugins/udfs')).includes('pairTwo'));
    expect(await p.get('/plugins/udfs')).not.toContain('hidden');
    expect(await p.get('/plugins/udfs/pairTwo')).toEqual({ name: 'pairTwo', plugin: 'pair' });
    await p.rule('pair', 'SELECT pairOne() AS one, pairTwo() AS two FROM t', [{ toFile: {} }]);
    await until('both', () => p.lines().some((r) => r.one === 1 && r.two === 2));
    await p.daemon.call('DELETE', '/rules/pair');
  });

  test('the same version twice is an error that names both files', async () => {
    p.put('functions', 'twice@1.ts', 'export class Twice { exec() {} }');
    p.put('functions', 'Twice@v1.js', 'exports.Twice = class { exec() {} };');
    await until('seen', async () => (await p.get<string[]>('/plugins/functions')).includes('twice'));
    const d = await p.describe('functions', 'twice');
    expect(d.state).toBe('failed');
    expect(d.reason).toMatch(/twice@1\.ts/);
    expect(d.reason).toMatch(/Twice@v1\.js/);
  });

  test('a second file of the version that runs is named and does not stop it', async () => {
    p.put('functions', 'single@1.ts', 'export class Single { exec() { return "first"; } }');
    await until('runs', async () => (await p.daemon.call('GET', '/plugins/functions/single')).status === 200);
    p.put('functions', 'Single@v1.js', 'exports.Single = class { exec() { return "second"; } };');
    await until('named', async () => /Single@v1\.js/.test((await p.describe('functions', 'single')).reason ?? ''));
    const d = await p.describe('functions', 'single');
    expect(d).toMatchObject({ state: 'running', file: join(p.root, 'plugins/functions/single@1.ts') });
    expect(d.versions.map((v: any) => v.state).sort()).toEqual(['failed', 'running']);
    p.remove('functions', 'single@1.ts');
    await until('the other one takes over', async () => (await p.describe('functions', 'single')).file?.endsWith('Single@v1.js'));
    p.remove('functions', 'Single@v1.js');
  });

  test('a zip is installed over REST with its runtime files, described and deleted; nothing is left', async () => {
    const zip = zipOf({
      'fromEtc@v1.2.ts': `
        import { readFileSync } from 'node:fs';
        import { join } from 'node:path';
        export class FromEtc { exec(args: any, ctx: any) { return readFileSync(join(ctx.getRootPath(), 'etc/functions/fromEtc/greeting.txt'), 'utf8') + args[0]; } }`,
      'fromEtc.json': '{"about":{"trial":false}}',
      'etc/greeting.txt': 'hello ',
    });
    writeFileSync(join(p.root, 'p.zip'), zip);
    const body = { name: 'fromEtc', file: `file://${join(p.root, 'p.zip')}`, functions: ['fromEtc'] };
    const created = await p.daemon.call('POST', '/plugins/functions', body);
    expect(created).toEqual({ status: 201, text: 'functions plugin fromEtc is created' });
    expect(await p.describe('functions', 'fromEtc')).toMatchObject({
      name: 'fromEtc',
      version: '1.2',
      functions: ['fromEtc'],
      state: 'running',
    });
    expect((await p.daemon.call('POST', '/plugins/functions', body)).text).toContain('invalid name fromEtc: duplicate');
    await p.rule('z', 'SELECT fromEtc(n) AS g FROM t', [{ toFile: {} }]);
    await until('greets', () => p.lines().some((r) => String(r.g).startsWith('hello ')));
    await p.daemon.call('DELETE', '/rules/z');
    const gone = await p.daemon.call('DELETE', '/plugins/functions/fromEtc');
    expect(gone).toEqual({
      status: 200,
      text: 'functions plugin fromEtc is deleted and eKuiper must restart for the change to take effect.',
    });
    for (const path of ['plugins/functions/fromEtc@v1.2.ts', 'etc/functions/fromEtc', 'etc/functions/fromEtc.json'])
      expect(existsSync(join(p.root, path))).toBe(false);
    expect((await p.daemon.call('GET', '/plugins/functions/fromEtc')).status).toBe(404);
  });

  test('an install that fails leaves nothing, an update that fails leaves the old one', async () => {
    const file = (name: string, files: Record<string, string>) => {
      writeFileSync(join(p.root, `${name}.zip`), zipOf(files));
      return `file://${join(p.root, `${name}.zip`)}`;
    };
    const bad = await p.daemon.call('POST', '/plugins/functions', {
      name: 'worse',
      file: file('worse', { 'worse.ts': 'export class Other {}', 'etc/a/b': '1' }),
    });
    expect(bad.status).toBe(400);
    expect(bad.text).toContain('it must export Worse');
    expect(existsSync(join(p.root, 'plugins/functions/worse.ts'))).toBe(false);
    expect(existsSync(join(p.root, 'etc/functions/worse'))).toBe(false);
    const good = await p.daemon.call('POST', '/plugins/functions', {
      name: 'better',
      file: file('better', { 'better.ts': 'export class Better { exec() { return 1 } }' }),
    });
    expect(good.status).toBe(201);
    const update = await p.daemon.call('PUT', '/plugins/functions/better', {
      file: file('better2', { 'better@2.ts': 'export class Bett {}' }),
    });
    expect(update.status).toBe(400);
    expect(await p.describe('functions', 'better')).toMatchObject({ version: '', state: 'running' });
  });

  test('a zip dropped into the folder is installed and goes away', async () => {
    mkdirSync(join(p.root, 'etc/sinks/zipped'), { recursive: true });
    writeFileSync(join(p.root, 'etc/sinks/zipped/mine.txt'), 'of the user');
    const zip = zipOf({ 'zipped.ts': TO_FILE.replace('ToFile', 'Zipped'), 'etc/mine.txt': 'of the archive', 'etc/more.txt': 'new' });
    writeFileSync(join(p.root, 'plugins/sinks/zipped.zip'), zip);
    await until(
      'installed',
      async () => (await p.get<string[]>('/plugins/sinks')).includes('zipped') && !existsSync(join(p.root, 'plugins/sinks/zipped.zip')),
    );
    expect(await p.describe('sinks', 'zipped')).toMatchObject({ state: 'running' });
    expect(readFileSync(join(p.root, 'etc/sinks/zipped/mine.txt'), 'utf8')).toBe('of the user');
    expect(readFileSync(join(p.root, 'etc/sinks/zipped/more.txt'), 'utf8')).toBe('new');
    writeFileSync(join(p.root, 'plugins/sinks/evil.zip'), zipOf({ '../evil.ts': '' }));
    await until('refused', async () => (await p.get<string[]>('/plugins/sinks')).includes('evil'));
    expect((await p.describe('sinks', 'evil')).reason).toContain('leads out of its folder');
  });
});
