// What careless or hostile plugins and odd files do to a running daemon: each gets a clear state, and nobody else is harmed.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { liveTimes } from './helpers/live-times.ts';
import { gaps, makePluginRoot, type PluginRoot, readJsonLines, TICKER, TO_FILE, until } from './helpers/plugin-root.ts';

const times = liveTimes();
afterAll(() => times.check());
let p: PluginRoot;
const fn = (symbol: string, result: string, before = '') =>
  `${before}\nexport class ${symbol} { exec(args: any, ctx: any) { return ${result}; } }`;
const bystander = () => readJsonLines(join(p.root, 'bystander.jsonl')).map((r) => r.n as number);
const rows = (file: string) => readJsonLines(join(p.root, `${file}.jsonl`));
const lengthOf = (file: string) => readFileSync(join(p.root, file), 'utf8').length;
const state = async (name: string) => {
  const { status, text } = await p.daemon.call('GET', `/plugins/functions/${encodeURIComponent(name)}`);
  return status === 200 ? JSON.parse(text) : { state: 'absent', text };
};
const running = (name: string) => until(`${name} runs`, async () => (await state(name)).state === 'running');
const failed = (name: string) => until(`${name} is refused`, async () => (await state(name)).state === 'failed');

beforeAll(async () => {
  p = makePluginRoot('trusted');
  p.put('sources', 'ticker.ts', TICKER);
  p.put('sinks', 'toFile.ts', TO_FILE);
  await p.start();
  await p.stream('t', 'ticker');
  await p.rule('bystander', 'SELECT n FROM t', [{ toFile: { file: 'bystander.jsonl' } }]);
}, 30_000);
afterAll(async () => {
  const count = bystander().length;
  await until('bystander goes on', () => bystander().length > count + 3);
  expect(gaps(bystander())).toEqual([]);
  expect(p.daemon.child.exitCode).toBe(null);
  await p.close();
});

describe('a function plugin that changes what all code shares', () => {
  test('in a later call: put back within a second, found out with the next time, and remembered over a restart', {
    timeout: 20_000,
  }, async () => {
    const code = `let calls = 0; function harm() { if (++calls > 40) Math.round = () => 7; }`;
    p.put('functions', 'sly.ts', fn('Sly', '(harm(), 1)', code));
    await running('sly');
    await p.rule('sly', 'SELECT sly(n) AS x FROM t', [{ nop: {} }]);
    await until('moved', async () => String((await state('sly')).note).includes('it changes Math.round'));
    expect(p.daemon.lines.some((l) => JSON.stringify(l['changes'] ?? '').includes('Math.round'))).toBe(true);
    const list = JSON.parse(readFileSync(join(p.root, 'data/plugins/quarantine.json'), 'utf8'));
    expect(list).toContainEqual(expect.objectContaining({ plugin: 'functions/sly', isolate: true }));
  });

  test('while it is loaded: it runs in a worker, and says so', async () => {
    const code = `(Array.prototype as any).last = function () { return this[this.length - 1]; }; (Object.prototype as any).evil = 1;`;
    p.put('functions', 'polyfilled.ts', fn('Polyfilled', '[1, 2].last()', code));
    await running('polyfilled');
    expect((await state('polyfilled')).note).toContain('it changes Object.prototype.evil, Array.prototype.last');
    await p.rule('polyfilled', 'SELECT *, polyfilled(n) AS x FROM t', [{ toFile: { file: 'polyfilled.jsonl' } }]);
    await until('rows', () => rows('polyfilled').length > 2);
    expect(Object.keys(rows('polyfilled')[0]).sort()).toEqual(['n', 'text', 'x']);
    expect(rows('polyfilled')[0].x).toBe(2);
  });

  test('in its first call: put back at once, and moved to a worker with its state', async () => {
    const code = `function harm() { JSON.stringify = (() => 'gone') as any; Math.round = () => 7; }`;
    p.put('functions', 'harmful.ts', fn('Harmful', '(ctx.incrCounter("n", 1), harm(), ctx.getCounter("n"))', code));
    await running('harmful');
    await p.rule('harmful', 'SELECT harmful(n) AS x FROM t', [{ toFile: { file: 'harmful.jsonl' } }]);
    await until('moved', async () => String((await state('harmful')).note).includes('it changes JSON.stringify, Math.round'));
    await until('rows from there', () => rows('harmful').length > 20);
    expect(gaps(rows('harmful').map((r) => r.x))).toEqual([]);
    expect(JSON.parse((await p.daemon.call('GET', '/rules')).text)).toHaveLength(4);
    for (const id of ['polyfilled', 'harmful', 'sly']) await p.daemon.call('DELETE', `/rules/${id}`);
    for (const id of ['polyfilled', 'harmful', 'sly']) p.remove('functions', `${id}.ts`);
  });
});

describe('a plugin that hangs while it is loaded', () => {
  test.each([
    ['waits for ever', 'await new Promise(() => {});'],
    ['loops for ever', 'for (;;);'],
  ])('%s: others are live in time, and it is refused', { timeout: 30_000 }, async (what, code) => {
    p.put('functions', 'hanging.ts', fn('Hanging', '1', code));
    await new Promise((resolve) => setTimeout(resolve, 500));
    p.put('functions', 'quick.ts', fn('Quick', '1', `// ${what}`));
    times.took(await running('quick'));
    await failed('hanging');
    expect((await state('hanging')).reason).toMatch(/loading took more than \d+ s/);
    // a corrected file is live in time as well
    p.put('functions', 'hanging.ts', fn('Hanging', '1'));
    times.took(await running('hanging'));
    p.remove('functions', 'hanging.ts');
    p.remove('functions', 'quick.ts');
    await until('gone', async () => (await p.get<string[]>('/plugins/functions')).length === 0);
  });

  test('an orderly stop does not wait for it', { timeout: 20_000 }, async () => {
    p.put('functions', 'hanging.ts', fn('Hanging', '1', 'await new Promise(() => {}); // stopped'));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect((await p.daemon.stop()).tookMs).toBeLessThan(2_500);
    p.remove('functions', 'hanging.ts');
    await p.start();
  });

  test('the file is deleted before the load ends: nothing is left', { timeout: 20_000 }, async () => {
    p.put('functions', 'hanging.ts', fn('Hanging', '1', 'await new Promise(() => {}); // deleted'));
    await new Promise((resolve) => setTimeout(resolve, 700));
    p.remove('functions', 'hanging.ts');
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    expect(await p.get('/plugins/functions')).toEqual([]);
  });
});

test('intervals end with the version that started them', async () => {
  const code = `import { appendFileSync } from 'node:fs';\nsetInterval(() => appendFileSync('${p.root}/beats.txt', 'x'), 20);`;
  p.put(
    'functions',
    'beating.ts',
    `${code}\nexport class Beating { constructor() { setInterval(() => appendFileSync('${p.root}/inner.txt', 'x'), 20); } exec() { return 1; } }`,
  );
  await running('beating');
  await p.rule('beating', 'SELECT beating(n) AS x FROM t', [{ toFile: { file: 'beating.jsonl' } }]);
  await until('it beats', () => rows('beating').length > 2 && lengthOf('beats.txt') > 2 && lengthOf('inner.txt') > 2);
  p.put('functions', 'beating@2.ts', fn('Beating', '2'));
  await until('version 2', () => rows('beating').at(-1)?.x === 2);
  const before = [lengthOf('beats.txt'), lengthOf('inner.txt')];
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect([lengthOf('beats.txt'), lengthOf('inner.txt')]).toEqual(before);
  await p.daemon.call('DELETE', '/rules/beating');
  p.remove('functions', 'beating.ts');
  p.remove('functions', 'beating@2.ts');
});

test('two plugins want one function name: the second is refused, and gets it when the first goes', async () => {
  mkdirSync(join(p.root, 'etc/functions'), { recursive: true });
  for (const name of ['one', 'two'])
    writeFileSync(join(p.root, `etc/functions/${name}.json`), JSON.stringify({ functions: [{ name: 'wanted' }, { name: `only${name}` }] }));
  p.put('functions', 'one.ts', fn('Wanted', '1') + fn('Onlyone', '1'));
  await running('one');
  p.put('functions', 'two.ts', fn('Wanted', '2') + fn('Onlytwo', '1'));
  await failed('two');
  expect((await state('two')).reason).toContain('function name wanted already exists');
  p.remove('functions', 'one.ts');
  times.took(await running('two'));
  p.remove('functions', 'two.ts');
});

test('metadata that comes after the plugin, or changes, takes effect in time', async () => {
  p.put('functions', 'several.ts', fn('Alpha', '1'));
  await failed('several');
  const metadata = join(p.root, 'etc/functions/several.json');
  writeFileSync(metadata, '{"functions": [{"name": "alpha"}]}');
  times.took(await running('several'));
  p.put('functions', 'several.ts', fn('Alpha', '1') + fn('Beta', '2'));
  writeFileSync(metadata, '{"functions": [{"name": "alpha"}, {"name": "beta"}]}');
  const tookMs = await until('both are there', async () => (await p.get<string[]>('/plugins/udfs')).join() === 'alpha,beta');
  times.took(tookMs);
  unlinkSync(metadata);
  p.remove('functions', 'several.ts');
  await until('gone', async () => (await p.get<string[]>('/plugins/udfs')).length === 0);
});

test('a function must not move the gateway or take its handlers away', async () => {
  const code = `export class Mover { n = 0; exec() { if (++this.n % 2) process.chdir('/'); else process.removeAllListeners(); } }`;
  p.put('functions', 'mover.ts', code);
  await running('mover');
  await p.rule('mover', 'SELECT mover(n) AS x FROM t', [{ nop: {} }]);
  for (const what of ['process.chdir', 'process.removeAllListeners'])
    await until(what, async () => (await p.daemon.call('GET', '/rules/mover/status')).text.includes(`called ${what}, which is refused`));
  await p.daemon.call('DELETE', '/rules/mover');
  p.remove('functions', 'mover.ts');
  await until('gone', async () => (await p.get<string[]>('/plugins/functions')).length === 0);
});

test('the name of a built-in function is refused, since the built-in one would answer', async () => {
  p.put('functions', 'abs.ts', fn('Abs', '42'));
  await failed('abs');
  expect((await state('abs')).reason).toContain('function name abs already exists: it is built in');
  p.remove('functions', 'abs.ts');
});

test('folders, dead links and other files are listed with what is wrong, and described by their names', async () => {
  const folder = join(p.root, 'plugins/functions');
  mkdirSync(join(folder, 'dir.ts'));
  mkdirSync(join(folder, 'package'));
  writeFileSync(join(folder, 'package/index.ts'), fn('Package', '1'));
  mkdirSync(join(folder, 'helpers'));
  writeFileSync(join(folder, 'helpers/common.ts'), 'export const a = 1;');
  symlinkSync(join(p.root, 'target.ts'), join(folder, 'linked.ts'));
  symlinkSync('user@host.123', join(folder, '.#linked.ts'));
  for (const file of ['a (1).ts', 'a.ts.txt', 'old.so']) writeFileSync(join(folder, file), '');
  const expected: Record<string, string> = {
    'dir.ts': 'a folder is not a plugin',
    package: 'a folder is not a plugin',
    'linked.ts': 'where nothing is',
    'a (1).ts': 'is not a plugin name',
    'a.ts.txt': 'files of plugins end in',
    'old.so': 'it is a plugin in Go',
  };
  await until('listed', async () => (await p.get<string[]>('/plugins/functions')).length === Object.keys(expected).length);
  for (const [name, reason] of Object.entries(expected)) expect((await state(name)).reason, name).toContain(reason);
  // and a link is a plugin as soon as it leads to one, and follows its target
  writeFileSync(join(p.root, 'target.ts'), fn('Linked', '1'));
  times.took(await running('linked'));
  writeFileSync(join(p.root, 'target.ts'), `${fn('Linked', '1')}}`);
  await until('broken target', async () => String((await state('linked')).reason).includes('Expression expected'));
  // REST removes what it lists, folders excepted
  for (const name of ['a (1).ts', 'a.ts.txt', 'old.so'])
    expect(await p.daemon.call('DELETE', `/plugins/functions/${encodeURIComponent(name)}`), name).toMatchObject({ status: 200 });
  expect(await p.daemon.call('DELETE', '/plugins/functions/package')).toMatchObject({ status: 400 });
  expect(await p.daemon.call('DELETE', '/plugins/functions/nothing')).toMatchObject({ status: 404 });
  for (const file of ['linked.ts', '.#linked.ts']) unlinkSync(join(folder, file));
  renameSync(join(folder, 'dir.ts'), join(folder, '.dir'));
  renameSync(join(folder, 'package'), join(folder, '.package'));
  await until('gone', async () => (await p.get<string[]>('/plugins/functions')).length === 0);
});

test('a result that contains itself is an error of its row', async () => {
  p.put('functions', 'circle.ts', fn('Circle', '(() => { const a: any = {}; a.a = a; return a; })()'));
  await running('circle');
  await p.rule('circle', 'SELECT circle(n) AS x FROM t', [{ toFile: { file: 'circle.jsonl' } }]);
  await until('exception', async () =>
    /"op_\d+_project_0_exceptions_total": [1-9]/.test((await p.daemon.call('GET', '/rules/circle/status')).text),
  );
  expect((await p.daemon.call('GET', '/rules/circle/status')).text).toContain('call func circle error');
  await p.daemon.call('DELETE', '/rules/circle');
  p.remove('functions', 'circle.ts');
});

// @covers finding:security#D3
// @covers issue:13#4
test('a trusted function that patches crypto, http, JSON and collections opens nothing: a wrong token stays wrong', async () => {
  const own = makePluginRoot('trusted');
  try {
    mkdirSync(join(own.root, 'etc/mgmt'), { recursive: true });
    writeFileSync(join(own.root, 'etc/mgmt/tokens'), `root admin ${createHash('sha256').update('right').digest('hex')}\n`);
    await own.start({ KUIPER__BASIC__AUTHENTICATION: 'true' });
    const rest = async (method: string, path: string, token: string, body?: unknown) =>
      (await fetch(own.daemon.url + path, { method, headers: { authorization: token }, ...(body ? { body: JSON.stringify(body) } : {}) }))
        .status;
    own.put('sources', 'ticker.ts', TICKER);
    own.put(
      'functions',
      'patcher.mjs',
      `const m = (n) => process.getBuiltinModule(n);
       export class Patcher { exec() {
         m('crypto').timingSafeEqual = () => true; m('crypto').verify = () => true; m('crypto').hash = () => Buffer.alloc(32);
         Object.defineProperty(m('http').IncomingMessage.prototype, 'headers', { get: () => ({ authorization: 'right' }), configurable: true });
         Map.prototype.get = () => 1; Set.prototype.has = () => true; String.prototype.trim = () => 'right'; Array.prototype.find = () => ({ role: 'admin' });
         return 1;
       } }`,
    );
    await until(
      'it is there',
      async () =>
        (await (await fetch(`${own.daemon.url}/plugins/functions`, { headers: { authorization: 'right' } })).text()).includes('patcher'),
      10_000,
    );
    expect(await rest('POST', '/streams', 'right', { sql: 'CREATE STREAM t () WITH (TYPE="ticker", DATASOURCE="x", FORMAT="json")' })).toBe(
      201,
    );
    await rest('POST', '/rules', 'right', { id: 'r', sql: 'SELECT patcher(n) AS p FROM t', actions: [{ nop: {} }] });
    const seen = new Set<number>();
    // slowly: after ten wrong tokens the gateway answers 429 without looking, but for one a second
    for (let i = 0; i < 25; i++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      seen.add(await rest('DELETE', '/rules/none', 'wrong').catch(() => 0));
      seen.add(await rest('GET', '/rules', 'a.b.c').catch(() => 0));
    }
    expect([...seen].filter((status) => ![401, 429, 0].includes(status))).toEqual([]);
    expect(seen).toContain(401);
    expect(own.daemon.child.exitCode).toBe(null);
  } finally {
    await own.close();
  }
}, 40_000);
