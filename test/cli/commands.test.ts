// Every command of docs/spec/cli.json exists; the texts of those that the life-cycle test of the daemon does not run.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import { commands } from '../../src/cli/commands/index.ts';
import { withRuleId } from '../../src/cli/with-rule-id.ts';
import type { RestServer } from '../../src/rest/server.ts';
import { makeService } from '../service/make-service.ts';
import { restOf } from './rest-of.ts';

let made: Awaited<ReturnType<typeof makeService>>;
let server: RestServer;
let folder: string;
beforeAll(async () => {
  made = await makeService();
  folder = mkdtempSync(join(tmpdir(), 'kuiper-cli-'));
  server = await restOf(made);
  await made.sql('CREATE STREAM demo () WITH (DATASOURCE="demo")');
  await made.call('POST', '/rules', { id: 'r', sql: 'SELECT a FROM demo', actions: [{ log: {} }] });
});
afterAll(async () => {
  server.destroy();
  await server.close();
  await made.close();
  rmSync(folder, { recursive: true, force: true });
});

/** @returns what is printed after the first line */
async function kuiper(...args: string[]): Promise<string> {
  const lines: string[] = [];
  const code = await runCli(['--url', server.url, '--ekuiper', ...args], {}, (text) => lines.push(text));
  expect(code).toBe(0);
  expect(lines.shift()).toMatch(/^Connecting to 127\.0\.0\.1:\d+\.\.\. $/);
  return lines.join('\n');
}

const spec = join(import.meta.dirname, '../../docs/spec/cli.json');
const specified = (JSON.parse(readFileSync(spec, 'utf8')) as { commands: { command: string }[] }).commands.map((c) => c.command);

describe('commands', () => {
  test('all of the specification are there', () => {
    const known = [...commands.map((c) => c.name), 'query'];
    expect(specified.length).toBe(45);
    expect(specified.filter((c) => !known.includes(c))).toEqual([]);
  });

  const cases: [name: string, args: string[], expected: string | RegExp][] = [
    ['create table', ['create', 'table', 't', '() WITH (DATASOURCE="m", TYPE="memory")'], 'Table t is created.\n'],
    ['describe table', ['describe', 'table', 't'], /^Fields\n-{80}\n\nDATASOURCE: m\nTYPE: memory\n?$/],
    ['show tables', ['show', 'tables'], 't'],
    ['drop table', ['drop', 'table', 't'], 'Table t is dropped.'],
    ['drop table again', ['drop', 'table', 't'], 'Stream command error: Drop table fails: table t is not found.'],
    [
      'validate rule',
      ['validate', 'rule', 'v', '{"sql":"SELECT * FROM demo","actions":[{"log":{}}]}'],
      'The rule has been successfully validated and is confirmed to be correct.',
    ],
    [
      'validate a bad rule',
      ['validate', 'rule', 'v', '{"sql":"SELECT * FROM none","actions":[{"log":{}}]}'],
      'fail to get stream none, please check if stream is created',
    ],
    ['gettopo rule', ['gettopo', 'rule', 'r'], /"sources"/],
    ['gethealth rule', ['gethealth', 'rule', 'r'], /"ok": true/],
    ['explain rule', ['explain', 'rule', 'r'], /ProjectPlan_0/],
    [
      'create rule refused',
      ['create', 'rule', 'r', '{"sql":"SELECT a FROM demo","actions":[{"log":{}}]}'],
      'Create rule r error : rule r already exists.',
    ],
    ['drop rule refused', ['drop', 'rule', 'none'], 'Drop rule error : rule none not found.'],
    ['create rule without JSON', ['create', 'rule', 'x'], 'Expect rule name and json.\nBut found 1 args:[x].'],
    ['show plugins', ['show', 'plugins', 'source'], 'No plugin is found.'],
    [
      'show plugins of no type',
      ['show', 'plugins', 'nope'],
      'Invalid plugin type nope, should be "source", "sink", "function" or "portable" or "wasm".',
    ],
    ['describe plugin', ['describe', 'plugin', 'sink', 'none'], 'Describe plugin error: not found'],
    ['create plugin', ['create', 'plugin', 'source', 'p', '{}'], 'Create plugin error: Missing plugin file url.'],
    ['create plugin -zf', ['create', 'plugin', 'source', 'p', '-zf', '/none.zip'], 'The specified zip file /none.zip could not be found.'],
    ['drop plugin', ['drop', 'plugin', 'source', 'p', '-s', 'maybe'], 'Expect s flag to be a boolean value.'],
    ['register plugin', ['register', 'plugin', 'function', 'p', '{}'], 'Register plugin functions error: Missing function list.'],
    ['show udfs', ['show', 'udfs'], 'No udf is found.'],
    ['describe udf', ['describe', 'udf', 'f'], 'Describe udf error: not found'],
    ['create service', ['create', 'service', 's', '{"name":"other"}'], 'Create service error: name mismatch.'],
    ['describe service', ['describe', 'service', 's'], 'Desc service error : not found.'],
    ['drop service', ['drop', 'service', 's'], 'Drop service error : s is not found.'],
    ['show services', ['show', 'services'], 'No service definitions are found.'],
    ['describe service_func', ['describe', 'service_func', 'f'], 'Desc service func error : not found.'],
    ['show service_funcs', ['show', 'service_funcs'], 'No service definitions are found.'],
    [
      'create schema',
      ['create', 'schema', 'protobuf', 'sc', '{"content":"syntax = \\"proto3\\"; message A { string b = 1; }"}'],
      'Schema sc is created.',
    ],
    ['describe schema', ['describe', 'schema', 'protobuf', 'sc'], /"name": "sc"/],
    ['show schemas', ['show', 'schemas', 'protobuf'], '[\n  "sc"\n]'],
    ['drop schema', ['drop', 'schema', 'protobuf', 'sc'], 'Schema sc is dropped'],
    ['show schemas again', ['show', 'schemas', 'protobuf'], 'No schema definitions are found.'],
    ['create script', ['create', 'script', '{"id":"j"}'], /^Create JavaScript function error: /],
    ['describe script', ['describe', 'script', 'j'], 'Desc JavaScript function error : not found.'],
    ['drop script', ['drop', 'script', 'j'], 'Drop JavaScript function error : j is not found.'],
    ['show scripts', ['show', 'scripts'], 'No JavaScript functions are found.'],
    ['getstatus import', ['getstatus', 'import'], /"streams": \{\}/],
    ['import data without -s', ['import', 'data', '-f', '/none', '-p', 'true'], 'Expect s flag to be a boolean value.'],
    ['import data without -p', ['import', 'data', '-f', '/none', '-s', 'false'], 'Expect p flag to be a boolean value.'],
    ['import ruleset of no file', ['import', 'ruleset', '-f', '/none'], /^import ruleset error: \/none cannot be read/],
    ['import data without file', ['import', 'data'], 'Expect -f with the file to import.'],
    ['export data without file', ['export', 'data'], 'Expect configuration file.'],
    ['export ruleset without file', ['export', 'ruleset'], 'Require exported file name.'],
  ];
  test.for(cases)('$0 says what eKuiper says', async ([, args, expected]) => {
    const text = await kuiper(...args);
    if (typeof expected === 'string') expect(text).toBe(expected);
    else expect(text).toMatch(expected);
  });

  test('export data and import data through a file', async () => {
    const file = join(folder, 'all.json');
    expect(await kuiper('export', 'data', file)).toBe('export configuration success');
    expect(await kuiper('import', 'data', '-f', file, '-s', 'false', '-p', 'true')).toContain('"ErrorMsg": ""');
    expect(await kuiper('export', 'data', file, '-r', '["r"]')).toBe('export configuration success');
    expect(Object.keys((JSON.parse(readFileSync(file, 'utf8')) as { rules: object }).rules)).toEqual(['r']);
  });

  test('export ekuiper writes secrets in clear into a file that only its owner may read', async () => {
    const file = join(folder, 'ekuiper.json');
    writeFileSync(file, '', { mode: 0o644 });
    await kuiper('create', 'stream', 'secretive', `() WITH (DATASOURCE="x", TYPE="mqtt", EXTRA="{\\"password\\":\\"inClear\\"}")`);
    expect(await kuiper('export', 'ekuiper', file)).toContain(`The configuration is in ${file}, secrets in clear`);
    expect(readFileSync(file, 'utf8')).toContain('inClear');
    expect(readFileSync(file, 'utf8')).not.toContain('"notes"');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await kuiper('export', 'ekuiper')).toContain('Expect the file to write.');
    expect(await kuiper('drop', 'stream', 'secretive')).toBe('Stream secretive is dropped.');
  });

  test('names with a hyphen need no back quotes', async () => {
    await kuiper('create', 'stream', '`my-stream`', '() WITH (DATASOURCE="x")');
    expect(await kuiper('describe', 'stream', 'my-stream')).toContain('DATASOURCE: x');
    expect(await kuiper('drop', 'stream', 'my-stream')).toBe('Stream my-stream is dropped.');
  });

  test('a verb alone, or with --help, lists what there is of it', async () => {
    for (const args of [['drop'], ['drop', '--help']]) {
      const lines: string[] = [];
      expect(await runCli(args, {}, (text) => lines.push(text))).toBe(0);
      expect(lines.join()).toContain('kuiper drop rule NAME');
      expect(lines.join()).not.toContain('kuiper create');
    }
  });

  test('definitions from files', async () => {
    writeFileSync(join(folder, 's.sql'), 'fromfile () WITH (DATASOURCE="x")');
    writeFileSync(join(folder, 'r.json'), '{"sql":"SELECT * FROM fromfile","actions":[{"log":{}}]}');
    expect(await kuiper('create', 'stream', '-f', join(folder, 's.sql'))).toBe(
      `Creating a new stream from file ${folder}/s.sql.\nStream fromfile is created.\n`,
    );
    expect(await kuiper('create', 'rule', 'fr', '-f', join(folder, 'r.json'))).toContain('Rule fr was created successfully');
    expect(await kuiper('create', 'rule', 'fr', '-f', join(folder, 'none.json'))).toBe(
      `The specified rule defenition file ${folder}/none.json is not existed.`,
    );
  });

  test('place and hint of an error come after the sentence', async () => {
    expect(await kuiper('create', 'rule', 'bad', '{"sql":"SELECT a FORM demo","actions":[{"log":{}}]}')).toBe(
      'Create rule bad error : invalid rule json: Parse SQL SELECT a FORM demo error: found "FORM", expected FROM..\n' +
        'at line 1, column 10:\n  SELECT a FORM demo\n           ^^^^\nhint: did you mean FROM?',
    );
  });
});

describe('id of a rule', () => {
  test('is put in where it is missing, and the rest stays as written', () => {
    expect(withRuleId('{"sql":"x","n":9007199254740993}', 'r')).toBe('{"id":"r","sql":"x","n":9007199254740993}');
    expect(withRuleId('{}', 'r')).toBe('{"id":"r"}');
    expect(withRuleId('{"id":"","sql":"x"}', 'r')).toBe('{"id":"r","sql":"x"}');
    expect(withRuleId('{"id":"r"}', 'r')).toBe('{"id":"r"}');
    expect(() => withRuleId('{"id":"other"}', 'r')).toThrow('RuleId is not consistent with rule id.');
    expect(() => withRuleId('{bad', 'r')).toThrow('not valid JSON');
  });
});
