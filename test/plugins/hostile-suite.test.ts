// Hostile plugins in a plugin host under another user, as the units of systemd set it up (helpers/host-launcher.ts stands in for them): none
// succeeds against the gateway, its secrets or other rules.
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type HostLauncher, isRoot, startHostLauncher } from './helpers/host-launcher.ts';
import { ATTACKS, attackPlugin, PATCHES, TANTRUMS } from './helpers/hostile-plugins.ts';
import { gaps, type Kind, makePluginRoot, type PluginRoot, readJsonLines, TICKER, TO_FILE, until } from './helpers/plugin-root.ts';

const TOKEN = 'the-right-token';
/** Without another user (a test run that is not root's) the system protects nothing of these; docs/plugins/isolation.md says so. */
const NEEDS_ANOTHER_USER = /^(?:kill|stop|openInspector|read|listData|write|removeData|renamePlugins|linkToTokens|hardLink)/;

/** What ends a thread or its host, and must be named. */
const ENDED =
  'waitForEver hangingProxy hangingPattern loopInCall timerLoop microtaskLoop exit abort killItself stopItself buffers garbage forgedMessages hugeState'.split(
    ' ',
  );
/** Tried with restricted plugins as well. */
const IN_BOTH = 'waitForEver hangingProxy threads loopInCall timerLoop exit buffers garbage hugeState children'.split(' ');

describe.each(['contained', 'restricted'] as const)('a %s plugin', (mode) => {
  let p: PluginRoot;
  let hosts: HostLauncher;
  let pid: number;
  const rest = async (method: string, path: string, body?: unknown, token = TOKEN) => {
    const r = await fetch(p.daemon.url + path, {
      method,
      headers: { authorization: token },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: r.status, text: await r.text() };
  };
  const bystander = () => readJsonLines(join(p.root, 'bystander.jsonl')).map((r) => r.n as number);
  const describeOf = async (kind: Kind, name: string) => JSON.parse((await rest('GET', `/plugins/${kind}/${name}`)).text);
  const rule = (id: string, sql: string, actions: unknown[]) => rest('POST', '/rules', { id, sql, actions });

  beforeAll(async () => {
    hosts = await startHostLauncher();
    p = makePluginRoot(mode);
    // as on a device: what is the gateway's own is closed to other users
    chmodSync(p.root, 0o755);
    for (const folder of ['data', 'log', 'etc/mgmt', 'etc/sources']) mkdirSync(join(p.root, folder), { recursive: true });
    for (const folder of ['data', 'log', 'etc/mgmt']) chmodSync(join(p.root, folder), 0o750);
    writeFileSync(join(p.root, 'etc/mgmt/tokens'), `root admin ${createHash('sha256').update(TOKEN).digest('hex')}\n`, { mode: 0o640 });
    writeFileSync(join(p.root, 'etc/sources/other.yaml'), 'default:\n  password: secret-of-another\n', { mode: 0o640 });
    await p.start({ KUIPER__PLUGINS__SOCKET: hosts.path, KUIPER__BASIC__AUTHENTICATION: 'true', BROKER_PASSWORD: 'secret-of-the-broker' });
    pid = p.daemon.child.pid!;
    p.put('sources', 'ticker.ts', TICKER);
    p.put('sinks', 'toFile.ts', TO_FILE);
    await until(
      'ticker and sink',
      async () =>
        (await rest('GET', '/plugins/sinks')).text.includes('toFile') && (await rest('GET', '/plugins/sources')).text.includes('ticker'),
    );
    // the bystander writes into the root, which only the gateway's user may
    for (const path of ['/plugins/sources/ticker/mode', '/plugins/sinks/toFile/mode']) {
      const { status, text } = await rest('PUT', path, { mode: 'trusted' });
      expect([status, JSON.parse(text).mode]).toEqual([200, 'trusted']);
    }
    await rest('POST', '/streams', { sql: 'CREATE STREAM t () WITH (TYPE="ticker", DATASOURCE="x", FORMAT="json")' });
    await rule('bystander', 'SELECT n FROM t', [{ toFile: { file: 'bystander.jsonl' } }]);
    await until('bystander runs', () => bystander().length > 3);
  }, 60_000);
  afterAll(async () => {
    await p?.close();
    hosts?.close();
  });
  const unharmed = async () => {
    const before = bystander().length;
    await until('the bystander goes on', () => bystander().length > before + 3);
    expect(gaps(bystander())).toEqual([]);
    expect([p.daemon.child.pid, p.daemon.child.exitCode, p.daemon.child.signalCode]).toEqual([pid, null, null]);
    // 429: so many were wrong that this one was not even looked at
    expect([401, 429]).toContain((await rest('GET', '/rules', undefined, 'a-wrong-token')).status);
    expect((await rest('GET', '/rules')).status).toBe(200);
  };

  // @covers issue:13#4
  // @covers finding:security#D3
  // @covers finding:security#D4
  test('wins nothing with any of the attacks within a call', { timeout: 60_000 }, async () => {
    p.put('functions', 'attacks.mjs', attackPlugin({ gatewayPid: pid, root: p.root }));
    await until('it is there', async () => (await rest('GET', '/plugins/functions')).text.includes('attacks'));
    expect(await describeOf('functions', 'attacks')).toMatchObject({ mode, state: 'running' });
    const names = Object.keys(ATTACKS);
    const tried = isRoot ? names : names.filter((n) => !NEEDS_ANOTHER_USER.test(n));
    expect(names.length + Object.keys(PATCHES).length + Object.keys(TANTRUMS).length).toBeGreaterThanOrEqual(65);
    const { status, text } = await rule('attack', `SELECT ${tried.map((n) => `${n}(n) AS ${n}`).join(', ')} FROM t`, [
      { toFile: { file: 'attack.jsonl' } },
    ]);
    expect([status, text]).toEqual([201, 'Rule attack was created successfully.']);
    await until('it has attacked', () => readJsonLines(join(p.root, 'attack.jsonl')).length > 2, 30_000);
    const results = readJsonLines(join(p.root, 'attack.jsonl'))[0] as Record<string, string>;
    expect(Object.keys(results).sort()).toEqual([...tried].sort());
    expect(Object.entries(results).filter(([, r]) => !r.startsWith('no: '))).toEqual([]);
    const all = readFileSync(join(p.root, 'attack.jsonl'), 'utf8');
    expect(all).not.toContain('secret');
    for (const path of ['plugins/functions/evil.ts', 'etc/mgmt/evil', 'plugins2']) expect(existsSync(join(p.root, path))).toBe(false);
    expect(readFileSync(join(p.root, 'etc/kuiper.yaml'), 'utf8')).not.toContain('#evil');
    await unharmed();
    await rest('DELETE', '/rules/attack');
  });

  test('changes what it likes in its own process, and nothing in the checks of the gateway', { timeout: 60_000 }, async () => {
    p.put('functions', 'patches.mjs', attackPlugin({ gatewayPid: pid, root: p.root }, PATCHES));
    await until('it is there', async () => (await rest('GET', '/plugins/functions')).text.includes('patches'));
    for (const name of Object.keys(PATCHES)) await rule(name, `SELECT ${name}(n) AS x FROM t`, [{ nop: {} }]);
    await unharmed();
    for (const name of Object.keys(PATCHES)) await rest('DELETE', `/rules/${name}`);
    p.remove('functions', 'patches.mjs');
  });

  const names = Object.keys(TANTRUMS).filter((n) => mode === 'contained' || IN_BOTH.includes(n));
  // @covers issue:13#4
  // @covers issue:14#6
  // @covers finding:house#D1
  // @covers finding:security#D4
  test.each(names)('harms nobody else when it does this: %s', { timeout: 60_000 }, async (name) => {
    const [kind, code] = TANTRUMS[name]!;
    const symbol = name[0]!.toUpperCase() + name.slice(1);
    p.put(kind, `${name}.mjs`, code.replaceAll('Bad', symbol));
    await until('it is there', async () => (await rest('GET', `/plugins/${kind}`)).text.includes(name), 20_000);
    let answer: { status: number; text: string };
    if (kind === 'functions') answer = await rule('bad', `SELECT ${name}(n) AS b FROM t`, [{ nop: {} }]);
    else if (kind === 'sinks') answer = await rule('bad', 'SELECT n FROM t', [{ [name]: {} }]);
    else {
      await rest('POST', '/streams', { sql: `CREATE STREAM b () WITH (TYPE="${name}", DATASOURCE="x", FORMAT="json")` });
      answer = await rule('bad', 'SELECT * FROM b', [{ nop: {} }]);
    }
    if (name === 'configureForEver')
      expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('configure did not end within 5 s')]);
    if (ENDED.includes(name))
      await until(
        'it is ended and named',
        () => p.daemon.lines.some((l) => l['code'] === 'PLUGIN_STALLED' && l['plugin'] === `${kind}/${name}` && String(l['reason']) !== ''),
        25_000,
      );
    await unharmed();
    await rest('DELETE', '/rules/bad');
    await rest('DELETE', '/streams/b');
    p.remove(kind, `${name}.mjs`);
    await unharmed();
  });
});
