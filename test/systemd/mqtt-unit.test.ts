// The unit of the MQTT listener: closed, last to be ended for want of memory, and what it names exists.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { optionsOf } from '../../src/ingress/main.ts';

const repo = join(import.meta.dirname, '../..');
const file = join(repo, 'image/layers/80-broker/overlay/usr/lib/systemd/system/kuiper-mqtt.service');
const unit = readFileSync(file, 'utf8');
const setting = (text: string, name: string) => [...text.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map((m) => m[1]!);
let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'mqtt-unit-'));
  const units = join(root, 'usr/lib/systemd/system');
  mkdirSync(units, { recursive: true });
  mkdirSync(join(root, 'opt/kuiper/lib/bin'), { recursive: true });
  writeFileSync(join(root, 'opt/kuiper/lib/bin/node'), '');
  chmodSync(join(root, 'opt/kuiper/lib/bin/node'), 0o755);
  for (const name of ['sysinit.target', 'basic.target', 'network.target', 'multi-user.target', 'shutdown.target'])
    cpSync(join('/usr/lib/systemd/system', name), join(units, name));
  cpSync(file, join(units, 'kuiper-mqtt.service'));
  writeFileSync(join(units, 'kuiper-first-boot.service'), '[Service]\nExecStart=/opt/kuiper/lib/bin/node\n');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

test('systemd knows every setting of it', () => {
  const text = execFileSync('sh', ['-c', 'systemd-analyze verify --root="$1" kuiper-mqtt.service 2>&1 || true', 'sh', root], {
    encoding: 'utf8',
  });
  expect(text).toBe('');
});

test('exposure is 1.6 or less', () => {
  const text = execFileSync('sh', ['-c', 'systemd-analyze security --offline=true --root="$1" kuiper-mqtt.service || true', 'sh', root], {
    encoding: 'utf8',
  });
  expect(Number(/exposure level for kuiper-mqtt\.service: ([\d.]+)/.exec(text)?.[1])).toBeLessThanOrEqual(1.6);
});

// @covers issue:16#6
test('when memory runs out plugins go first, then the gateway, and the listener last', () => {
  const score = (text: string) => Number(setting(text, 'OOMScoreAdjust')[0] ?? 0);
  const plugins = score(readFileSync(join(repo, 'systemd/kuiper-plugins@.service'), 'utf8'));
  const gateway = score(readFileSync(join(repo, 'systemd/kuiper.service'), 'utf8'));
  expect([plugins, gateway, score(unit)]).toEqual([500, 0, -500]);
  expect(setting(unit, 'MemoryMax')).toEqual(['256M']);
});

test('its command line is what the program takes: plain on loopback, TLS for the network, users of both files', () => {
  const line = setting(unit.replaceAll('\\\n', ' '), 'ExecStart')[0]!;
  const args = line.split(/\s+/).slice(line.split(/\s+/).findIndex((a) => a.endsWith('mqtt.mjs')) + 1);
  expect(optionsOf(args)).toEqual({
    folder: '/var/lib/kuiper-mqtt',
    status: '/run/kuiper-mqtt/status.json',
    plain: { host: '127.0.0.1', port: 1883 },
    tls: { host: '::', port: 8883, certFile: '/var/lib/kuiper-device/tls-server.crt', keyFile: '/var/lib/kuiper-device/tls-mqtt.key' },
    ownerPasswordFile: '/var/lib/kuiper-device/mqtt-password',
    usersFile: '/opt/kuiper/etc/mqtt/users.json',
  });
});

test('a wrong command line is refused in words', () => {
  expect(() => optionsOf(['--plain', '127.0.0.1:1883'])).toThrow('--data FOLDER is needed');
  expect(() => optionsOf(['--data', '/x'])).toThrow('--plain or --tls');
  expect(() => optionsOf(['--data', '/x', '--tls', '[::]:8883'])).toThrow('needs --cert and --key');
  expect(() => optionsOf(['--data', '/x', '--plain', '1883'])).toThrow('expected ADDRESS:PORT');
  expect(() => optionsOf(['--data', '/x', '--plain', '[::1]:1883', '--grace-ms', 'soon'])).toThrow('expected a whole number');
  expect(optionsOf(['--data', '/x', '--plain', '[::1]:1883', '--grace-ms', '5', '--max-journal-mb', '3'])).toMatchObject({
    graceMs: 5,
    maxJournalBytes: 3_145_728,
  });
});
