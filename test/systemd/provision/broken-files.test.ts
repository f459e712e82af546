// Files as people break them: the SSH key and everything else that can be read is taken, what is wrong is told with its line and a cure, and no
// secret stays in the file, whatever else is wrong in it.
import { describe, expect, test } from 'vitest';
import { readSettings } from '../../../image/provision/read-settings.ts';
import { removeSecrets } from '../../../image/provision/remove-secrets.ts';
import type { Settings } from '../../../image/provision/settings.ts';
import { checkOwnerSettings } from '../../../src/config/index.ts';
import { suggest } from '../../../src/sql/suggest.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGx3cW9pZXJ1dHlhbHNrZGpmaGdtem54YmN2dGVzdGtl me@x';
const SSH = `ssh:\n  keys:\n    - ${KEY}\n`;
const read = (text: string) =>
  readSettings(text, {
    hasTimezone: (name) => name === 'Europe/Berlin',
    hasPlugin: () => false,
    checkKuiper: (value) => checkOwnerSettings(value, suggest),
  });
/** File, what is taken besides the key, and each problem as `line where: part of the text`. `hunter…` is a secret everywhere. */
const FILES: Record<string, [text: string, taken: Settings, told: string[]]> = {
  'a tab before a name': [`${SSH}mqtt:\n\tpassword: hunter-one\n`, { mqttPassword: 'hunter-one' }, ['5 the file: begins with a tab']],
  'tabs on two levels': [
    `${SSH}network:\n\twired:\n\t\taddress: 10.0.0.5/24\n`,
    { wired: { dhcp: false, address: '10.0.0.5/24', gateway: undefined, dns: [] } },
    ['5 the file: replace the tabs'],
  ],
  'three colons': [`${SSH}hostname: a: b: c\n`, {}, ['4 hostname: second ": "', '4 hostname: letters a-z']],
  'a colon in a password': [
    `${SSH}mqtt:\n  password: hunter-2: x y\n`,
    {},
    ['5 mqtt.password: Put the value into quotes', '5 mqtt.password: 8 to 64'],
  ],
  'a quote that is not closed': [
    `${SSH}mqtt:\n  password: "hunter-1\nntp: [a]\n`,
    { ntp: ['a'] },
    ['5 mqtt.password: opened and not closed'],
  ],
  'a brace that is not closed': [`${SSH}mqtt: {password: hunter-1\nntp: [a]\n`, { ntp: ['a'] }, ['4 mqtt: Add the }']],
  'a bracket that is not closed': [`${SSH}ntp: [a, b\nhostname: box\n`, { hostname: 'box' }, ['4 ntp: Add the ]']],
  'a password with @ first': [
    `${SSH}mqtt:\n  password: @hunter-1\n`,
    { mqttPassword: '@hunter-1' },
    ['5 mqtt.password: cannot begin with this sign'],
  ],
  'a password with % first': [
    `${SSH}mqtt:\n  password: %hunter-1\n`,
    { mqttPassword: '%hunter-1' },
    ['5 mqtt.password: cannot begin with this sign'],
  ],
  'a password with * first': [`${SSH}mqtt:\n  password: *hunter-1\n`, { mqttPassword: '*hunter-1' }, ['5 the file: Put it into quotes']],
  'a password with & first': [`${SSH}mqtt:\n  password: &hunter-1\n`, { mqttPassword: '&hunter-1' }, ['5 the file: begins with "&"']],
  'a password with ! first': [`${SSH}mqtt:\n  password: !hunter-1\n`, { mqttPassword: '!hunter-1' }, ['5 the file: begins with "!"']],
  'text behind a closing quote': [`${SSH}mqtt:\n  password: "hunter"-one\n`, {}, ['5 mqtt.password: behind the end of the value']],
  'a # that cuts a password': [`${SSH}mqtt:\n  password: hunter-1 #x\n`, {}, ['5 mqtt.password: begins a comment']],
  'a # that cuts a short password': [`${SSH}mqtt:\n  password: abc #x\n`, {}, ['5 mqtt.password: Put the whole value into quotes']],
  'a # that cuts the name of a network': [
    `${SSH}network:\n  wifi:\n    country: DE\n    networks:\n      - ssid: plant #2\n        password: hunter-1\n`,
    {},
    ['8 network.wifi.networks.0.ssid: begins a comment'],
  ],
  'backslashes in quotes': [`${SSH}mqtt:\n  password: "hunter\\qne"\n`, {}, ['5 mqtt.password: backslash']],
  'a password as a block of text': [`${SSH}mqtt:\n  password: |\n    hunter-1\n`, {}, ['5 mqtt.password: 8 to 64']],
  'a block of text and a wrong indent': [
    `${SSH}mqtt:\n  password: |\n    hunter-1\n x: y\n`,
    {},
    ['7 mqtt.x: does not begin below', '7 mqtt.x: no setting of this name', '5 mqtt.password: 8 to 64'],
  ],
  'a name twice': [`hostname: a\nhostname: b\n${SSH}`, { hostname: 'a' }, ['2 hostname: stands twice']],
  'the part ssh twice, with two keys': [
    `${SSH}${SSH.replace('me@x', 'you@y')}`,
    { sshKeys: [KEY, KEY.replace('me@x', 'you@y')] },
    ['4 ssh: stands twice'],
  ],
  'an equals sign': [`hostname = box\n${SSH}`, { hostname: 'box' }, ['1 hostname: a colon and a blank']],
  'no blank behind the colon': [`hostname:box\n${SSH}`, { hostname: 'box' }, ['1 hostname: a colon and a blank']],
  'no blank behind the colon, one level down': [`${SSH}mqtt:\n  password:hunter-1\n`, {}, ['5 mqtt: behind a colon stands a blank']],
  'keys beside ssh': [
    `hostname: box\nssh:\nkeys:\n  - ${KEY}\n`,
    { hostname: 'box' },
    ['3 keys: no setting of this name', '2 ssh.keys: 1 key was found'],
  ],
  'a part that stands one blank too far right': [
    `ssh:\n  keys:\n  - ${KEY}\n network:\n  wired: {address: dhcp}\n`,
    { wired: { dhcp: true } },
    ['4 network: does not begin below'],
  ],
  'a name that stands one blank too far left': [
    `${SSH}network:\n  wired:\n    address: 10.0.0.5/24\n   gateway: 10.0.0.1\n`,
    { wired: { dhcp: false, address: '10.0.0.5/24', gateway: '10.0.0.1', dns: [] } },
    ['7 network.wired.gateway: does not begin below'],
  ],
  'key instead of keys': [`ssh:\n  key: ${KEY}\n`, {}, ['2 ssh.key: Did you mean "keys"?', '1 ssh.keys: 1 key was found']],
  'a list in the line of its name': [`ssh:\n  keys: - ${KEY}\n`, {}, ['2 ssh.keys: begins in its own line', '2 ssh.keys: 1 key was found']],
  'ssh misspelt': [`sssh:\n  keys: [${KEY}]\n`, {}, ['1 sssh: Did you mean "ssh"?', '- ssh.keys: 1 key was found']],
  'nothing but the key': [`${KEY}\n`, {}, ['1 the file: expected settings', '- ssh.keys: 1 key was found']],
  'a key whose quote is not closed': [
    `ssh:\n  keys:\n    - "${KEY}\nntp: a\n`,
    { ntp: ['a'] },
    ['3 ssh.keys.0: opened and not closed', '2 ssh.keys: 1 key was found'],
  ],
  'a colon in the name of a key': [
    `ssh:\n  keys:\n    - ${KEY} laptop: mine\nntp: a\n`,
    { ntp: ['a'] },
    ['3 ssh.keys.0: put it into quotes', '2 ssh.keys: 1 key was found'],
  ],
  'a list of settings': [`- hostname: a\n- ${KEY}\n`, {}, ['1 the file: expected settings', '- ssh.keys: 1 key was found']],
  'JSON without its end': [
    `{"hostname": "a", "ssh": {"keys": ["${KEY}"]}, "mqtt": {"password": "hunter-1"}\n`,
    { hostname: 'a', mqttPassword: 'hunter-1' },
    ['1 the file: opened and not closed'],
  ],
  'two documents': [`${SSH}---\nmqtt: {password: hunter-1}\n`, { mqttPassword: 'hunter-1' }, []],
  'a line of YAML that nobody writes': [`%YAML 9\n---\n${SSH}`, {}, ['1 the file: expected "name: value"']],
  'left-overs of a merge': [
    `<<<<<<< HEAD\nhostname: a\n=======\nhostname: b\n>>>>>>> x\n${SSH}`,
    { hostname: 'a' },
    ['1 the file: <<<<<<< HEAD', '3 the file: =======', '4 hostname: stands twice', '5 the file: >>>>>>> x'],
  ],
  'adress for address': [`${SSH}network:\n  wired:\n    adress: 10.0.0.5/24\n`, {}, ['6 network.wired.adress: Did you mean "address"?']],
  'a gateway outside of the network': [
    `${SSH}network:\n  wired: {address: 192.168.1.20/24, gateway: 10.9.9.9}\n`,
    {},
    ['5 network.wired.gateway: 10.9.9.9 is not in the network of 192.168.1.20/24'],
  ],
  'the network as address': [
    `${SSH}network:\n  wired: {address: 192.168.1.0/24}\n`,
    {},
    ['5 network.wired.address: is the network itself'],
  ],
  'the address for all': [`${SSH}network:\n  wired: {address: 192.168.1.255/24}\n`, {}, ['5 network.wired.address: address for all']],
  'the own address as gateway': [
    `${SSH}network:\n  wired: {address: 192.168.1.2/24, gateway: 192.168.1.2}\n`,
    {},
    ['5 network.wired.gateway: the device itself'],
  ],
  'a gateway without an address': [`${SSH}network:\n  wired: {gateway: 10.0.0.1}\n`, {}, ['5 network.wired.gateway: no address here']],
  'wired is taken when Wi-Fi cannot be read': [
    `${SSH}network:\n  wired:\n    address: 10.0.0.5/24\n  wifi:\n    country: DE\n    networks:\n      - ssid: a\n        password: "hunter-1\n`,
    { wired: { dhcp: false, address: '10.0.0.5/24', gateway: undefined, dns: [] } },
    ['12 network.wifi.networks.0.password: opened and not closed'],
  ],
  'one wrong network does not take the other': [
    `${SSH}network:\n  wifi:\n    country: DE\n    networks:\n      - {ssid: b, password: hunt}\n      - {ssid: c, password: hunter-good}\n`,
    {
      wifi: {
        country: 'DE',
        networks: [{ ssid: 'c', hidden: false, security: { kind: 'passphrase', passphrase: 'hunter-good' } }],
        addressing: { dhcp: true },
      },
    },
    ['8 network.wifi.networks.0.password: 8 to 63'],
  ],
  'psk for password': [
    `${SSH}network:\n  wifi:\n    country: DE\n    networks:\n      - {ssid: b, psk: hunter-good}\n`,
    {},
    ['8 network.wifi.networks.0.psk: here it is called password'],
  ],
  'network misspelt': [`${SSH}netwrok:\n  wired: {address: 10.0.0.5/24}\n`, {}, ['4 netwrok: Did you mean "network"?']],
  'a colon and a quote in SQL': [
    `${SSH}rules:\n  - id: r\n    sql: SELECT * FROM s WHERE a = "x: y\n    actions: []\nntp: [a]\n`,
    { ntp: ['a'], rules: [{ id: 'r', sql: 'SELECT * FROM s WHERE a = "x: y', actions: [] }] },
    ['6 rules.0.sql: It was read as text'],
  ],
  'hard blanks of a web page, and typographic quotes': [
    `${SSH}mqtt:\n\u00a0 password: \u201chunter-1\u201d\n`,
    { mqttPassword: 'hunter-1' },
    ['5 the file: special blank', '5 the file: typographic quotes'],
  ],
  'passwort for password': [`${SSH}mqtt:\n  passwort: hunter-1\n`, {}, ['5 mqtt.passwort: Did you mean "password"?']],
  'password in the line of mqtt': [`${SSH}mqtt: password: hunter-1\n`, {}, ['4 mqtt: second ": "', '4 mqtt: "name: value"']],
  'mqtt as a list': [`${SSH}mqtt: [password, hunter-1]\n`, {}, ['4 mqtt: "name: value"']],
  'a private key in the file': [
    `-----BEGIN OPENSSH PRIVATE KEY-----\nhunter\n-----END OPENSSH PRIVATE KEY-----\n${SSH}`,
    {},
    ['1 the file: expected "name: value"', '2 the file: expected "name: value"', '3 the file: expected "name: value"'],
  ],
  'a value and settings below it': [`hostname: box\n  ntp: a\n${SSH}`, {}, ['1 hostname: nothing can stand below it']],
  'a setting of kuiper.yaml misspelt': [
    `kuiper:\n  basic:\n    enablePrivateNett: true\n${SSH}`,
    {},
    ['3 kuiper.basic.enablePrivateNett: Did you mean "enablePrivateNet"?'],
  ],
  'a setting of kuiper.yaml with a wrong value': [
    `kuiper:\n  basic:\n    debug: maybe\n${SSH}`,
    {},
    ['3 kuiper.basic.debug: not true or false'],
  ],
  'a sensor with a wrong filter does not take the other': [
    `${SSH}mqtt:\n  users:\n    - {name: s1, password: hunter-11, publish: [a/#/b]}\n    - {name: s2, password: hunter-22, publish: a/#}\n`,
    { mqttUsers: [{ name: 's2', password: 'hunter-22', publish: ['a/#'], subscribe: [] }] },
    ['6 mqtt.users.0.publish: is not a topic filter'],
  ],
  'a sensor that may do nothing': [`${SSH}mqtt:\n  users: [{name: s1, password: hunter-11}]\n`, {}, ['5 mqtt.users.0: may do nothing']],
};

// @covers issue:16#4 finding:appliance#3.3 finding:appliance#3.4
describe('a broken gateway.yaml', () => {
  test.each(Object.entries(FILES))('with %s', (_name, [text, taken, told]) => {
    const { settings, problems } = read(text);
    expect(settings).toEqual({ sshKeys: [KEY], ...taken });
    const lines = problems.map((p) => `${p.line ?? '-'} ${p.where}: ${p.text}`);
    expect(lines).toHaveLength(told.length);
    for (const [i, part] of told.entries()) {
      const cut = part.indexOf(': ') + 2;
      expect(lines[i]!.startsWith(part.slice(0, cut)), `${lines[i]} should begin with ${part.slice(0, cut)}`).toBe(true);
      expect(lines[i]!.slice(cut)).toContain(part.slice(cut));
    }
  });

  test.each(Object.entries(FILES))('keeps no secret: with %s', (_name, [text]) => {
    const { parts, used } = read(text);
    const left = removeSecrets(text, parts, used) ?? text;
    expect(left).not.toContain('hunter');
    expect(left).toContain(KEY.split(' ')[1]);
    // what is left is read as before, and says of each secret whether the device has it
    const again = read(left);
    expect(again.settings.sshKeys?.[0]).toBe(KEY);
    expect(JSON.stringify(again.settings)).not.toContain('removed');
    expect(removeSecrets(left, again.parts, again.used)).toBeUndefined();
  });

  test.each([
    ['by a terminal', `ssh:\n  keys:\n    - ${KEY.slice(0, 40)}\n      ${KEY.slice(40)}\n`],
    ['in a block of text', `ssh:\n  keys:\n    - |\n      ${KEY.slice(0, 40)}\n      ${KEY.slice(40, 60)}\n      ${KEY.slice(60)}\n`],
  ])('a key that was broken into lines is one key: %s', (_how, text) => {
    expect(read(text)).toMatchObject({ settings: { sshKeys: [KEY] }, problems: [] });
  });

  test.each(['', '\n', '# hostname: x\n', `# ${KEY}\n`, '---\n'])('a file without a setting is told: %j', (text) => {
    const { settings, problems } = read(text);
    expect(settings).toEqual({});
    expect(problems.map((p) => p.text)).toEqual([expect.stringContaining('there is no setting in it')]);
  });

  test('CRLF, a byte order mark and blanks at the ends change nothing', () => {
    for (const [text, taken] of Object.values(FILES)) {
      const { settings } = read(text.replaceAll('\n', '\r\n'));
      expect(settings).toEqual({ sshKeys: [KEY], ...taken });
    }
  });
});
