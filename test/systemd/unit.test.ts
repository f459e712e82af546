// The service file against systemd's own judgement, and against what the rest of the tree says.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const repo = fileURLToPath(new URL('../..', import.meta.url));
const unitFile = join(repo, 'systemd/kuiper.service');
const unit = readFileSync(unitFile, 'utf8');
const setting = (name: string) => [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map((m) => m[1]!);

/** Stands for what is on the device: the unit with the programs it names, so that `verify` sees a whole system. */
let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'unit-'));
  const units = join(root, 'usr/lib/systemd/system');
  mkdirSync(units, { recursive: true });
  for (const program of ['opt/kuiper/lib/bin/node', 'bin/sh']) {
    mkdirSync(join(root, program, '..'), { recursive: true });
    writeFileSync(join(root, program), '');
    chmodSync(join(root, program), 0o755);
  }
  for (const name of ['sysinit.target', 'basic.target', 'network.target', 'multi-user.target', 'shutdown.target']) {
    cpSync(join('/usr/lib/systemd/system', name), join(units, name));
  }
  cpSync(unitFile, join(units, 'kuiper.service'));
  for (const name of ['sockets.target']) cpSync(join('/usr/lib/systemd/system', name), join(units, name));
  for (const name of ['kuiper-plugins.socket', 'kuiper-plugins@.service', 'kuiper-installer.socket', 'kuiper-installer@.service'])
    cpSync(join(repo, 'systemd', name), join(units, name));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** systemd-analyze needs no running systemd; Debian's package `systemd` brings it. */
function analyze(...args: string[]): string {
  try {
    return execFileSync('systemd-analyze', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: string; stdout?: string; stderr?: string };
    if (code === 'ENOENT') throw new Error('systemd-analyze is missing: apt-get install systemd');
    return `${stdout ?? ''}${stderr ?? ''}`;
  }
}

describe('kuiper.service', () => {
  test('exposure is 1.6 or less', () => {
    const text = analyze('security', '--offline=true', `--root=${root}`, 'kuiper.service');
    const score = /exposure level for kuiper\.service: ([\d.]+)/.exec(text)?.[1];
    expect(Number(score)).toBeLessThanOrEqual(1.6);
  });

  test('systemd-analyze verify prints nothing', () => {
    const text = execFileSync('sh', ['-c', `systemd-analyze verify --root="$1" kuiper.service 2>&1 || true`, 'sh', root], {
      encoding: 'utf8',
    });
    expect(text).toBe('');
  });

  test('a wrong setting would be seen by that check', () => {
    const broken = join(root, 'usr/lib/systemd/system/broken.service');
    writeFileSync(broken, unit.replace('WatchdogSec=', 'WatchdogSecs='));
    const text = execFileSync('sh', ['-c', `systemd-analyze verify --root="$1" broken.service 2>&1 || true`, 'sh', root], {
      encoding: 'utf8',
    });
    expect(text).toContain('WatchdogSecs');
  });

  test('notifies through a child, is watched, always restarts, never gives up', () => {
    expect(setting('Type')).toEqual(['notify']);
    expect(setting('NotifyAccess')).toEqual(['all']);
    expect(setting('Restart')).toEqual(['always']);
    expect(setting('StartLimitIntervalSec')).toEqual(['0']);
    const watchdogS = Number(/^(\d+)s$/.exec(setting('WatchdogSec')[0]!)![1]);
    expect(watchdogS).toBeLessThanOrEqual(20); // a frozen loop must be restarted within 30 s
  });

  test('runs without any right, as a user of its own', () => {
    expect(setting('CapabilityBoundingSet')).toEqual(['']);
    expect(setting('AmbientCapabilities')).toEqual(['']);
    expect(setting('NoNewPrivileges')).toEqual(['yes']);
    expect(setting('User')).toEqual(['kuiper-gw']);
  });

  test('may open serial lines and no other device', () => {
    expect(setting('DevicePolicy')).toEqual(['closed']);
    expect(setting('DeviceAllow').map((line) => line.split(' ')[0])).toEqual(
      expect.arrayContaining(['char-ttyUSB', 'char-ttyACM', 'char-ttyAMA', 'char-ttyS']),
    );
    for (const line of setting('DeviceAllow')) expect(line).toMatch(/^char-tty[A-Za-z]+ rw$/);
  });

  // @covers issue:15#4
  test('leaves input lines and buses of the board to plugin hosts, whose group the rules of udev name', () => {
    const host = readFileSync(join(repo, 'systemd/kuiper-plugins@.service'), 'utf8');
    for (const device of ['char-gpiochip', 'char-i2c']) expect(host).toContain(`\nDeviceAllow=${device} rw\n`);
    const group = /^SupplementaryGroups=(\w+)$/m.exec(host)![1];
    const rules = readFileSync(join(repo, 'systemd/60-kuiper.rules'), 'utf8')
      .split('\n')
      .filter((l) => l && !l.startsWith('#'));
    expect(rules).toEqual([
      `SUBSYSTEM=="gpio", KERNEL=="gpiochip[0-9]*", GROUP="${group}", MODE="0660"`,
      `SUBSYSTEM=="i2c-dev", KERNEL=="i2c-[0-9]*", GROUP="${group}", MODE="0660"`,
    ]);
    expect(readFileSync(join(repo, 'image/build-deb.sh'), 'utf8')).toContain('usr/lib/udev/rules.d/60-kuiper.rules');
  });

  test('writes where the folder rules let it, and nowhere else', () => {
    const folders = readFileSync(join(repo, 'systemd/kuiper.tmpfiles'), 'utf8');
    for (const path of setting('ReadWritePaths')[0]!.split(' ')) expect(folders).toMatch(new RegExp(`^d ${path}\\s`, 'm'));
    expect(setting('ProtectSystem')).toEqual(['strict']);
  });

  test('starts the program that the package installs', () => {
    expect(setting('ExecStart')[0]).toBe(
      '/opt/kuiper/lib/bin/node --disable-warning=ExperimentalWarning /opt/kuiper/lib/dist/daemon.mjs --root /opt/kuiper',
    );
  });
});

describe('plugin hosts', () => {
  const host = readFileSync(join(repo, 'systemd/kuiper-plugins@.service'), 'utf8');
  const socket = readFileSync(join(repo, 'systemd/kuiper-plugins.socket'), 'utf8');
  const of = (text: string, name: string) => [...text.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map((m) => m[1]!);

  // @covers issue:13#4
  test('are less exposed than the gateway', () => {
    const text = analyze('security', '--offline=true', `--root=${root}`, 'kuiper-plugins@.service');
    const score = /exposure level for kuiper-plugins@\S+: ([\d.]+)/.exec(text)?.[1];
    expect(Number(score)).toBeLessThanOrEqual(1.4);
  });

  test('systemd-analyze verify finds nothing but what older versions of systemd do not know', () => {
    const text = execFileSync('sh', ['-c', `systemd-analyze verify --root="$1" kuiper-plugins.socket 2>&1 || true`, 'sh', root], {
      encoding: 'utf8',
    });
    const lines = text.split('\n').filter((l) => l !== '' && !l.includes("Unknown key 'PrivatePIDs'"));
    expect(lines).toEqual([]);
  });

  test('run as a user that is in no group of ours, and can neither write nor see what is the gateway’s', () => {
    expect([of(host, 'User'), of(host, 'Group'), of(host, 'SupplementaryGroups')]).toEqual([
      ['kuiper-plugin'],
      ['kuiper-plugin'],
      ['dialout'],
    ]);
    expect(of(host, 'ProtectSystem')).toEqual(['strict']);
    expect(of(host, 'ReadWritePaths')).toEqual([]);
    for (const path of ['data', 'log', 'etc/mgmt', 'etc/plugin-keys'])
      expect(of(host, 'InaccessiblePaths')[0]).toContain(`-/opt/kuiper/${path}`);
    expect([of(host, 'ProtectProc'), of(host, 'PrivatePIDs'), of(host, 'NoNewPrivileges'), of(host, 'CapabilityBoundingSet')]).toEqual([
      ['invisible'],
      ['yes'],
      ['yes'],
      [''],
    ]);
    expect(of(host, 'SystemCallFilter').join(' ')).toContain('@debug');
    expect([of(host, 'MemoryMax'), of(host, 'MemorySwapMax'), of(host, 'TasksMax'), of(host, 'KillMode')]).toEqual([
      ['320M'],
      ['0'],
      ['96'],
      ['control-group'],
    ]);
    expect([of(host, 'EnvironmentFile'), of(host, 'StandardInput')]).toEqual([[], ['socket']]);
    expect(of(host, 'ExecStart')[0]).toMatch(/ \/opt\/kuiper\/lib\/dist\/worker\/pen-start\.js$/);
  });

  test('are started for the gateway alone, and the gateway starts none itself', () => {
    expect([of(socket, 'SocketUser'), of(socket, 'SocketMode'), of(socket, 'Accept')]).toEqual([['kuiper-gw'], ['0600'], ['yes']]);
    expect(unit).toContain(`Environment=KUIPER__PLUGINS__SOCKET=${of(socket, 'ListenStream')[0]}\n`);
    expect(setting('Wants')).toEqual(['kuiper-plugins.socket kuiper-installer.socket']);
  });
});

describe('the installer', () => {
  const text = readFileSync(join(repo, 'systemd/kuiper-installer@.service'), 'utf8');
  const of = (name: string) => [...text.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map((m) => m[1]!);

  // @covers issue:13#1
  test('writes plugins/ and nothing else, without network; the gateway does not write there', () => {
    expect([of('ReadWritePaths'), of('User'), of('PrivateNetwork'), of('ProtectSystem')]).toEqual([
      ['/opt/kuiper/plugins'],
      ['kuiper-install'],
      ['yes'],
      ['strict'],
    ]);
    expect(setting('ReadWritePaths')[0]!.split(' ')).not.toContain('/opt/kuiper/plugins');
    const folders = readFileSync(join(repo, 'systemd/kuiper.tmpfiles'), 'utf8');
    for (const folder of ['', '/sources', '/sinks', '/functions'])
      expect(folders).toMatch(new RegExp(`^d /opt/kuiper/plugins${folder}\\s+2775 kuiper-install kuiper `, 'm'));
    const score = /exposure level for kuiper-installer@\S+: ([\d.]+)/.exec(
      analyze('security', '--offline=true', `--root=${root}`, 'kuiper-installer@.service'),
    )?.[1];
    expect(Number(score)).toBeLessThanOrEqual(1.2);
  });
});

describe('polkit rule', () => {
  const source = readFileSync(join(repo, 'systemd/50-kuiper.rules'), 'utf8');
  const ask = (id: string, details: Record<string, string>, groups: string[]): unknown => {
    let rule: ((action: unknown, subject: unknown) => unknown) | undefined;
    const polkit = { Result: { YES: 'yes' }, addRule: (fn: typeof rule) => void (rule = fn) };
    new Function('polkit', source)(polkit);
    return rule!({ id, lookup: (key: string) => details[key] }, { isInGroup: (name: string) => groups.includes(name) });
  };
  const id = 'org.freedesktop.systemd1.manage-units';

  test.each(['start', 'stop', 'restart', 'reload'])('lets group kuiper %s the service', (verb) => {
    expect(ask(id, { unit: 'kuiper.service', verb }, ['kuiper'])).toBe('yes');
  });

  test.each(['kuiper-reset.service', 'kuiper-rest-open.service', 'kuiper-rest-close.service', 'reboot.target', 'poweroff.target'])(
    'lets group kuiper start %s',
    (unit) => {
      expect(ask(id, { unit, verb: 'start' }, ['kuiper'])).toBe('yes');
    },
  );

  test.each([
    ['another unit', id, { unit: 'ssh.service', verb: 'stop' }, ['kuiper']],
    ['another verb of a unit that may be started', id, { unit: 'kuiper-rest-open.service', verb: 'stop' }, ['kuiper']],
    ['another verb', id, { unit: 'kuiper.service', verb: 'set-property' }, ['kuiper']],
    ['another group', id, { unit: 'kuiper.service', verb: 'restart' }, ['users']],
    ['another action', 'org.freedesktop.systemd1.manage-unit-files', { unit: 'kuiper.service', verb: 'restart' }, ['kuiper']],
  ])('says nothing to %s', (_name, action, details, groups) => {
    expect(ask(action, details as unknown as Record<string, string>, groups)).toBeUndefined();
  });
});
