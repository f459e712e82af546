// Every command of the table with --json: what a pipe reads is JSON by jq's own judgement, or nothing at all, and then the exit code says why.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import { commands } from '../../src/cli/commands/index.ts';
import { havePart } from '../helpers/parts.ts';
import { type RealGateway, realGateway } from '../helpers/real-gateway.ts';

const haveJq = havePart('jq', 'jq');

/** They talk a protocol, or go on until they are ended: terminal.test.ts and their own tests. */
const ELSEWHERE = ['lsp', 'mcp', 'plugin dev', 'plugin test', 'modbus simulate', 'completion words'];

const RULE = '{"sql":"SELECT a FROM demo","actions":[{"nop":{}}]}';

describe.runIf(haveJq)('every command gives a pipe JSON', () => {
  let gateway: RealGateway;
  let folder: string;
  let home: string;
  const file = (name: string) => join(folder, name);

  /** In this order: what is made is looked at, then removed. Code 0 unless it says otherwise. */
  const lines = (): [args: string[], code?: number][] => [
    [['create', 'stream', 'demo () WITH (TYPE="simulator", CONF_KEY="fast", FORMAT="json")']],
    [['create', 'stream', 'spare () WITH (TYPE="memory", DATASOURCE="x", FORMAT="json")']],
    [['create', 'table', 'book () WITH (TYPE="memory", DATASOURCE="y", FORMAT="json", KIND="lookup", KEY="id")']],
    [['create', 'rule', 'r', RULE]],
    [['create', 'rule', 'r', RULE], 1],
    [['validate', 'rule', 'v', RULE]],
    ...[
      'show streams',
      'show tables',
      'show rules',
      'show udfs',
      'show services',
      'show service_funcs',
      'show scripts',
      'show deadletters',
    ].map((c): [string[]] => [c.split(' ')]),
    [['show', 'plugins', 'function']],
    [['show', 'schemas', 'protobuf']],
    [['describe', 'stream', 'demo']],
    [['describe', 'table', 'book']],
    ...[
      'describe rule',
      'getstatus rule',
      'gethealth rule',
      'gettopo rule',
      'explain rule',
      'parked list',
      'stop rule',
      'start rule',
      'restart rule',
    ].map((c): [string[]] => [[...c.split(' '), 'r']]),
    [['diag', 'r']],
    [['translate', 'r', '--to', 'flink'], 4],
    [['sql', 'lint', file('good.sql')]],
    [['sql', 'lint', file('bad.sql')], 1],
    [['sql', 'fmt', file('good.sql')]],
    [['sql', 'explain', '--sql', 'SELECT a FROM demo']],
    [['sql', 'diff', 'r', '--seconds', '1']],
    [['parked', 'show', 'r', 'nop_0', '1'], 1],
    [['parked', 'retry', 'r', '--all']],
    [['parked', 'drop', 'r', '--all']],
    [['describe', 'deadletter', '1'], 1],
    [['drop', 'deadletter', '1'], 1],
    [['create', 'revocation', 'sub', 'x']],
    [['show', 'revocations']],
    [['drop', 'revocation', 'sub', 'x']],
    [['create', 'mqttuser', 'sensor1', '--publish', 'plant/#'], 1],
    [['show', 'mqttusers']],
    [['drop', 'mqttuser', 'sensor1'], 1],
    [['system', 'config', 'get', 'basic.logLevel']],
    [['system', 'config', 'set', 'basic.logLevel', 'debug']],
    [['system', 'config', 'unset', 'basic.logLevel']],
    [['network', 'show'], 1],
    [['network', 'set', file('net.yaml')], 1],
    [['network', 'confirm'], 1],
    [['network', 'revert'], 1],
    [['plugin', 'new', 'function', 'shout']],
    [['plugin', 'check', file('shout')]],
    [['plugin', 'pack', file('shout'), '-o', file('shout.zip')]],
    [['plugin', 'sign', '--new-key', file('key.pem')]],
    [['plugin', 'install', file('shout.zip')]],
    [['plugin', 'describe', 'function', 'shout']],
    [['plugin', 'logs', 'function', 'shout']],
    [['plugin', 'release', 'function', 'shout'], 1],
    [['plugin', 'trust', 'function', 'shout', 'trusted']],
    [['plugin', 'port', file('none.go')], 2],
    [['describe', 'plugin', 'function', 'shout']],
    [['describe', 'udf', 'shout']],
    [['create', 'plugin', 'function', 'nothing', '{"file":"file:///none.zip"}'], 1],
    [['register', 'plugin', 'function', 'shout', '{"functions":["shout"]}']],
    [['drop', 'plugin', 'function', 'shout']],
    [['create', 'service', 's', '{"file":"file:///none.zip"}'], 1],
    [['describe', 'service', 's'], 1],
    [['describe', 'service_func', 's'], 1],
    [['drop', 'service', 's'], 1],
    [['create', 'schema', 'protobuf', 'p', '{"content":"syntax = \\"proto3\\"; message A { string b = 1; }"}']],
    [['describe', 'schema', 'protobuf', 'p']],
    [['drop', 'schema', 'protobuf', 'p']],
    [['create', 'script', '{"id":"twice","script":"function twice(a) { return a * 2; }","isAgg":false}']],
    [['describe', 'script', 'twice']],
    [['drop', 'script', 'twice']],
    [['export', 'ruleset', file('set.json')]],
    [['import', 'ruleset', '-f', file('set.json')]],
    [['export', 'data', file('data.json')]],
    [['export', 'ekuiper', file('ekuiper.json')]],
    [['import', 'data', '-f', file('data.json'), '-s', 'false', '-p', 'true']],
    [['getstatus', 'import']],
    [['import', 'ekuiper', file('nothing')], 2],
    [['apply', '--export', file('tree')]],
    [['apply', file('tree'), '--dry-run']],
    [['audit']],
    [['fleet', 'status']],
    [['fleet', 'poll']],
    [['fleet', 'index', file('tree')]],
    [['backup', file('b.kuiperbackup'), '--without-secrets']],
    [['restore', file('b.kuiperbackup'), '-n']],
    [['clone', file('b.kuiperbackup'), '-n']],
    [['secret', 'set', 'pw', '-f', file('pw')]],
    [['secret', 'list']],
    [['secret', 'rm', 'pw']],
    [['secret', 'rekey']],
    [['modbus', 'profiles']],
    [['modbus', 'import', file('none.yaml')], 2],
    [['modbus', 'scan', 'tcp://127.0.0.1:1', '--to', '1', '--timeout', '100ms'], 3],
    [['modbus', 'read', 'tcp://127.0.0.1:1', '1', 'holding:1', '--timeout', '100ms'], 1],
    [['modbus', 'write', 'tcp://127.0.0.1:1', '1', 'holding:1', '5', '--timeout', '100ms'], 1],
    [['device', 'list']],
    [['device', 'show', 'none'], 1],
    [['show', 'history']],
    [['query', 'SELECT 1']],
    [['top']],
    [['tail', 'demo', '-n', '2']],
    [['tap', 'r', '-n', '2']],
    [['logs', '--lines', '3']],
    [['plot', 'demo', 'a', '-n', '2']],
    [['edit', 'rule', 'r']],
    [['context', 'add', 'here', '--url', 'http://127.0.0.1:1']],
    [['context', 'list']],
    [['context', 'use', 'here']],
    [['context', 'remove', 'here']],
    [['version']],
    [['completion', 'bash']],
    [['completion', 'zsh']],
    [['completion', 'fish']],
    // of the device itself: this machine is none
    [['system', 'status']],
    [['system', 'access'], 1],
    [['system', 'logs', '--kept']],
    [['system', 'support-bundle', file('bundle.tar.gz')]],
    [['system', 'update', 'status'], 1],
    [['system', 'update', file('none.raucb')], 2],
    [['system', 'reset'], 2],
    [['drop', 'rule', 'r']],
    [['drop', 'table', 'book']],
    [['drop', 'stream', 'spare']],
    [['drop', 'stream', 'demo']],
  ];
  /** They would do it to the machine of the test. */
  const DANGEROUS = ['system reboot', 'system poweroff', 'system rest'];

  beforeAll(async () => {
    gateway = await realGateway();
    folder = mkdtempSync(join(tmpdir(), 'kuiper-every-'));
    mkdirSync(file('nothing'));
    writeFileSync(file('good.sql'), 'SELECT a FROM demo');
    writeFileSync(file('bad.sql'), 'SELECT a FORM demo');
    writeFileSync(file('net.yaml'), 'network: {}\n');
    writeFileSync(file('pw'), 'hunter2');
    await gateway.call('PUT', '/metadata/sources/simulator/confKeys/fast', { data: [{ a: 1 }], interval: '20ms', loop: true });
    vi.stubEnv('EDITOR', 'true');
    vi.stubEnv('XDG_CONFIG_HOME', folder);
    // `plugin new` writes where the user is
    home = process.cwd();
    process.chdir(folder);
  }, 60_000);
  afterAll(async () => {
    process.chdir(home);
    vi.unstubAllEnvs();
    await gateway.close();
    rmSync(folder, { recursive: true, force: true });
  });

  // @covers issue:23#2
  test('each line of the table, one after the other, is read by jq', async () => {
    const wrong: string[] = [];
    for (const [args, wanted = 0] of lines()) {
      const [out, err]: [string[], string[]] = [[], []];
      const io = { out: (t: string) => void out.push(t), err: (t: string) => void err.push(t), terminal: false, color: false };
      const code = await runCli(['--json', '--url', gateway.url, ...args], { XDG_CONFIG_HOME: folder, KuiperBaseKey: gateway.root }, io);
      const text = out.join('\n');
      const jq = spawnSync('jq', ['-c', '.'], { input: text, encoding: 'utf8' });
      if (code !== wanted || jq.status !== 0 || (wanted === 0 && jq.stdout === ''))
        wrong.push(
          `${args.join(' ')}: code ${code}, jq ${jq.status} ${jq.stderr.trim()}\n  out: ${text.slice(0, 200)}\n  err: ${err.join('\n').slice(0, 300)}`,
        );
    }
    expect(wrong.join('\n')).toBe('');
  }, 120_000);

  test('no command is missing in the table', () => {
    const tried = new Set(lines().flatMap(([args]) => [args[0], args.slice(0, 2).join(' ')]));
    const elsewhere = [...ELSEWHERE, ...DANGEROUS, 'events'];
    expect(commands.map((c) => c.name).filter((name) => !tried.has(name) && !elsewhere.includes(name))).toEqual([]);
  });
});
