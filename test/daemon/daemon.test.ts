// The real kuiperd: start, restart, stop with a dead sink, bad configuration, damaged catalog, safe mode, memory and start time.
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type FailedDaemon, type RunningDaemon, runDaemon, startDaemon } from './daemon-process.ts';

const NODE = join(import.meta.dirname, '../../node_modules/node/bin/node');
const CLI = join(import.meta.dirname, '../../src/cli/main.ts');
const run = promisify(execFile);

let root: string;
let daemon: RunningDaemon | undefined;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kuiper-daemon-'));
});
afterEach(async () => {
  if (daemon && daemon.child.exitCode === null && daemon.child.signalCode === null) await daemon.stop('SIGKILL');
  daemon = undefined;
  rmSync(root, { recursive: true, force: true });
});

const STREAM = { sql: 'CREATE STREAM demo () WITH (DATASOURCE="demo", TYPE="memory", FORMAT="JSON")' };
const rule = (id: string, more: object = {}) => ({ id, sql: 'SELECT * FROM demo', actions: [{ nop: {} }], ...more });

/** Rules run a moment after REST answers. */
async function statusOf(id: string, wanted: string): Promise<Record<string, unknown>> {
  let status: Record<string, unknown> = {};
  for (const endMs = performance.now() + 5_000; performance.now() < endMs; ) {
    status = JSON.parse((await daemon!.call('GET', `/rules/${id}/status`)).text) as Record<string, unknown>;
    if (status['status'] === wanted) break;
    await new Promise((r) => setTimeout(r, 20));
  }
  return status;
}

describe('start and stop', () => {
  test('a fresh root gets its folders and defaults, REST answers, SIGTERM ends with 0 within 2 s', async () => {
    daemon = await runDaemon(root);
    expect((await daemon.call('GET', '/ping')).status).toBe(200);
    for (const f of ['etc/kuiper.yaml', 'etc/mqtt_source.yaml', 'data', 'plugins/functions', 'log'])
      expect(existsSync(join(root, f)), f).toBe(true);
    const { code, tookMs } = await daemon.stop();
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(2_000);
  });

  test('streams, tables and rules are back after a restart, also after kill -9', async () => {
    daemon = await runDaemon(root);
    await daemon.call('POST', '/streams', STREAM);
    await daemon.call('POST', '/rules', rule('on'));
    await daemon.call('POST', '/rules', rule('off', { triggered: false }));
    await daemon.call('PUT', '/metadata/sources/mqtt/confKeys/plant', { server: 'tcp://plant' });
    await daemon.stop('SIGKILL');
    daemon = await runDaemon(root);
    await statusOf('on', 'running');
    expect(JSON.parse((await daemon.call('GET', '/rules')).text)).toMatchObject([
      { id: 'off', status: 'stopped' },
      { id: 'on', status: 'running' },
    ]);
    expect((await daemon.call('GET', '/metadata/sources/yaml/mqtt')).text).toContain('tcp://plant');
  });

  test('SIGTERM ends within 2 s although a sink never answers, and the port is free', async () => {
    const dead = await listen();
    const { port } = dead.address() as { port: number };
    daemon = await runDaemon(root);
    const extra = JSON.stringify(JSON.stringify({ data: [{ a: 1 }], interval: 5, loop: true }));
    await daemon.call('POST', '/streams', { sql: `CREATE STREAM tick () WITH (DATASOURCE="tick", TYPE="simulator", EXTRA=${extra})` });
    const actions = [{ mqtt: { server: `tcp://127.0.0.1:${port}`, topic: 'x' } }];
    await daemon.call('POST', '/rules', rule('r', { sql: 'SELECT * FROM tick', actions }));
    for (let waiting = 0; waiting < 10; ) {
      const status = await statusOf('r', 'running');
      waiting = Number(status['sink_mqtt_0_0_buffer_length'] ?? 0) + Number(status['source_tick_0_records_in_total'] ?? 0);
    }
    const restPort = Number(new URL(daemon.url).port);
    const { code, tookMs } = await daemon.stop();
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(2_000);
    // in an orderly way, not because something was cut
    expect(daemon.lines.filter((l) => ['STOP_CUT', 'STOP_LATE', 'STOP_FAILED'].includes(String(l['code'])))).toEqual([]);
    (await listen(restPort)).close();
    dead.close();
  });

  test('GET /stop answers and then stops', async () => {
    daemon = await runDaemon(root);
    const ended = new Promise((resolve) => daemon!.child.once('exit', resolve));
    expect((await daemon.call('GET', '/stop')).text).toBe('stop success');
    expect(await ended).toBe(0);
  });
});

describe('what goes wrong', () => {
  const failed = async (env: Record<string, string> = {}, args: string[] = []) => {
    const d = await startDaemon(root, env, args);
    if ('url' in d) {
      daemon = d;
      throw new Error('it started');
    }
    return d satisfies FailedDaemon;
  };

  test('a port that is taken: exit 1, and what to do', async () => {
    const other = await listen();
    const { port } = other.address() as { port: number };
    const d = await failed({ KUIPER__BASIC__RESTPORT: String(port) });
    other.close();
    expect(d.code).toBe(1);
    expect(d.stderr).toContain(
      `port ${port} on 127.0.0.1 is taken by another process; stop it, or choose another port with KUIPER__BASIC__RESTPORT`,
    );
  });

  test('a second gateway on the same root is refused; the lock of a killed one is not in the way', async () => {
    const first = await runDaemon(root);
    const d = await failed();
    expect([d.code, d.stderr]).toEqual([1, `kuiperd: ${root}/data is in use by another gateway, process ${first.child.pid}\n`]);
    await first.stop('SIGKILL');
    daemon = await runDaemon(root);
    expect((await daemon.call('GET', '/ping')).status).toBe(200);
  });

  test('a wrong setting: exit 1 with file, line and key', async () => {
    mkdirSync(join(root, 'etc'));
    writeFileSync(join(root, 'etc/kuiper.yaml'), 'basic:\n  timezone: UTC\n  authentication: maybe\n');
    const d = await failed();
    expect(d.code).toBe(1);
    expect(d.stderr).toContain(`${root}/etc/kuiper.yaml:3: basic.authentication: "maybe" is not true or false`);
  });

  test('an open address without credentials is refused', async () => {
    const d = await failed({ KUIPER__BASIC__RESTIP: '0.0.0.0' });
    expect(d.stderr).toContain('refusing to serve REST on 0.0.0.0:0 without credentials');
  });

  test('a damaged catalog is set aside and told; what was in it is there again', async () => {
    daemon = await runDaemon(root);
    await daemon.call('POST', '/streams', STREAM);
    await daemon.stop();
    writeFileSync(join(root, 'data/sqliteKV.db'), 'this is not a database, and long enough to look like one '.repeat(100));
    for (const f of ['sqliteKV.db-wal', 'sqliteKV.db-shm']) rmSync(join(root, 'data', f), { force: true });
    daemon = await runDaemon(root);
    const info = JSON.parse((await daemon.call('GET', '/')).text) as { problems?: string[] };
    expect(info.problems?.[0]).toMatch(/^sqliteKV\.db: .*kept as sqliteKV\.db\.damaged-/);
    expect(readdirSync(join(root, 'data')).some((f) => f.startsWith('sqliteKV.db.damaged-'))).toBe(true);
    expect(info.problems?.[1]).toBe('sqliteKV.db: 1 entries were restored from catalog.journal');
    expect(JSON.parse((await daemon.call('GET', '/streams')).text)).toHaveLength(1);
  });

  test('many kills in a row stop no rule', async () => {
    daemon = await runDaemon(root);
    await daemon.call('POST', '/streams', STREAM);
    await daemon.call('POST', '/rules', rule('r'));
    for (let i = 0; i < 5; i++) {
      await daemon.stop('SIGKILL');
      daemon = await runDaemon(root);
    }
    expect((await statusOf('r', 'running'))['status']).toBe('running');
  });

  test('three ends before the healthy time in a row, under systemd, lead to safe mode, which says so', async () => {
    // NOTIFY_SOCKET is what says "systemd"; nobody needs to listen there
    const supervised = { NOTIFY_SOCKET: join(root, 'none') };
    daemon = await runDaemon(root, supervised);
    await daemon.call('POST', '/streams', STREAM);
    await daemon.call('POST', '/rules', rule('r'));
    for (let i = 0; i < 3; i++) {
      await daemon.stop('SIGKILL');
      daemon = await runDaemon(root, supervised);
    }
    expect(JSON.parse((await daemon.call('GET', '/')).text)).toMatchObject({
      safeMode: expect.stringContaining('crashed 3 times in a row') as string,
    });
    expect(JSON.parse((await daemon.call('GET', '/rules')).text)).toMatchObject([{ id: 'r', status: 'stopped by error' }]);
    await daemon.stop();
    daemon = await runDaemon(root);
    expect((await statusOf('r', 'running'))['status']).toBe('running');
  });

  test('SIGHUP reads the configuration again; a wrong one leaves the old in effect', async () => {
    daemon = await runDaemon(root);
    const seen = async (sentence: string) => {
      for (let i = 0; i < 100 && !daemon!.lines.some((l) => l['msg'] === sentence); i++) await new Promise((r) => setTimeout(r, 20));
      return daemon!.lines.find((l) => l['msg'] === sentence);
    };
    writeFileSync(join(root, 'etc/kuiper.yaml'), 'basic:\n  logLevel: loud\n');
    daemon.child.kill('SIGHUP');
    expect((await seen('The new configuration is wrong; the old one stays in effect.'))?.['reason']).toContain('basic.logLevel');
    writeFileSync(join(root, 'etc/kuiper.yaml'), 'basic:\n  logLevel: info\n');
    daemon.child.kill('SIGHUP');
    expect(await seen('Configuration read again. Addresses and ports take effect at the next start.')).toBeDefined();
    expect((await daemon.call('GET', '/ping')).status).toBe(200);
  });

  test('SIGHUP takes tokens away and turns authentication on at once; two mistakes within seconds are both told', async () => {
    const hash = (token: string) => createHash('sha256').update(token).digest('hex');
    mkdirSync(join(root, 'etc/mgmt'), { recursive: true });
    const tokens = (text: string) => writeFileSync(join(root, 'etc/mgmt/tokens'), text);
    daemon = await runDaemon(root);
    const status = async (token: string) => (await fetch(`${daemon!.url}/rules`, { headers: { Authorization: token } })).status;
    const reload = async (expected: () => boolean | Promise<boolean>) => {
      daemon!.child.kill('SIGHUP');
      for (let i = 0; i < 150 && !(await expected()); i++) await new Promise((r) => setTimeout(r, 20));
      expect(await expected()).toBe(true);
    };
    expect(await status('')).toBe(200);
    tokens(`a admin ${hash('one')}\n`);
    writeFileSync(join(root, 'etc/kuiper.yaml'), 'basic:\n  authentication: true\n');
    await reload(async () => (await status('')) === 401);
    expect(await status('one')).toBe(200);
    tokens('bad\n');
    await reload(() => daemon!.lines.some((l) => String(l['reason']).includes('tokens:1')));
    writeFileSync(join(root, 'etc/mgmt/key.pem'), '-----BEGIN PUBLIC KEY-----\njunk\n');
    tokens('');
    await reload(() => daemon!.lines.some((l) => /key\.pem: cannot be read: no public key in PEM form/.test(String(l['reason']))));
    expect(await status('one')).toBe(200);
    rmSync(join(root, 'etc/mgmt/key.pem'));
    await reload(async () => (await status('one')) === 401);
    expect(daemon.lines.some((l) => l['code'] === 'REST_NOBODY')).toBe(true);
  });

  test('a reload cannot open REST: what is listened on counts, and what the next start would listen on', async () => {
    mkdirSync(join(root, 'etc/mgmt'), { recursive: true });
    writeFileSync(join(root, 'etc/mgmt/tokens'), `a admin ${createHash('sha256').update('one').digest('hex')}\n`);
    const config = (ip: string, authentication: boolean) =>
      writeFileSync(join(root, 'etc/kuiper.yaml'), `basic:\n  restIp: ${ip}\n  authentication: ${authentication}\n`);
    const refused = async (address: string) => {
      daemon!.child.kill('SIGHUP');
      for (let i = 0; i < 150; i++) {
        if (daemon!.lines.some((l) => String(l['reason']).includes(`refusing to serve REST on ${address}`))) return true;
        await new Promise((r) => setTimeout(r, 20));
      }
      return false;
    };
    config('0.0.0.0', true);
    daemon = await runDaemon(root);
    config('127.0.0.1', false);
    expect(await refused('0.0.0.0')).toBe(true);
    expect((await fetch(`${daemon.url}/rules`)).status).toBe(401);
    await daemon.stop();
    config('127.0.0.1', true);
    daemon = await runDaemon(root);
    config('0.0.0.0', false);
    expect(await refused('0.0.0.0')).toBe(true);
    expect((await fetch(`${daemon.url}/rules`)).status).toBe(401);
  });
});

describe('budget', () => {
  test('idle memory is at most 85 MB (best of five)', async () => {
    const rssMb: number[] = [];
    for (let i = 0; i < 5 && !rssMb.some((mb) => mb <= 85); i++) {
      daemon = await runDaemon(root);
      // as the kernel counts it, after the start has settled
      await new Promise((r) => setTimeout(r, 1000));
      rssMb.push(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${daemon.child.pid}/status`, 'utf8'))![1]) / 1000);
      await daemon.stop();
    }
    expect(Math.min(...rssMb), String(rssMb)).toBeLessThanOrEqual(85);
  }, 60_000);
});

describe('kuiper, the command line', () => {
  const kuiper = async (...args: string[]) => {
    const { stdout } = await run(NODE, [CLI, '--url', daemon!.url, '--ekuiper', ...args], { env: { PATH: process.env['PATH'] } });
    const [first, ...rest] = stdout.split('\n');
    expect(first).toBe(`Connecting to ${new URL(daemon!.url).host}... `);
    return rest.join('\n');
  };

  test('the life of a stream and a rule', async () => {
    daemon = await runDaemon(root);
    expect(await kuiper('create', 'stream', 'demo', '(a BIGINT) WITH (DATASOURCE="demo", TYPE="memory", FORMAT="JSON")')).toBe(
      'Stream demo is created.\n\n',
    );
    expect(await kuiper('create', 'stream', 'demo', '(a BIGINT) WITH (DATASOURCE="demo")')).toBe(
      'Stream command error: Create stream fails: Item demo already exists.\n',
    );
    expect(await kuiper('show', 'streams')).toBe('demo\n');
    expect(await kuiper('describe', 'stream', 'demo')).toContain('a\tbigint\n\nDATASOURCE: demo\nFORMAT: JSON\nTYPE: memory\n');
    expect(JSON.parse(await kuiper('describe', 'stream', 'demo', '-json'))).toEqual({
      Fields: [{ Name: 'a', Type: 'bigint' }],
      Options: { 'DATASOURCE:': 'demo', 'FORMAT:': 'JSON', 'TYPE:': 'memory' },
    });
    expect(await kuiper('create', 'rule', 'r', '{"sql":"SELECT a FROM demo","actions":[{"nop":{}}]}')).toBe(
      "Rule r was created successfully, please use 'bin/kuiper getstatus rule r' command to get rule status.\n",
    );
    await statusOf('r', 'running');
    expect(JSON.parse(await kuiper('show', 'rules'))).toMatchObject([{ id: 'r', status: 'running' }]);
    expect(JSON.parse(await kuiper('getstatus', 'rule', 'r'))).toMatchObject({ status: 'running' });
    expect(JSON.parse(await kuiper('describe', 'rule', 'r'))).toMatchObject({ id: 'r', sql: 'SELECT a FROM demo' });
    expect(await kuiper('stop', 'rule', 'r')).toBe('Rule r was stopped.\n');
    expect(await kuiper('start', 'rule', 'r')).toBe('Rule r was started\n');
    expect(await kuiper('restart', 'rule', 'r')).toBe('Rule r was restarted.\n');
    expect(await kuiper('drop', 'rule', 'r')).toBe('Rule r is dropped.\n');
    expect(await kuiper('describe', 'rule', 'r')).toBe('Desc rule error : Rule r is not found..\n');
    expect(await kuiper('getstatus', 'rule', 'r')).toBe('Rule r is not found\n');
    expect(await kuiper('show', 'rules')).toBe('No rule definitions are found.\n');
    expect(await kuiper('drop', 'stream', 'demo')).toBe('Stream demo is dropped.\n');
    expect(await kuiper('drop', 'stream', 'demo')).toBe('Stream command error: Drop stream fails: stream demo is not found.\n');
    expect(await kuiper('show', 'tables')).toBe('No table definitions are found.\n');
  }, 60_000);

  test('export and import of a ruleset through files', async () => {
    daemon = await runDaemon(root);
    await daemon.call('POST', '/streams', STREAM);
    await daemon.call('POST', '/rules', rule('r'));
    const file = join(root, 'set.json');
    expect(await kuiper('export', 'ruleset', file)).toBe('exported 1 streams, 0 tables and 1 rules\n');
    await kuiper('drop', 'rule', 'r');
    await kuiper('drop', 'stream', 'demo');
    expect(await kuiper('import', 'ruleset', '-f', file)).toBe('imported 1 streams, 0 tables and 1 rules\n');
    expect((await daemon.call('GET', '/rules/r')).status).toBe(200);
  }, 30_000);

  test('query: results of a SELECT typed at the prompt, and errors that leave the prompt', async () => {
    daemon = await runDaemon(root);
    const extra = JSON.stringify(JSON.stringify({ data: [{ a: 1 }], interval: 20, loop: true }));
    await daemon.call('POST', '/streams', { sql: `CREATE STREAM tick () WITH (DATASOURCE="t", TYPE="simulator", EXTRA=${extra})` });
    const cli = spawn(NODE, [CLI, '--url', daemon.url, 'query'], { env: { PATH: process.env['PATH'] } });
    let out = '';
    cli.stdout.on('data', (d: Buffer) => {
      out += d.toString();
    });
    const seen = async (text: string) => {
      for (const endMs = performance.now() + 5_000; !out.includes(text); await new Promise((r) => setTimeout(r, 20)))
        if (performance.now() > endMs) throw new Error(`${text} did not come: ${out}`);
    };
    await seen('kuiper > ');
    cli.stdin.write('SELECT a FORM tick\n');
    await seen('hint: did you mean FROM?');
    cli.stdin.write('SELECT a * 2 AS b FROM tick\n');
    await seen('Query was submit successfully.');
    await seen('{"b":2}\n{"b":2}');
    const ended = new Promise((resolve) => cli.once('exit', resolve));
    cli.stdin.write('quit\n');
    expect(await ended).toBe(0);
    expect((await daemon.call('GET', '/rules')).text).toBe('[]');
  }, 30_000);

  test('nobody there, a wrong command: on standard error with a code, or as eKuiper', async () => {
    const cli = async (...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
      run(NODE, [CLI, ...args], { env: { PATH: process.env['PATH'] } }).then(
        (r) => ({ code: 0, ...r }),
        (e: { code: number; stdout: string; stderr: string }) => e,
      );
    const away = await cli('--url', 'http://127.0.0.1:9', 'show', 'streams');
    expect(away).toMatchObject({ code: 3, stdout: '' });
    expect(away.stderr).toContain('Failed to connect the server, please start the server.');
    expect(await cli('shwo', 'streams')).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('Unknown command "shwo streams"; did you mean "show streams"?'),
    });
    expect(await cli('--ekuiper', 'shwo', 'streams')).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringContaining('Unknown command'),
    });
    expect(await cli('--ekuiper-exit-codes', 'shwo', 'streams')).toMatchObject({ code: 0, stdout: '' });
    expect(await cli('--ekuiper', '--strict', 'shwo', 'streams')).toMatchObject({ code: 2 });
  }, 30_000);
});

async function listen(port = 0): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return server;
}
