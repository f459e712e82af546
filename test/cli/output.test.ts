// What people and pipes get to see of the command line.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import { commands } from '../../src/cli/commands/index.ts';
import { type Overview, topPage } from '../../src/cli/commands/top.ts';
import { contextNamed, contextsFile, readContexts, writeContexts } from '../../src/cli/contexts.ts';
import { show } from '../../src/cli/output.ts';
import { statusPage } from '../../src/cli/status-page.ts';
import { cut, paint, renderTable, safe, widthOf } from '../../src/cli/table.ts';
import type { RestServer } from '../../src/rest/server.ts';
import { makeService } from '../service/make-service.ts';
import { restOf } from './rest-of.ts';

let made: Awaited<ReturnType<typeof makeService>>;
let server: RestServer;
let home: string;
beforeAll(async () => {
  made = await makeService();
  home = mkdtempSync(join(tmpdir(), 'kuiper-home-'));
  server = await restOf(made);
  await made.sql('CREATE STREAM demo () WITH (DATASOURCE="demo")');
  await made.call('POST', '/rules', { id: 'r', sql: 'SELECT a FROM demo', actions: [{ log: {} }], tags: ['hall', 'hot'] });
});
afterAll(async () => {
  server.destroy();
  await server.close();
  await made.close();
  rmSync(home, { recursive: true, force: true });
});

async function kuiper(args: string[], terminal = false, env = {}): Promise<{ out: string; err: string; code: number }> {
  let out = '';
  let err = '';
  const code = await runCli(['--url', server.url, ...args], env, {
    out: (t) => (out += `${t}\n`),
    err: (t) => (err += `${t}\n`),
    terminal,
    columns: 80,
    color: false,
  });
  return { out, err, code };
}

const ARGUMENTS: Record<string, string[]> = { 'show plugins': ['source'], 'show schemas': ['protobuf'] };

// revocations need keys, MQTT users the own listener and series the historian, which this gateway has none of
// @covers issue:23#2 finding:ease#B10
test.each(
  commands
    .filter((c) => c.name.startsWith('show ') && !['show revocations', 'show mqttusers', 'show history'].includes(c.name))
    .map((c) => c.name),
)('%s gives a pipe JSON and nothing else, and a terminal no JSON', async (name) => {
  const args = [...name.split(' '), ...(ARGUMENTS[name] ?? [])];
  const piped = await kuiper(args);
  expect(Array.isArray(JSON.parse(piped.out))).toBe(true);
  expect([piped.err, piped.code]).toEqual(['', 0]);
  const seen = await kuiper(args, true);
  expect(seen.code).toBe(0);
  expect(() => JSON.parse(seen.out) as unknown).toThrow();
  expect(await kuiper([...args, '--json'], true)).toEqual(piped);
});

test('rules are a table on a terminal, YAML on request', async () => {
  expect((await kuiper(['show', 'rules'], true)).out).toMatch(/^RULE {2}STATUS +TAGS +NAME\nr {5}(running|starting)\S* +hall, hot\n$/);
  expect((await kuiper(['show', 'rules', '--yaml'])).out).toContain('- id: r\n  name: r\n');
  expect((await kuiper(['--yaml', 'show', 'streams'])).out).toBe('- demo\n');
});

test('errors go to standard error, with a code that tells the kinds apart', async () => {
  expect(await kuiper(['describe', 'rule', 'none'])).toEqual({ out: '', err: 'Desc rule error : Rule none is not found..\n', code: 1 });
  expect(await kuiper(['describe', 'rule'])).toEqual({ out: '', err: 'Expect rule name.\n', code: 2 });
  expect(await kuiper(['--ekuiper-exit-codes', 'describe', 'rule', 'none'])).toMatchObject({ out: '', code: 0 });
  expect(await kuiper(['--ekuiper', 'describe', 'rule', 'none'])).toEqual({
    out: `Connecting to ${new URL(server.url).host}... \nDesc rule error : Rule none is not found..\n`,
    err: '',
    code: 0,
  });
  expect((await kuiper(['show', 'rules'], false, { KUIPER_CLI: 'ekuiper' })).out).toMatch(/^Connecting to /);
  const away = await runCli(['--url', 'http://127.0.0.1:9', 'show', 'rules'], {}, () => undefined);
  expect(away).toBe(3);
});

test('texts of our own name our own command', async () => {
  const rule = '{"sql":"SELECT a FROM demo","actions":[{"log":{}}]}';
  expect((await kuiper(['create', 'rule', 'mine', rule])).out).toBe(
    'Rule mine was created. See what it does: kuiper getstatus rule mine\n',
  );
  expect((await kuiper(['drop', 'rule', 'mine'])).code).toBe(0);
});

test('help of a command shows its flags and examples', async () => {
  const { out } = await kuiper(['tail', '--help']);
  expect(out).toContain('  --count, -n VALUE  end after so many rows');
  expect(out).toMatch(/Examples:\n {2}kuiper tail demo +messages of stream demo, decoded/);
  const all = await kuiper(['--help']);
  for (const word of ['Exit codes: 0 done, 1 refused or failed', 'kuiper top ', '--context NAME', 'kuiper query'])
    expect(all.out).toContain(word);
});

test('state and health of a rule on a terminal begin with what is wrong', () => {
  const page = statusPage(100, false);
  const status = {
    status: 'running',
    source_demo_0_records_in_total: 1200,
    source_demo_0_records_out_total: 1200,
    source_demo_0_exceptions_total: 2,
    source_demo_0_last_exception: 'bad \u001b[2J json',
    sink_mqtt_0_0_records_in_total: 7,
    health: { ok: false, problems: ['Sink mqtt_0 is behind.'], notes: ['n'] },
  };
  const lines = page(status, (_style, text) => text).split('\n');
  expect(lines.slice(0, 4)).toEqual(['running, not ok', '  ! Sink mqtt_0 is behind.', '  note: n', '']);
  expect(lines[5]).toMatch(/^source_demo +1200 +1200 +0 +2 +0 +never +bad \\u001b\[2J json$/);
  expect(lines[6]).toMatch(/^sink_mqtt_0 +7 +0 /);
});

const rule = (id: string, more: Partial<Overview['rules'][number]> = {}) => ({
  id,
  state: 'running',
  ok: true,
  problems: [],
  recordsIn: 0,
  recordsOut: 0,
  exceptions: 0,
  waiting: 0,
  lastMessageAtMs: 0,
  startedAtMs: 1000,
  ...more,
});

test('top counts rates between two looks, puts problems first, and cuts to the screen', () => {
  const before = { atMs: 10_000, rules: [rule('a', { recordsIn: 100, recordsOut: 10 }), rule('b', { recordsIn: 5 })] };
  const now = {
    atMs: 12_000,
    rules: [
      rule('a', { recordsIn: 300, recordsOut: 30 }),
      rule('b', { recordsIn: 45, ok: false, problems: ['no broker'] }),
      // a rule that began between the looks: since its own start
      rule('c', { recordsIn: 40, startedAtMs: 11_000 }),
    ],
  };
  const lines = topPage(before, now, 'problems', 80, 24, false).split('\n');
  expect(lines[0]).toBe('3 rules, 1 with problems, 160 messages/s in');
  expect(lines.slice(3).map((l) => l.split(/ {2,}/))).toEqual([
    ['b', 'running', '20', '0', '0', '0', 'no broker'],
    ['a', 'running', '100', '10', '0', '0'],
    ['c', 'running', '40', '0', '0', '0'],
  ]);
  expect(topPage(before, now, 'rate', 80, 24, false).split('\n')[3]).toMatch(/^a /);
  const short = topPage(before, now, 'name', 80, 5, false).split('\n');
  expect(short.slice(3)).toEqual([expect.stringMatching(/^a /), '… 2 more']);
});

test('the overview adds up what sources gave and sinks got', async () => {
  const reply = await made.call('GET', '/overview');
  const { rules } = JSON.parse(reply.text) as Overview;
  expect(rules.map((r) => [r.id, r.recordsIn, r.recordsOut, r.exceptions])).toEqual([['r', 0, 0, 0]]);
  const piped = await kuiper(['top']);
  expect((JSON.parse(piped.out) as Overview).rules[0]).toMatchObject({ id: 'r' });
});

test('control characters in names and payloads cannot steer the terminal', () => {
  expect(safe('a\u001b[31mb\u0007\u009b\u202ec')).toBe('a\\u001b[31mb\\u0007\\u009b\\u202ec');
  expect(safe('two\nlines\tand')).toBe('two\nlines and');
  expect(renderTable(['A'], [['x\ny\u001b']], 80, false)).toBe('A\nx y\\u001b');
  let out = '';
  const io = { out: (t: string) => (out += t), err: () => undefined, terminal: true, color: false };
  show('["\\u001b]0;x\\u0007"]', {}, 'table', io);
  expect(out).not.toContain('\u001b');
});

test('a table aligns wide letters, puts numbers to the right and ends at the width of the terminal', () => {
  expect(widthOf('温度')).toBe(4);
  expect(widthOf('e\u0301')).toBe(1);
  expect(cut('abcdef', 4)).toBe('abc…');
  expect(cut('温度計', 5)).toBe('温度…');
  expect(
    renderTable(
      ['NAME', 'N', 'TEXT'],
      [
        ['温度', 5, 'x'.repeat(40)],
        ['b', 12, 'y'],
      ],
      30,
      false,
    ),
  ).toBe(['NAME   N  TEXT', `温度   5  ${'x'.repeat(19)}…`, 'b     12  y'].join('\n'));
  expect(paint('bad', 'x', true)).toBe('\u001b[31mx\u001b[0m');
  expect(paint('bad', 'x', false)).toBe('x');
});

test('gateways are stored by name in a file of the user alone, and chosen by --context', async () => {
  const env = { XDG_CONFIG_HOME: home };
  writeContexts(env, { current: 'here', contexts: { here: { url: server.url, token: 'secret' } } });
  expect(statSync(contextsFile(env)).mode & 0o777).toBe(0o600);
  expect(readFileSync(contextsFile(env), 'utf8')).toContain('token: secret');
  expect(readContexts(env)).toEqual({ current: 'here', contexts: { here: { url: server.url, token: 'secret' } } });
  expect(contextNamed(undefined, undefined, env)).toEqual({ url: server.url, token: 'secret' });
  // an address on the command line or in the environment wins
  expect(contextNamed(undefined, 'http://other', env)).toBeUndefined();
  expect(() => contextNamed('nope', undefined, env)).toThrow('There is no context nope. Known: here.');
  let out = '';
  expect(await runCli(['--context', 'here', 'show', 'streams'], env, (t) => (out += t))).toBe(0);
  expect(JSON.parse(out)).toEqual(['demo']);
  expect(await runCli(['--context', 'constructor', 'show', 'streams'], env, () => undefined)).toBe(2);
});

test('a context over SSH reaches a gateway that listens on its own machine only', async () => {
  const fake = join(home, 'fake-ssh');
  const { port } = new URL(server.url);
  const program = `const s=require('node:net').connect(${port},'127.0.0.1');process.stdin.pipe(s);s.pipe(process.stdout);`;
  writeFileSync(fake, `#!/bin/sh\n[ "$4" = me@box ] || { echo "no route" >&2; exit 255; }\nexec "${process.execPath}" -e "${program}"\n`, {
    mode: 0o755,
  });
  vi.stubEnv('KUIPER_SSH', fake);
  try {
    let out = '';
    expect(await runCli(['--url', 'ssh://me@box', 'show', 'streams'], {}, (t) => (out += t))).toBe(0);
    expect(JSON.parse(out)).toEqual(['demo']);
    expect(await runCli(['--url', 'ssh://me@nowhere', 'show', 'streams'], {}, (t) => (out = t))).toBe(3);
    expect(await runCli(['--url', 'ssh://-oProxyCommand=x', 'show', 'streams'], {}, (t) => (out = t))).not.toBe(0);
  } finally {
    vi.unstubAllEnvs();
  }
});
