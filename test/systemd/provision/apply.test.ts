// main.ts on a scratch device: files written, secrets gone, report in words, nothing done twice, power cuts harmless.
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Send } from '../../../image/provision/content.ts';
import { applyContent, applySettings, type Places } from '../../../image/provision/main.ts';
import { iwdName } from '../../../image/provision/render-network.ts';

let dir = '';
let owned: Record<string, string> = {};
let places: Places;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'provision-'));
  owned = {};
  places = {
    boot: join(dir, 'boot'),
    root: join(dir, 'device'),
    own: async (path, owner, group) =>
      void (owned[path.replace(join(dir, 'device'), '').replace(/\/\.([^/]*)\.new$/, '/$1')] = `${owner}:${group}`),
  };
  await mkdir(places.boot);
  await mkdir(join(places.root, '/usr/share/zoneinfo/Europe'), { recursive: true });
  await mkdir(join(places.root, '/etc'), { recursive: true });
  await writeFile(join(places.root, '/usr/share/zoneinfo/Europe/Berlin'), '');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const give = (text: string) => writeFile(join(places.boot, 'gateway.yaml'), text);
const device = (path: string) => readFile(join(places.root, path), 'utf8');
const report = () => readFile(join(places.boot, 'gateway-report.txt'), 'utf8');

test('without a file nothing happens', async () => {
  expect(await applySettings(places)).toBeUndefined();
  expect(await readdir(places.boot)).toEqual([]);
});

test('writes the device files with owners, and takes the secrets out of the partition', async () => {
  await give(
    '# mine\nhostname: hall3\nmqtt:\n  password: open-Sesame-42 # ours\nnetwork:\n  wifi:\n    country: DE\n    networks:\n      - {ssid: plant, password: secret phrase}\n',
  );
  await applySettings(places);
  expect(await device('/etc/hostname')).toBe('hall3\n');
  expect(await device('/var/lib/kuiper-device/mqtt-password')).toBe('open-Sesame-42\n');
  expect(owned['/var/lib/kuiper-device/mqtt-password']).toBe('root:kuiper');
  expect((await stat(join(places.root, '/var/lib/iwd/plant.psk'))).mode & 0o777).toBe(0o600);
  expect(await device('/var/lib/iwd/plant.psk')).toContain('Passphrase=secret phrase');
  const left = await readFile(join(places.boot, 'gateway.yaml'), 'utf8');
  expect(left).not.toContain('Sesame');
  expect(left).not.toContain('secret phrase');
  expect(left).toContain('# mine');
  expect(left).toContain('hostname: hall3');
  expect(await report()).toMatch(/No problems[\s\S]*$/);
  expect(await report()).toContain('Passwords were taken out');
});

test('the file without its secrets is not applied again, a changed one is, and keeps them', async () => {
  await give('mqtt: {password: open-Sesame-42}\n');
  await applySettings(places);
  expect(await applySettings(places)).toBeUndefined();
  await give(`${await readFile(join(places.boot, 'gateway.yaml'), 'utf8')}hostname: other\n`);
  expect(await applySettings(places)).toContain('hostname');
  expect(await device('/var/lib/kuiper-device/mqtt-password')).toBe('open-Sesame-42\n');
});

test('problems are written back in words with line numbers', async () => {
  await give('hostname: A_B\nntp: [time.local]\n');
  await applySettings(places);
  expect(await report()).toContain('- line 1, hostname: letters a-z');
  expect(await report()).toContain('Applied: ntp.');
  await expect(device('/etc/hostname')).rejects.toThrow('ENOENT');
});

test('a new MQTT password makes the environment of the gateway anew', async () => {
  await mkdir(join(places.root, '/etc/kuiper'), { recursive: true });
  await writeFile(join(places.root, '/etc/kuiper/device.env'), 'old');
  await give('mqtt: {password: open-Sesame-42}\n');
  await applySettings(places);
  expect(await readdir(join(places.root, '/etc/kuiper'))).toEqual([]);
});

test('remote REST: token only as hash for the gateway, opened in the firewall, and closed again', async () => {
  await give('rest: {remote: true}\n');
  await applySettings(places);
  const token = (await device('/var/lib/kuiper-device/rest-token')).trim();
  expect(token.length).toBeGreaterThanOrEqual(32);
  expect(await device('/opt/kuiper/etc/mgmt/tokens')).toMatch(/^device admin [0-9a-f]{64}\n$/);
  expect(await device('/opt/kuiper/etc/mgmt/tokens')).not.toContain(token);
  expect(await device('/etc/nftables.d/rest.nft')).toContain('9081');
  await give('rest: {remote: false}\n');
  await applySettings(places);
  await expect(device('/etc/nftables.d/rest.nft')).rejects.toThrow('ENOENT');
  await expect(device('/etc/kuiper/rest.env')).rejects.toThrow('ENOENT');
});

test('plugins are copied for the login user', async () => {
  await mkdir(join(places.boot, 'plugins/functions'), { recursive: true });
  await writeFile(join(places.boot, 'plugins/functions/countWords.ts'), 'export class CountWords {}');
  await give('plugins: [functions/countWords.ts]\n');
  await applySettings(places);
  expect(await device('/opt/kuiper/plugins/functions/countWords.ts')).toBe('export class CountWords {}');
  expect(owned['/opt/kuiper/plugins/functions/countWords.ts']).toBe('kuiper:kuiper');
});

test('streams and rules wait for the gateway, go in once, and the report tells each', async () => {
  await give(
    'streams: ["CREATE STREAM s () WITH (DATASOURCE=\\"t\\")", "CREATE TABLE t2 () WITH (DATASOURCE=\\"t\\")"]\nrules: [{id: r1}, {id: r2}]\n',
  );
  await applySettings(places);
  const calls: string[] = [];
  const send: Send = async (method, path, body) => {
    calls.push(`${method} ${path}`);
    if (path === '/tables') return { status: 400, text: '{"error":1000,"message":"table t2 already exists"}' };
    if ((body as { id?: string }).id === 'r2') return { status: 400, text: '{"error":2001,"message":"parse error\\nhint"}' };
    return { status: 201, text: 'ok' };
  };
  await applyContent(places, send);
  expect(calls).toEqual(['POST /streams', 'POST /tables', 'POST /rules', 'POST /rules']);
  expect((await report()).split('\r\n').slice(-5)).toEqual([
    'Created stream s.',
    'Kept stream t2, which was there.',
    'Created rule r1.',
    'Problem with rule r2: parse error hint',
    '',
  ]);
  expect(await applyContent(places, send)).toBeUndefined();
});

test('when the gateway does not answer, the content stays for the next start', async () => {
  await give('rules: [{id: r1}]\n');
  await applySettings(places);
  await expect(applyContent(places, async () => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
  expect(await readdir(join(places.root, '/var/lib/kuiper-device'))).toContain('content.json');
});

test('no half-written file is left', async () => {
  await give('hostname: hall3\ntimezone: Europe/Berlin\nntp: [a]\n');
  await applySettings(places);
  const all = await readdir(places.root, { recursive: true });
  expect(all.filter((name) => name.endsWith('.new'))).toEqual([]);
});

test('names of Wi-Fi networks as iwd wants them', () => {
  expect(iwdName('plant 3')).toBe('plant 3');
  expect(iwdName('Köln')).toBe('=4bc3b66c6e');
  expect(iwdName('../x')).toBe('=2e2e2f78');
});

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGx3cW9pZXJ1dHlhbHNrZGpmaGdtem54YmN2dGVzdGtl me@x';

// A .zip went through utf8 and came out damaged.
test('a plugin as zip is copied byte by byte', async () => {
  const zip = Buffer.from('504b0304fffe8081c328a0a1', 'hex');
  await mkdir(join(places.boot, 'plugins/functions'), { recursive: true });
  await writeFile(join(places.boot, 'plugins/functions/x.zip'), zip);
  await give('plugins: [functions/x.zip]\n');
  await applySettings(places);
  expect((await readFile(join(places.root, '/opt/kuiper/plugins/functions/x.zip'))).toString('hex')).toBe(zip.toString('hex'));
});

// @covers finding:appliance#3.3 finding:appliance#3.4
test('a file that is no YAML: keys and network are applied, the secret is gone from the partition and not in the report', async () => {
  await give(`ssh:\n  keys:\n    - ${KEY}\nnetwork:\n  wired: {address: 10.0.0.5/24}\nmqtt:\n  password: *secret-99\nhostname: "box\n`);
  await applySettings(places);
  expect(await device('/etc/ssh/authorized_keys.d/kuiper')).toBe(`${KEY}\n`);
  expect(await device('/etc/systemd/network/10-gateway-wired.network')).toContain('Address=10.0.0.5/24');
  expect(await readFile(join(places.boot, 'gateway.yaml'), 'utf8')).not.toContain('secret-99');
  const text = await report();
  expect(text).toContain('Applied: ssh, network.wired, mqtt.password.');
  expect(text).toContain('- line 9, hostname: a quote');
  expect(text).not.toContain('secret-99');
  expect(await device('/var/lib/kuiper-device/gateway-report.txt')).toBe(text);
});

test('a part that cannot be written does not take the others, and is told', async () => {
  const own = places.own;
  places.own = async (path, owner, group) => {
    if (path.includes('modprobe.d')) throw new Error('no space left');
    return own(path, owner, group);
  };
  await give(`ssh: {keys: ["${KEY}"]}\nnetwork: {wifi: {country: DE, networks: [{ssid: a}]}}\nntp: [x]\n`);
  await applySettings(places);
  expect(await device('/etc/ssh/authorized_keys.d/kuiper')).toBe(`${KEY}\n`);
  expect(await report()).toContain('Applied: ssh, ntp.');
  expect(await report()).toContain('- wifi: could not be written: no space left');
});

test.each([
  ['gateway.yaml.txt', 'Call it gateway.yaml'],
  ['Gateway.YML', 'Call it gateway.yaml'],
  ['GATEWAY.YAML', 'No problems'],
])('a file called %s is read', async (name, told) => {
  await writeFile(join(places.boot, name), 'hostname: hall3\n');
  await applySettings(places);
  expect(await device('/etc/hostname')).toBe('hall3\n');
  expect(await report()).toContain(told);
});

test('UTF-16 of a Windows editor is read, and stays readable after the secret was taken out', async () => {
  await writeFile(
    join(places.boot, 'gateway.yaml'),
    Buffer.concat([Buffer.from('fffe', 'hex'), Buffer.from('mqtt: {password: open-Sesame-42}\r\n', 'utf16le')]),
  );
  await applySettings(places);
  expect(await device('/var/lib/kuiper-device/mqtt-password')).toBe('open-Sesame-42\n');
  expect(await readFile(join(places.boot, 'gateway.yaml'), 'utf8')).toBe('mqtt: {password: "(used and removed)"}\r\n');
  expect(await applySettings(places)).toBeUndefined();
});

test('what Imager wrote is applied once and removed, gateway.yaml counts more, keys of both are taken', async () => {
  await writeFile(
    join(places.boot, 'custom.toml'),
    `[system]\nhostname = "imager"\n[ssh]\nauthorized_keys = [ "${KEY}" ]\n[wlan]\nssid = "a"\npassword = "secret phrase"\ncountry = "DE"\n`,
  );
  await give(`hostname: mine\nssh: {keys: ["${KEY.replace('me@x', 'you@y')}"]}\n`);
  await applySettings(places);
  expect(await device('/etc/hostname')).toBe('mine\n');
  expect(await device('/etc/ssh/authorized_keys.d/kuiper')).toBe(`${KEY.replace('me@x', 'you@y')}\n${KEY}\n`);
  expect(await device('/var/lib/iwd/a.psk')).toContain('Passphrase=secret phrase');
  expect(await readdir(places.boot)).toEqual(['gateway-report.txt', 'gateway.yaml']);
  expect(await report()).toContain('read gateway.yaml and what Raspberry Pi Imager wrote (custom.toml)');
  expect(await applySettings(places)).toBeUndefined();
});

test('users of sensors: hashed, kept beside others, and a removed password means keep', async () => {
  await give('mqtt:\n  users:\n    - {name: press1, password: "a long one", publish: [plant/press1/#], subscribe: cmd/press1}\n');
  await applySettings(places);
  const users = () =>
    device('/opt/kuiper/etc/mqtt/users.json').then(
      (t) => (JSON.parse(t) as { users: { name: string; hash: string; publish: string[] }[] }).users,
    );
  const [first] = await users();
  expect(first).toMatchObject({ name: 'press1', publish: ['plant/press1/#'], subscribe: ['cmd/press1'] });
  expect(JSON.stringify(first)).not.toContain('a long one');
  expect(owned['/opt/kuiper/etc/mqtt/users.json']).toBe('kuiper-gw:kuiper-mqtt');
  const left = await readFile(join(places.boot, 'gateway.yaml'), 'utf8');
  await give(
    left
      .replace('plant/press1/#', 'plant/#')
      .replace('cmd/press1}', 'cmd/press1}\n    - {name: press2, password: "(used and removed)", publish: x}'),
  );
  await applySettings(places);
  expect((await users()).map((u) => [u.name, u.hash, u.publish])).toEqual([['press1', first!.hash, ['plant/#']]]);
  expect(await report()).toContain('mqtt.users, press2: this device has no password of this user');
});

test('keys of kuiper.yaml go into the file of the owner, and stay when another file sets others', async () => {
  await give('kuiper: {basic: {enablePrivateNet: true}}\n');
  await applySettings(places);
  await give('kuiper: {basic: {logLevel: debug}}\n');
  await applySettings(places);
  expect(JSON.parse(await device('/opt/kuiper/etc/owner.json'))).toEqual({ basic: { enablePrivateNet: true, logLevel: 'debug' } });
});

test('Wi-Fi of every kind as iwd reads it', async () => {
  await mkdir(join(places.boot, 'certs'));
  await writeFile(join(places.boot, 'certs/ca.pem'), 'CA');
  await writeFile(join(places.boot, 'certs/me.key'), '-----BEGIN PRIVATE KEY-----');
  await writeFile(join(places.boot, 'certs/me.pem'), 'CERT');
  const hex = 'A'.repeat(64);
  await give(
    `network:\n  wifi:\n    country: DE\n    networks:\n      - {ssid: guest}\n      - {ssid: dark, hidden: yes, password: "secret phrase"}\n      - {ssid: hexed, password: ${hex}}\n      - {ssid: corp, eap: {identity: box, password: p, ca: ca.pem}}\n      - {ssid: certs, eap: {method: TLS, identity: box, ca: ca.pem, cert: me.pem, key: me.key}}\n  vlans: [{id: 20, address: 10.2.0.5/24}]\n  proxy: {url: "http://u:p@proxy:3128", except: [10.0.0.0/8]}\n`,
  );
  await applySettings(places);
  expect(await report()).toContain('No problems');
  expect(await device('/var/lib/iwd/guest.open')).toBe('[Settings]\nAutoConnect=true\n');
  expect(await device('/var/lib/iwd/dark.psk')).toBe('[Security]\nPassphrase=secret phrase\n\n[Settings]\nHidden=true\n');
  expect(await device('/var/lib/iwd/hexed.psk')).toBe(`[Security]\nPreSharedKey=${hex.toLowerCase()}\n`);
  expect(await device('/var/lib/iwd/corp.8021x')).toBe(
    '[Security]\nEAP-Method=PEAP\nEAP-Identity=anonymous\nEAP-PEAP-Phase2-Method=MSCHAPV2\nEAP-PEAP-Phase2-Identity=box\nEAP-PEAP-Phase2-Password=p\nEAP-PEAP-CACert=/var/lib/kuiper-device/certs/ca.pem\n',
  );
  expect(await device('/var/lib/iwd/certs.8021x')).toContain('EAP-TLS-ClientKey=/var/lib/kuiper-device/certs/me.key');
  expect(await device('/var/lib/kuiper-device/certs/me.key')).toContain('PRIVATE KEY');
  expect((await readdir(join(places.boot, 'certs'))).sort()).toEqual(['ca.pem', 'me.pem']);
  expect(await device('/etc/systemd/network/10-gateway-wired.network')).toContain('VLAN=vlan20\nDHCP=yes');
  expect(await device('/etc/systemd/network/10-gateway-vlan20.network')).toContain('Name=vlan20');
  expect(await device('/etc/kuiper/proxy.env')).toContain('NO_PROXY=localhost,127.0.0.1,::1,10.0.0.0/8');
  expect(await readFile(join(places.boot, 'gateway.yaml'), 'utf8')).not.toMatch(/secret phrase|u:p@|password: p,|AAAA/);
});
