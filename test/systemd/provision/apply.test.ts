// main.ts on a scratch device: files written, secrets gone, report in words, nothing done twice, power cuts harmless.
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Send } from '../../../image/provision/content.ts';
import { applyContent, applySettings, type Places } from '../../../image/provision/main.ts';
import { iwdName } from '../../../image/provision/render.ts';

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

test('a new MQTT password makes the broker file anew', async () => {
  await mkdir(join(places.root, '/var/lib/kuiper-device'), { recursive: true });
  await writeFile(join(places.root, '/var/lib/kuiper-device/mosquitto.passwd'), 'old');
  await give('mqtt: {password: open-Sesame-42}\n');
  await applySettings(places);
  expect(await readdir(join(places.root, '/var/lib/kuiper-device'))).not.toContain('mosquitto.passwd');
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
