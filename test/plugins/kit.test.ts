// Plugins written with `@kuiper-gateway/plugin`, dropped as single .ts files into the real daemon: helpers, options, forms, versions of the
// contract, and which values a plugin really sees.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makePluginRoot, type PluginRoot, readJsonLines, TO_FILE, until } from './helpers/plugin-root.ts';

let p: PluginRoot;
const status = (kind: string) => {
  const file = join(p.root, 'plugins', kind, 'STATUS.txt');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
};
beforeAll(async () => {
  p = makePluginRoot();
  await p.start();
  p.put('sinks', 'toFile.ts', TO_FILE);
}, 30_000);
afterAll(() => p.close());

// @covers issue:15#2
test('a source and a function made with the helpers run from dropped files without any package beside them', async () => {
  p.put(
    'sources',
    'kitSource.ts',
    `import { defineSource } from '@kuiper-gateway/plugin';
export const KitSource = defineSource({
  doc: 'Counts.',
  options: { every: { type: 'duration', doc: 'Pause between rows.', default: '20ms' }, password: { type: 'string', doc: 'Not used.', secret: true } },
  create() {
    let timer: NodeJS.Timeout | undefined; let everyMs = 0; let n = 0;
    return {
      configure({ options }) { everyMs = options.every; },
      open(ctx, emit) { timer = setInterval(() => { void emit({ n: ++n, everyMs }); }, everyMs); },
      close() { clearInterval(timer); },
    };
  },
});`,
  );
  p.put(
    'functions',
    'kitTwice.ts',
    `import { defineFunction } from '@kuiper-gateway/plugin';
export const KitTwice = defineFunction({ args: [{ name: 'x', type: 'number' }], exec: ([x]) => Number(x) * 2 });`,
  );
  await until('live', () => /^kitSource\.ts +live/m.test(status('sources')) && /^kitTwice\.ts +live/m.test(status('functions')));
  await p.stream('ks', 'kitSource');
  await p.rule('kit', 'SELECT n, kitTwice(n) AS twice, everyMs FROM ks', [{ toFile: { file: 'kit.jsonl' } }]);
  const rows = () => readJsonLines(join(p.root, 'kit.jsonl'));
  await until('rows', () => rows().length > 2);
  expect(rows()[1]).toEqual({ n: rows()[0].n + 1, twice: 2 * (rows()[0].n + 1), everyMs: 20 });
  const refused = await p.daemon.call('POST', '/rules', { id: 'few', sql: 'SELECT kitTwice() FROM ks', actions: [{ log: {} }] });
  expect(refused.text).toContain('validate function kitTwice error: Expect 1 arguments (x) but found 0.');
});

// @covers issue:15#3
test('its options are a form in /metadata, also for a sink', async () => {
  const source = await p.get('/metadata/sources/kitSource');
  expect(source.about.description.en).toBe('Counts.');
  expect(source.properties.default.map((o: any) => [o.name, o.type, o.default, o.hint.en])).toEqual([
    ['every', 'string', '20ms', 'Pause between rows.'],
    ['password', 'string', '', 'Not used.'],
  ]);
  expect((await p.get('/metadata/sources')).find((s: any) => s.name === 'kitSource')).toMatchObject({ type: 'plugin' });
  expect((await p.get('/metadata/sinks')).find((s: any) => s.name === 'toFile')).toMatchObject({ type: 'plugin' });
  expect((await p.get('/metadata/sinks')).find((s: any) => s.name === 'mqtt')).toMatchObject({ type: 'internal' });
  expect((await p.get('/metadata/sinks/toFile')).about.description.en).toBe('Plugin toFile.');
});

test('a bad option refuses the rule with the name of the option', async () => {
  await p.daemon.call('PUT', '/metadata/sources/kitSource/confKeys/bad', { every: 'soon' });
  await p.stream('ksBad', 'kitSource', ', CONF_KEY="bad"');
  const { status: code, text } = await p.daemon.call('POST', '/rules', { id: 'bad', sql: 'SELECT * FROM ksBad', actions: [{ log: {} }] });
  expect(code).toBe(400);
  expect(text).toContain('option every');
});

// @covers issue:15#2
test.each([
  ['functions', 'futureFunc.ts', "export const apiVersion = '1.7';\nexport class FutureFunc { exec() { return 1; } }"],
  ['sources', 'futureSource.ts', "export const apiVersion = '2.0';\nexport class FutureSource { open() {} }"],
  ['sinks', 'futureSink.ts', 'export const apiVersion = 3;\nexport class FutureSink { collect() {} }'],
] as const)('a plugin for a later contract is refused when it is loaded: %s/%s', async (kind, file, text) => {
  p.put(kind, file, text);
  await until('refused', () =>
    new RegExp(`^${file.replace('.', '\\.')} +NOT USED: .*plugin API .*update the gateway`, 'm').test(status(kind)),
  );
});

test('the older import of types goes on working, and CommonJS can require the helpers', async () => {
  p.put(
    'functions',
    'oldImport.ts',
    "import type { FunctionContext, Row } from 'kuiper-gateway';\nexport class OldImport { exec(a: readonly unknown[], c: FunctionContext) { return 1; } }",
  );
  p.put(
    'functions',
    'commonKit.cjs',
    "const { defineFunction } = require('@kuiper-gateway/plugin');\nexports.CommonKit = defineFunction({ exec: () => 7 });",
  );
  await until('live', () => /^oldImport\.ts +live/m.test(status('functions')) && /^commonKit\.cjs +live/m.test(status('functions')));
});

// @covers issue:15#2
test('a plugin sees the kinds of values that its types promise: number, bigint, Date, bytes, undefined', async () => {
  const KIND = `const kind = (v) => v === null ? 'null' : v === undefined ? 'undefined' : v instanceof Date ? 'Date ' + v.getTime()
    : v instanceof Uint8Array ? 'bytes ' + v.length : Array.isArray(v) ? v.map(kind)
    : typeof v === 'object' ? Object.fromEntries(Object.entries(v).map(([k, x]) => [k, kind(x)])) : typeof v + ' ' + v;`;
  p.put('functions', 'kindOf.ts', `${KIND}\nexport class KindOf { exec([v]) { return kind(v); } }`);
  p.put(
    'functions',
    'giveBack.ts',
    'export class GiveBack { exec() { return { at: new Date(9), big: 2n ** 60n, whole: 3, bytes: new Uint8Array([1, 2]), f: () => 1, list: [new Date(1)] }; } }',
  );
  p.put(
    'sources',
    'typed.ts',
    `export class Typed { timer; open(ctx, emit) { this.timer = setInterval(() => emit({ at: new Date(5), big: 2n ** 60n, n: 1, f: 1.5, b: true, t: 'x', bytes: new Uint8Array([1]), nil: null, list: [1, 'a'], o: { at: new Date(7) } }), 30); } close() { clearInterval(this.timer); } }`,
  );
  p.put(
    'sinks',
    'kindSink.ts',
    `${KIND}\nimport { appendFileSync } from 'node:fs';\nexport class KindSink { collect(ctx, data) { appendFileSync(ctx.getRootPath() + '/sink.jsonl', JSON.stringify(kind(data)) + '\\n'); } }`,
  );
  await until('live', () => ['typed', 'kindSink', 'kindOf', 'giveBack'].every((n) => new RegExp(`${n}\\.ts +live`).test(status(''))));
  await p.stream('ty', 'typed');
  const columns = ['at', 'big', 'n', 'f', 'b', 't', 'bytes', 'nil', 'list', 'o', 'missing'];
  await p.rule('kinds', `SELECT ${columns.map((c) => `kindOf(${c}) AS ${c}`).join(', ')} FROM ty`, [{ toFile: { file: 'kinds.jsonl' } }]);
  await p.rule('kinds2', 'SELECT at, big, n, bytes, giveBack() AS back FROM ty', [{ kindSink: { sendSingle: true } }]);
  const rows = (file: string) => readJsonLines(join(p.root, file));
  await until('rows', () => rows('kinds.jsonl').length > 0 && rows('sink.jsonl').length > 0);
  expect([rows('kinds.jsonl')[0]].flat()[0]).toEqual({
    at: 'Date 5',
    big: 'bigint 1152921504606846976',
    n: 'number 1',
    f: 'number 1.5',
    b: 'boolean true',
    t: 'string x',
    bytes: 'bytes 1',
    nil: 'null',
    list: ['number 1', 'string a'],
    o: { at: 'Date 7' },
    missing: 'undefined',
  });
  expect(rows('sink.jsonl')[0]).toEqual({
    at: 'Date 5',
    big: 'bigint 1152921504606846976',
    n: 'number 1',
    bytes: 'bytes 1',
    back: { at: 'Date 9', big: 'bigint 1152921504606846976', whole: 'number 3', bytes: 'bytes 2', f: 'null', list: ['Date 1'] },
  });
});
