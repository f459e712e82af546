// What the first boot makes, run here with stubs for what only the device has: the certificate with its authority, the order of the units, who
// may do what without root, and the command line that finds the device by itself.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const repo = join(import.meta.dirname, '../..');
const layers = join(repo, 'image/layers');
let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'first-boot-'));
  for (const folder of ['bin', 'etc', 'var/lib/kuiper-device']) mkdirSync(join(root, folder), { recursive: true });
  stub('chown', '');
  stub('systemctl', '[ "$1" != is-active ]'); // no service runs
  addresses('10.0.0.5/24');
  writeFileSync(join(root, 'etc/hostname'), 'kuiper-hall3\n');
  writeFileSync(join(root, 'etc/machine-id'), '0123456789abcdef0123456789abcdef\n');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function stub(name: string, body: string): void {
  writeFileSync(join(root, 'bin', name), `#!/bin/sh\n${body}\n`);
  chmodSync(join(root, 'bin', name), 0o755);
}
const addresses = (...all: string[]) =>
  stub('ip', all.map((a, i) => `echo '${i + 2}: eth${i}    ${a.includes(':') ? 'inet6' : 'inet'} ${a} scope global eth${i}'`).join('\n'));
const device = (name: string) => join(root, 'var/lib/kuiper-device', name);
const openssl = (...args: string[]) => execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const certify = () =>
  execFileSync('sh', [join(layers, '95-provision/overlay/usr/lib/kuiper/certificate')], {
    encoding: 'utf8',
    env: { PATH: `${join(root, 'bin')}:${process.env['PATH']}`, KUIPER_ROOT: root },
  });
/** As a client that was given tls.crt checks it. */
const verifies = (ca: string, kind: '-verify_ip' | '-verify_hostname', value: string): boolean => {
  try {
    openssl('verify', '-CAfile', ca, kind, value, device('tls-server.crt'));
    return true;
  } catch {
    return false; // not for this name, or not signed by it
  }
};
const publicKey = () => openssl('x509', '-in', device('tls-server.crt'), '-noout', '-pubkey');

// @covers issue:16#3 finding:appliance#3.8
describe('the certificate of a device', () => {
  test('is for its name and its addresses, signed by an authority that clients are given', () => {
    addresses('10.0.0.5/24', 'fd00::5/64');
    certify();
    const ca = device('tls.crt');
    expect(verifies(ca, '-verify_ip', '10.0.0.5')).toBe(true);
    expect(verifies(ca, '-verify_ip', 'fd00::5')).toBe(true);
    expect(verifies(ca, '-verify_ip', '127.0.0.1')).toBe(true);
    expect(verifies(ca, '-verify_hostname', 'kuiper-hall3.local')).toBe(true);
    expect(verifies(ca, '-verify_hostname', 'localhost')).toBe(true);
    expect(verifies(ca, '-verify_ip', '10.0.0.6')).toBe(false);
    expect(statSync(device('ca.key')).mode & 0o777).toBe(0o600);
    expect(statSync(device('tls-gateway.key')).mode & 0o777).toBe(0o640);
    expect(readFileSync(device('tls-gateway.key'), 'utf8')).toBe(readFileSync(device('tls-mqtt.key'), 'utf8'));
    expect(readFileSync(device('tls-gateway.key'), 'utf8')).not.toBe(readFileSync(device('ca.key'), 'utf8'));
  });

  test('is made again with the same key when address or name change, and who trusts the old tls.crt goes on', () => {
    certify();
    const given = join(root, 'given.crt');
    writeFileSync(given, readFileSync(device('tls.crt')));
    const key = publicKey();
    addresses('192.168.7.9/24');
    writeFileSync(join(root, 'etc/hostname'), 'press\n');
    expect(certify()).toContain('IP:192.168.7.9');
    expect(publicKey()).toBe(key);
    expect(verifies(given, '-verify_ip', '192.168.7.9')).toBe(true);
    expect(verifies(given, '-verify_hostname', 'press.local')).toBe(true);
    expect(verifies(given, '-verify_ip', '10.0.0.5')).toBe(false);
  });

  test('is left alone when nothing changed', () => {
    certify();
    const before = readFileSync(device('tls-server.crt'), 'utf8');
    expect(certify()).toBe('');
    expect(readFileSync(device('tls-server.crt'), 'utf8')).toBe(before);
  });

  test('of 0.1.0 stays what clients trust: it becomes the authority', () => {
    openssl(
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '7300'],
      ...[
        '-subj',
        '/CN=kuiper-hall3.local',
        '-addext',
        'subjectAltName=DNS:kuiper-hall3.local',
        '-keyout',
        device('tls-gateway.key'),
        '-out',
        device('tls.crt'),
      ],
    );
    const old = readFileSync(device('tls.crt'), 'utf8');
    certify();
    expect(readFileSync(device('tls.crt'), 'utf8')).toBe(old);
    expect(verifies(device('tls.crt'), '-verify_ip', '10.0.0.5')).toBe(true);
  });

  test('a cut between two files is mended by the next run', () => {
    certify();
    rmSync(device('tls-server.crt'));
    rmSync(device('tls-mqtt.key'));
    certify();
    expect(verifies(device('tls.crt'), '-verify_ip', '10.0.0.5')).toBe(true);
    expect(readFileSync(device('tls-mqtt.key'), 'utf8')).toContain('PRIVATE KEY');
  });
});

// @covers finding:appliance#3.1
test('gateway.yaml is applied before the firewall, the network and SSH: what it opens is open on the first boot, what it closes is closed', () => {
  const unit = readFileSync(join(layers, '95-provision/overlay/usr/lib/systemd/system/kuiper-provision.service'), 'utf8');
  const before = /^Before=(.*)$/m.exec(unit)![1]!.split(' ');
  expect(before).toEqual(
    expect.arrayContaining([
      'nftables.service',
      'network-pre.target',
      'systemd-networkd.service',
      'iwd.service',
      'ssh.service',
      'kuiper-first-boot.service',
    ]),
  );
  expect(unit).not.toContain('ConditionPathExists');
});

// @covers issue:16#6
test('a boot partition that is missing or late costs no SSH: what makes the host key and applies the settings wants it and does not require it', () => {
  for (const name of ['kuiper-provision', 'kuiper-first-boot']) {
    const unit = readFileSync(join(layers, `95-provision/overlay/usr/lib/systemd/system/${name}.service`), 'utf8');
    expect(unit).toMatch(/^WantsMountsFor=.*\/boot\/firmware/m);
    expect(unit).not.toMatch(/^Requires.*(boot|opt)/m);
  }
  const fstab = readFileSync(join(layers, '40-storage/overlay/etc/fstab'), 'utf8');
  for (const line of fstab.split('\n').filter((l) => l !== '' && !l.startsWith('#'))) expect(line).toMatch(/[ ,]\S*nofail/);
});

// @covers finding:appliance#3.7
describe('kuiper on the device', () => {
  const run = (args: string[], env: Record<string, string> = {}) => {
    const script = readFileSync(join(repo, 'systemd/deb/kuiper'), 'utf8').replace('/opt/kuiper/lib/bin/node', join(root, 'bin/node'));
    stub('node', 'echo "url=$KUIPER_URL token=$KUIPER_TOKEN ca=$NODE_EXTRA_CA_CERTS"');
    writeFileSync(join(root, 'kuiper'), script);
    return execFileSync('sh', [join(root, 'kuiper'), ...args], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH']!, KUIPER_DEVICE: join(root, 'var/lib/kuiper-device'), ...env },
    }).trim();
  };

  test('finds address, token and certificate by itself when REST is open for others', () => {
    expect(run(['show', 'rules'])).toBe('url= token= ca=');
    writeFileSync(device('rest-token'), 'secret-token\n');
    writeFileSync(device('tls.crt'), 'x');
    expect(run(['show', 'rules'])).toBe(`url=https://localhost:9081 token=secret-token ca=${device('tls.crt')}`);
  });

  test('does not give the token of the device to another address', () => {
    writeFileSync(device('rest-token'), 'secret-token\n');
    writeFileSync(device('tls.crt'), 'x');
    expect(run(['--url', 'https://elsewhere:9081', 'show', 'rules'])).toBe('url= token= ca=');
    expect(run(['show', 'rules'], { KUIPER_URL: 'https://elsewhere:9081' })).toBe('url=https://elsewhere:9081 token= ca=');
  });
});

// @covers finding:appliance#3.5
describe('without root', () => {
  type Rule = (
    action: { id: string; lookup(name: string): string | undefined },
    subject: { isInGroup(name: string): boolean },
  ) => string | undefined;
  const rules: Rule[] = [];
  runInNewContext(readFileSync(join(repo, 'systemd/50-kuiper.rules'), 'utf8'), {
    polkit: { addRule: (rule: Rule) => rules.push(rule), Result: { YES: 'yes' } },
  });
  const may = (id: string, details: Record<string, string>, group = 'kuiper') =>
    rules.map((rule) => rule({ id, lookup: (name) => details[name] }, { isInGroup: (name) => name === group }))[0];
  const UNITS = 'org.freedesktop.systemd1.manage-units';

  test('the owner restarts the gateway and the device, switches it off, and resets it', () => {
    for (const verb of ['start', 'stop', 'restart', 'reload']) expect(may(UNITS, { unit: 'kuiper.service', verb })).toBe('yes');
    expect(may(UNITS, { unit: 'kuiper-reset.service', verb: 'start' })).toBe('yes');
    expect(may(UNITS, { unit: 'reboot.target', verb: 'start' })).toBe('yes');
    expect(may('org.freedesktop.login1.reboot', {})).toBe('yes');
    expect(may('org.freedesktop.login1.power-off', {})).toBe('yes');
  });

  test.each([
    [UNITS, { unit: 'kuiper-mqtt.service', verb: 'stop' }],
    [UNITS, { unit: 'ssh.service', verb: 'stop' }],
    [UNITS, { unit: 'kuiper-reset.service', verb: 'restart' }],
    [UNITS, { unit: 'kuiper.service', verb: 'set-property' }],
    [UNITS, { unit: 'rescue.target', verb: 'start' }],
    [UNITS, { unit: 'constructor', verb: 'start' }],
    ['org.freedesktop.systemd1.manage-unit-files', { unit: 'kuiper.service', verb: 'start' }],
    ['org.freedesktop.login1.set-reboot-to-firmware-setup', {}],
    ['org.freedesktop.policykit.exec', {}],
  ])('%s %j stays closed', (id, details) => {
    expect(may(id, details as Record<string, string>)).toBeUndefined();
  });

  test('nobody else may any of it', () => {
    expect(may(UNITS, { unit: 'kuiper.service', verb: 'stop' }, 'users')).toBeUndefined();
    expect(may('org.freedesktop.login1.reboot', {}, 'users')).toBeUndefined();
  });

  test('results of file sinks, logs and the kept log belong to the group of the owner, the rest of the data does not', () => {
    const text = readFileSync(join(layers, '90-gateway/overlay/usr/lib/tmpfiles.d/kuiper-device.conf'), 'utf8');
    expect(text).toContain('d /opt/kuiper/data/results 2750 kuiper-gw kuiper -');
    expect(text).toContain('z /opt/kuiper/log 2750 kuiper-gw kuiper -');
    expect(text).toContain('z /opt/kuiper/data 0751 kuiper-gw kuiper-gw -');
  });
});
