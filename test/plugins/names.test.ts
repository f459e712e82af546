// Every form of name and export that the plugin document allows, each used in a rule until rows come out; and the answer that a drop gets.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { liveTimes } from './helpers/live-times.ts';
import { type Kind, makePluginRoot, type PluginRoot, TO_FILE, until } from './helpers/plugin-root.ts';

const times = liveTimes();
afterAll(() => times.check());
let p: PluginRoot;
const statusIn = (folder: string) => {
  const file = join(p.root, 'plugins', folder, 'STATUS.txt');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
};
const running = (kind: Kind, name: string) => async () => (await p.get<string[]>(`/plugins/${kind}`)).includes(name);

beforeAll(async () => {
  p = makePluginRoot();
  await p.start();
  p.put('sinks', 'toFile.ts', TO_FILE);
}, 30_000);
afterAll(() => p.close());

/** Body of a source that emits {by, n}. */
const sourceBody = (by: string) => `{
  timer; n = 0;
  open(ctx, emit) { this.timer = setInterval(() => { void emit({ who: '${by}', n: ++this.n }); }, 20); }
  close() { clearInterval(this.timer); }
}`;
const sinkBody = (by: string) => `{
  collect(ctx, data) { appendFileSync(join(ctx.getRootPath(), 'out.jsonl'), JSON.stringify({ who: '${by}', n: [data].flat()[0].n }) + '\\n'); }
}`;
const SINK_IMPORTS = "import { appendFileSync } from 'node:fs';\nimport { join } from 'node:path';\n";
const functionBody = (by: string) => `{ exec(args) { return '${by}:' + args[0]; } }`;

// name in SQL → file and text
const sources: Record<string, [file: string, text: string]> = {
  mySource: ['mySource.ts', `export class MySource ${sourceBody('mySource')}`],
  upperSource: ['UpperSource.ts', `export class UpperSource ${sourceBody('upperSource')}`],
  verSource: ['verSource@v1.2.0.mts', `export class VerSource ${sourceBody('verSource')}`],
  upVerSource: ['UpVerSource@2.js', `export class UpVerSource ${sourceBody('upVerSource')}`],
  oneSource: ['oneSource.mjs', `class One ${sourceBody('oneSource')}\nexport const OneSource = new One();`],
  factorySource: ['factorySource.ts', `class F ${sourceBody('factorySource')}\nexport const FactorySource = () => new F();`],
  commonSource: ['commonSource.cjs', `exports.CommonSource = class ${sourceBody('commonSource')};`],
  aB_c9Source: ['aB_c9Source.ts', `export class AB_c9Source ${sourceBody('aB_c9Source')}`],
};
const sinks: Record<string, [file: string, text: string]> = {
  mySink: ['mySink.ts', `${SINK_IMPORTS}export class MySink ${sinkBody('mySink')}`],
  upperSink: ['UpperSink.ts', `${SINK_IMPORTS}export class UpperSink ${sinkBody('upperSink')}`],
  verSink: ['VerSink@v1.2.0.js', `${SINK_IMPORTS}export class VerSink ${sinkBody('verSink')}`],
  oneSink: ['oneSink.ts', `${SINK_IMPORTS}class S ${sinkBody('oneSink')}\nexport const OneSink = new S();`],
  factorySink: ['factorySink.ts', `${SINK_IMPORTS}class S ${sinkBody('factorySink')}\nexport function FactorySink() { return new S(); }`],
};
const functions: Record<string, [file: string, text: string]> = {
  myFunc: ['myFunc.ts', `export class MyFunc ${functionBody('myFunc')}`],
  upperFunc: ['UpperFunc.ts', `export class UpperFunc ${functionBody('upperFunc')}`],
  verFunc: ['verFunc@v1.10.0.ts', `export class VerFunc ${functionBody('verFunc')}`],
  oneFunc: ['oneFunc.js', `export const OneFunc = ${functionBody('oneFunc')};`],
  factoryFunc: ['factoryFunc.ts', `export const FactoryFunc = () => (${functionBody('factoryFunc')});`],
  commonFunc: ['CommonFunc.cts', `exports.CommonFunc = class ${functionBody('commonFunc')};`],
};

// @covers issue:15#1
// @covers finding:security#D5
// @covers finding:ease#B1
describe('a rule over a source plugin', () => {
  test.for(Object.entries(sources))('gets rows from %s by its camel-case name', async ([name, [file, text]]) => {
    p.put('sources', file, text);
    await until(`${name} is there`, running('sources', name));
    await p.stream(`s_${name}`, name);
    await p.rule(`r_${name}`, `SELECT who FROM s_${name}`, [{ toFile: { file: `${name}.jsonl` } }]);
    const file2 = join(p.root, `${name}.jsonl`);
    await until(`rows of ${name}`, () => existsSync(file2) && readFileSync(file2, 'utf8').includes(`{"who":"${name}"}`));
    await p.daemon.call('DELETE', `/rules/r_${name}`);
  });

  test('names another spelling of the case in its error instead of lower-casing the type', async () => {
    await p.stream('s_wrong', 'mysource');
    const { status, text } = await p.daemon.call('POST', '/rules', { id: 'wrong', sql: 'SELECT * FROM s_wrong', actions: [{ log: {} }] });
    expect(status).toBe(400);
    expect(text).toContain('source type mysource not found');
  });

  test('a built-in source is found in any case', async () => {
    const { text } = await p.daemon.call('POST', '/streams', {
      sql: 'CREATE STREAM upperMemory () WITH (TYPE="Memory", DATASOURCE="names/in", FORMAT="json")',
    });
    expect(text).toContain('is created');
    await p.rule('upperMemory', 'SELECT * FROM upperMemory', [{ toFile: { file: 'memory.jsonl' } }]);
    await until('it runs', async () => (await p.get('/rules/upperMemory/status')).status === 'running');
  });
});

describe('a rule with a sink plugin', () => {
  test.for(Object.entries(sinks))('delivers to %s by its camel-case name', async ([name, [file, text]]) => {
    p.put('sinks', file, text);
    await until(`${name} is there`, running('sinks', name));
    const { status } = await p.daemon.call('POST', '/rules', {
      id: `r_${name}`,
      sql: 'SELECT n FROM s_mySource',
      actions: [{ [name]: {} }],
    });
    expect(status).toBe(201);
    await until(`rows at ${name}`, () => p.lines().some((l) => l.who === name && typeof l.n === 'number'));
    await p.daemon.call('DELETE', `/rules/r_${name}`);
  });
});

describe('a rule that calls a function plugin', () => {
  test.for(Object.entries(functions))('computes with %s by its camel-case name', async ([name, [file, text]]) => {
    p.put('functions', file, text);
    await until(`${name} is there`, running('functions', name));
    await p.rule(`r_${name}`, `SELECT ${name}(who) AS v FROM s_mySource`, [{ toFile: { file: `${name}.jsonl` } }]);
    const out = join(p.root, `${name}.jsonl`);
    await until(`results of ${name}`, () => existsSync(out) && readFileSync(out, 'utf8').includes(`{"v":"${name}:mySource"}`));
    await p.daemon.call('DELETE', `/rules/r_${name}`);
  });

  test('is told the camel-case name when the function refuses its arguments', async () => {
    p.put(
      'functions',
      'pickyFunc.ts',
      `export class PickyFunc { validate(a) { if (a.length !== 1) throw new Error('one argument, please'); } exec() {} }`,
    );
    await until('pickyFunc is there', running('functions', 'pickyFunc'));
    const { text } = await p.daemon.call('POST', '/rules', {
      id: 'picky',
      sql: 'SELECT pickyFunc(1, 2) FROM s_mySource',
      actions: [{ log: {} }],
    });
    expect(text).toContain('validate function pickyFunc error: one argument, please');
    expect(text).not.toContain('...args');
  });
});

// @covers issue:15#1
describe('STATUS.txt', () => {
  test('says within 1.1 s that a dropped file is live, with its version, in the top folder and beside the file', async () => {
    p.put('functions', 'answerA@v1.4.ts', `export class AnswerA ${functionBody('a')}`);
    const live = /^answerA@v1\.4\.ts +live, version 1\.4$/m;
    times.took(await until('told', () => live.test(statusIn('functions'))));
    expect(statusIn('')).toMatch(/^functions\/answerA@v1\.4\.ts +live, version 1\.4$/m);
    expect(statusIn('sinks')).not.toContain('answerA');
  });

  test('says within 1.1 s the line and the cure of a file that cannot be used', async () => {
    p.put('functions', 'badEnum.ts', 'export class BadEnum { exec() { return 1; } }\n\nenum Color { Red }\n');
    const told = /^badEnum\.ts +NOT USED: .*line 3: .*enum is not supported.*use a constant object instead/m;
    times.took(await until('told', () => told.test(statusIn('functions'))));
    expect(statusIn('')).toMatch(/^functions\/badEnum\.ts +NOT USED: /m);
  });

  test('says that an older version is not used and which one is live instead', async () => {
    p.put('functions', 'answerA@v1.3.ts', `export class AnswerA ${functionBody('old')}`);
    await until('told', () => /^answerA@v1\.3\.ts +not used: 1\.4 is later and live$/m.test(statusIn('functions')));
  });

  test('says that the version before goes on when a live file is overwritten with a broken one', async () => {
    p.put('functions', 'answerA@v1.4.ts', 'export class AnswerA {\n  exec( {\n');
    await until('told', () =>
      /^answerA@v1\.4\.ts +NOT USED in its present form, the previous version keeps running, version 1\.4: .*line 2/m.test(
        statusIn('functions'),
      ),
    );
  });

  test('names a file that can be no plugin, and forgets it when it goes', async () => {
    p.put('sinks', 'notes.docx', 'x');
    await until('told', () => /^notes\.docx +NOT USED: files of plugins end in/m.test(statusIn('sinks')));
    p.remove('sinks', 'notes.docx');
    await until('forgotten', () => !statusIn('sinks').includes('notes.docx'));
  });

  test('is no plugin itself, nor is a signature', async () => {
    p.put('functions', 'answerA@v1.4.ts.sig', 'AAAA');
    await new Promise((resolve) => setTimeout(resolve, 700));
    for (const kind of ['sources', 'sinks', 'functions'])
      expect((await p.get<string[]>(`/plugins/${kind}`)).filter((n) => /STATUS|sig/.test(n))).toEqual([]);
    expect(statusIn('functions')).not.toContain('.sig');
  });
});
