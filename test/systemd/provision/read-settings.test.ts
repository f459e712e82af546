// gateway.yaml as people write it: every part read, every mistake told in words, no mistake hiding another part.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readSettings } from '../../../image/provision/read-settings.ts';

const options = {
  hasTimezone: (name: string) => name === 'Europe/Berlin',
  hasPlugin: (path: string) => path === 'functions/countWords.ts',
};
const read = (text: string) => readSettings(text, options);
const KEY = `ssh-ed25519 ${'A'.repeat(68)} me@laptop`;

describe('readSettings', () => {
  // @covers issue:13#7
  test('an unquoted * is read as text and told with its line; everything else is taken', () => {
    const { settings, problems } = read(`hostname: box\nssh:\n  keys: ["${KEY}"]\nmqtt: {password: *secret-42}\n`);
    expect(settings.hostname).toBe('box');
    expect(settings.sshKeys).toEqual([KEY]);
    expect(settings.mqttPassword).toBe('*secret-42');
    expect(problems).toEqual([{ where: 'the file', line: 4, text: expect.stringContaining('Put it into quotes: "*secret-42"') }]);
  });

  test('a file that unfolds to gigabytes is a problem, not a crash', () => {
    const bomb = ['a0: &a0 [x, x]', ...Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}, *a${i}]`)].join('\n');
    const { settings, problems } = read(bomb);
    expect(settings).toEqual({});
    expect(problems.map((p) => p.text)).toEqual([expect.stringContaining('it cannot be unfolded')]);
  });

  test('reads a whole file', () => {
    const { settings, problems } = read(`
hostname: kuiper-hall3
timezone: Europe/Berlin
ssh:
  keys: ["${KEY}"]
network:
  wired: {address: 192.168.1.20/24, gateway: 192.168.1.1, dns: [192.168.1.1]}
  wifi:
    country: DE
    networks: [{ssid: plant, password: "secret phrase"}]
ntp: [ntp.plant.local]
mqtt: {password: open-Sesame-42}
rest: {remote: true}
streams: ["CREATE STREAM s () WITH (DATASOURCE=\\"t\\", FORMAT=\\"JSON\\")"]
rules: [{id: r1, sql: "SELECT * FROM s", actions: [{log: {}}]}]
plugins: [functions/countWords.ts]
`);
    expect(problems).toEqual([]);
    expect(settings).toMatchObject({
      hostname: 'kuiper-hall3',
      timezone: 'Europe/Berlin',
      sshKeys: [KEY],
      wired: { dhcp: false, address: '192.168.1.20/24', gateway: '192.168.1.1', dns: ['192.168.1.1'] },
      wifi: {
        country: 'DE',
        networks: [{ ssid: 'plant', security: { kind: 'passphrase', passphrase: 'secret phrase' } }],
        addressing: { dhcp: true },
      },
      ntp: ['ntp.plant.local'],
      mqttPassword: 'open-Sesame-42',
      rest: { remote: true },
      plugins: ['functions/countWords.ts'],
    });
    expect(settings.rules).toHaveLength(1);
  });

  test('the shipped example is valid, also with every part switched on', () => {
    const example = readFileSync(new URL('../../../image/provision/gateway.yaml.example', import.meta.url), 'utf8');
    // as it is shipped all of it is comments, which a person who only copied it is told
    expect(read(example)).toMatchObject({ settings: {}, problems: [{ text: expect.stringContaining('there is no setting in it') }] });
    const on = example
      .replace(/^# {3}ssh .*$/m, '')
      .replace(/^#(?=\S| {2})/gm, '')
      .replace('AAAAC3NzaC1lZDI1NTE5AAAA...', 'A'.repeat(68));
    const { settings, problems } = read(on);
    expect(problems).toEqual([]);
    expect(Object.keys(settings).sort()).toEqual([
      'hostname',
      'kuiper',
      'mqttUsers',
      'ntp',
      'plugins',
      'proxy',
      'rest',
      'rules',
      'sshKeys',
      'streams',
      'timezone',
      'vlans',
      'wifi',
      'wired',
    ]);
  });

  test.each([
    ['hostname: Kuiper_1', 'hostname', /letters a-z/],
    ['hostname: localhost', 'hostname', /letters a-z/],
    ['timezone: Mars/Base', 'timezone', /no time zone/],
    ['ssh: {keys: ["-----BEGIN OPENSSH PRIVATE KEY-----"]}', 'ssh.keys.0', /private key/],
    ['ssh: {keys: [hello]}', 'ssh.keys.0', /\.pub file/],
    ['ssh: {key: x}', 'ssh.key', /no setting of this name; here are: keys/],
    ['ssh: yes please', 'ssh', /"name: value"/],
    ['network: {wired: {address: 192.168.1.20}}', 'network.wired.address', /prefix/],
    ['network: {wired: {address: 192.168.1.20/33}}', 'network.wired.address', /prefix/],
    ['network: {wired: {address: 192.168.1.20/24, gateway: router}}', 'network.wired.gateway', /not an address/],
    ['network: {wifi: {networks: [{ssid: a, password: longenough}]}}', 'network.wifi.country', /two capital letters/],
    ['network: {wifi: {country: DE}}', 'network.wifi.networks', /needed/],
    ['network: {wifi: {country: DE, networks: [{ssid: a, password: short}]}}', 'network.wifi.networks.0.password', /8 to 63/],
    ['ntp: ["a b"]', 'ntp', /not a server/],
    ['mqtt: {password: short}', 'mqtt.password', /8 to 64/],
    ['mqtt: {password: "12345678"}', 'mqtt.password', /letter/],
    ['mqtt: {password: 12345678}', 'mqtt.password', /quotes/],
    ['rest: {remote: maybe}', 'rest.remote', /true or false/],
    ['rules: [{sql: SELECT 1}]', 'rules.0', /needs id/],
    ['plugins: [functions/other.ts]', 'plugins', /no file/],
    ['plugins: [functions/../../../etc/shadow]', 'plugins', /expected sources/],
    ['passwort: x', 'passwort', /no setting of this name/],
    ['- a list', 'the file', /"name: value"/],
  ])('%s', (text, where, message) => {
    const { problems, settings } = read(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]!.where).toBe(where);
    expect(problems[0]!.text).toMatch(message);
    expect(Object.values(settings).flat()).toEqual([]);
  });

  test('tells the line', () => {
    const { problems } = read('# comment\nhostname: ok\nmqtt:\n  password: short\n');
    expect(problems[0]).toMatchObject({ where: 'mqtt.password', line: 4 });
  });

  test('broken YAML is told with its line, and the parts beside it are applied', () => {
    const { problems, settings } = read('hostname: a\nssh: [unclosed\nntp: x\n');
    expect(problems).toEqual([{ where: 'ssh', line: 2, text: 'a [ is opened and not closed. Add the ]' }]);
    expect(settings).toEqual({ hostname: 'a', ntp: ['x'] });
  });

  test('a wrong part does not hide the others', () => {
    const { settings, problems } = read(`hostname: A_B\nssh: {keys: ["${KEY}"]}\nntp: [x]\n`);
    expect(problems).toHaveLength(1);
    expect(settings).toEqual({ sshKeys: [KEY], ntp: ['x'] });
  });

  test('used secrets mean: keep', () => {
    const { settings, problems } = read(
      'mqtt: {password: "(used and removed)"}\nnetwork: {wifi: {country: DE, networks: [{ssid: a, password: "(used and removed)"}]}}\n',
    );
    expect(problems).toEqual([]);
    expect(settings.mqttPassword).toBeUndefined();
    expect(settings.wifi!.networks).toEqual([{ ssid: 'a', hidden: false, security: { kind: 'passphrase', passphrase: undefined } }]);
  });

  test('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => void read(text)),
      { numRuns: 300 },
    );
    fc.assert(
      fc.property(fc.json(), (text) => void read(text)),
      { numRuns: 300 },
    );
  });

  test('an MQTT password that is taken stays text in the environment of the service', () => {
    // The configuration reads numbers and booleans out of the environment; such passwords must be refused here.
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9eE.+-]{8,20}$/), (password) => {
        const { settings } = read(`mqtt: {password: ${JSON.stringify(password)}}`);
        return settings.mqttPassword === undefined || Number.isNaN(Number(settings.mqttPassword));
      }),
    );
  });
});
