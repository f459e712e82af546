// Fuzz targets of files: configuration, provisioning, archives, plugin names, what the gateway itself has stored.
import { readSettings } from '../../../image/provision/read-settings.ts';
import { isInternalAddress } from '../../../src/base/net-guard.ts';
import { inferValue, overridesOf } from '../../../src/config/environment.ts';
import { parseYamlText } from '../../../src/config/yaml-file.ts';
import { readArchive } from '../../../src/plugin-host/files/archive.ts';
import { compareVersions, parsePluginFileName } from '../../../src/plugin-host/files/plugin-file.ts';
import { writeArchive } from '../../../src/plugin-host/files/write-archive.ts';
import { hostNameOf, isLoopback } from '../../../src/rest/access.ts';
import { packSnapshot, unpackSnapshot } from '../../../src/runtime/checkpoint/rule-state.ts';
import { packState, unpackState } from '../../../src/runtime/plain-state.ts';
import { parseRuleJson } from '../../../src/service/rules/rule-json.ts';
import { parseRuleset } from '../../../src/service/transfer/ruleset.ts';
import { hold, orRefuses, orRefusesCoded, type Target, textOf } from '../target.ts';

const yamlWords = [
  ': ',
  '\n  ',
  '- ',
  '&a ',
  '*a',
  '<<: *a',
  '!!',
  '|\n',
  '>-\n',
  '{',
  '}',
  '[',
  ']',
  '"',
  "'",
  '#',
  '---\n',
  '? ',
  '%YAML 1.2\n',
  '~',
  'true',
  '0x1',
  '\t',
];

export const fileTargets: readonly Target[] = [
  {
    name: 'conf-yaml',
    doc: 'a file of etc/',
    seeds: [
      'basic:\n  restPort: 9081\n  debug: false\n  prometheus: {a: [1, 2]}\n',
      'default:\n  server: "tcp://127.0.0.1:1883"\nx: &a {b: 1}\ny: *a\n',
    ],
    words: yamlWords,
    maxBytes: 400,
    files: /\/src\/config\/|yaml\/dist/,
    load: async () => (input) => {
      const file = orRefusesCoded(() => parseYamlText('x.yaml', textOf(input)));
      if (file) for (const key of Object.keys(file.data)) hold(file.lineOf([key]) >= 0, 'a line before the first');
    },
  },
  {
    name: 'environment',
    doc: 'a value and a name of the environment',
    seeds: ['KUIPER__BASIC__RESTPORT=9082', 'MQTT_SOURCE__DEFAULT__SERVER=x', 'KUIPER__A__B=[1,2]'],
    words: ['KUIPER__', '__', '=', '_SOURCE__', '{"a":1}', 'true', '[1]'],
    maxBytes: 100,
    files: /\/src\/config\//,
    load: async () => (input) => {
      const text = textOf(input);
      const cut = text.indexOf('=');
      const name = cut < 0 ? text : text.slice(0, cut);
      const value = cut < 0 ? '' : text.slice(cut + 1);
      inferValue(value);
      overridesOf('kuiper', { [name]: value });
    },
  },
  {
    name: 'provisioning',
    doc: 'gateway.yaml of the boot partition: never throws, and the SSH keys survive other mistakes',
    seeds: [
      'hostname: box\ntimezone: Europe/Berlin\nssh:\n  keys:\n    - ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB me@x\nnetwork:\n  wired: {address: 10.0.0.2/24, gateway: 10.0.0.1, dns: [1.1.1.1]}\n  wifi: {country: DE, networks: [{ssid: a, password: 12345678}]}\n',
      'ntp: [a.pool]\nmqtt: {password: x}\nrest: {remote: true}\nstreams: [{sql: "CREATE STREAM a () WITH ()"}]\nrules: [{id: r, sql: SELECT, actions: []}]\nplugins: [a.zip]\n',
    ],
    words: [...yamlWords, 'hostname', 'ssh:\n', 'keys:\n', 'network:', 'wifi:', 'rest: ', 'rules:\n'],
    maxBytes: 500,
    files: /\/image\/provision\//,
    load: async () => (input) => {
      const { settings, problems } = readSettings(textOf(input), { hasTimezone: (n) => n === 'UTC', hasPlugin: () => false });
      hold(typeof settings === 'object' && Array.isArray(problems), 'no result');
      for (const p of problems) hold(p.text.length > 0 && p.text.length < 2000, 'a problem without words, or with too many');
    },
  },
  {
    name: 'zip',
    doc: 'an archive of a plugin: nothing leads out, nothing is larger than allowed',
    seeds: [
      writeArchive([
        { path: 'a.ts', content: Buffer.from('export class A {}') },
        { path: 'etc/x.yaml', content: Buffer.from('a: 1\n') },
      ]),
      writeArchive([{ path: 'dir/b.json', content: Buffer.alloc(300, 'x') }]),
      new Uint8Array(22),
    ],
    words: ['PK\x01\x02', 'PK\x03\x04', 'PK\x05\x06', '../', '/etc', 'a.ts', '\\'],
    maxBytes: 900,
    files: /\/src\/plugin-host\/files\/archive/,
    load: async () => (input) => {
      const entries = orRefusesCoded(() => readArchive(Buffer.from(input), { maxBytes: 1 << 20, maxEntries: 50, maxRatio: 100 }));
      let total = 0;
      for (const e of entries ?? []) {
        total += e.content.length;
        hold(!e.path.startsWith('/') && !e.path.split('/').includes('..'), `leads out: ${e.path}`);
      }
      hold(total <= 1 << 20, `${total} bytes unpacked`);
    },
  },
  {
    name: 'plugin-names',
    doc: 'names of plugin files; the order of versions is total',
    seeds: ['random@v1.2.0.ts\n1.2\n1.10\nv2', 'MySource.mjs\n\na\nb', 'x@.js\n1a\n1b\n01'],
    words: ['@', '.ts', '.js', 'v', '.', '\n', '-rc1', '0', '10', '9'],
    maxBytes: 100,
    files: /\/src\/plugin-host\/files\/plugin-file/,
    load: async () => (input) => {
      const [name = '', a = '', b = '', c = ''] = textOf(input).split('\n');
      parsePluginFileName(name);
      const sign = Math.sign;
      hold(sign(compareVersions(a, b)) === -sign(compareVersions(b, a)) || compareVersions(a, b) === 0, 'not antisymmetric');
      if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0) hold(compareVersions(a, c) <= 0, `not transitive: ${a} ${b} ${c}`);
    },
  },
  {
    name: 'stored-rows',
    doc: 'a page of a durable queue, as bytes',
    seeds: [
      packState([[{ a: 1n, b: [1, 'x'] }, undefined, 1, 1000]]),
      packState([[new Uint8Array([1, 2]), { topic: 'x' }, 2, 5]]),
      packState(new Map([['k', { isDateTime: true, epochNs: 1n, zone: 'UTC' }]])),
    ],
    maxBytes: 300,
    files: /\/src\/runtime\/plain-state/,
    load: async () => (input) => {
      const value = tolerate(() => unpackState(input));
      if (value !== undefined) tolerate(() => packState(value));
    },
  },
  {
    name: 'checkpoint',
    doc: 'a checkpoint of a rule, as bytes',
    seeds: [
      packSnapshot({
        v: 1,
        fingerprints: { a: 'b' },
        operators: { w: { rows: [1, 2n] } },
        offsets: { s: 5 },
        sources: {},
        sinks: {},
        seen: new Float64Array([1, 2]),
      }),
    ],
    maxBytes: 400,
    files: /\/src\/runtime\/(checkpoint|plain-state)/,
    load: async () => (input) => {
      const s = tolerate(() => unpackSnapshot(input));
      if (s) hold(s.v === 1 && s.operators !== undefined, 'a checkpoint without a shape');
    },
  },
  {
    name: 'rule-json',
    doc: 'the JSON of a rule and of a rule set',
    seeds: [
      '{"id":"r","sql":"SELECT * FROM d","actions":[{"log":{}}],"options":{"qos":1},"tags":["a"]}',
      '{"streams":{"a":"CREATE STREAM a"},"tables":{},"rules":{"r":"{}"}}',
      '{"id":"g","graph":{"nodes":{"a":{"type":"source","nodeType":"mqtt","props":{}}},"topo":{"sources":["a"],"edges":{}}},"actions":[]}',
    ],
    words: [
      '"id":',
      '"sql":',
      '"actions":',
      '"options":',
      '"graph":',
      '"triggered":',
      '"temp":',
      '{}',
      '[]',
      'null',
      '"rules":',
      '"nodes":',
      '"topo":',
      '"edges":',
    ],
    maxBytes: 500,
    files: /\/src\/service\//,
    load: async () => (input) => {
      const text = textOf(input);
      orRefusesCoded(() => parseRuleJson(text));
      orRefusesCoded(() => parseRuleset(text, 'x'));
    },
  },
  {
    name: 'addresses',
    doc: 'host names and addresses of callers and targets',
    seeds: ['127.0.0.1:9081', '[::1]:80', 'localhost', '::ffff:7f00:1', '0x7f.1', '169.254.169.254', 'fe80::1%eth0', '64:ff9b::7f00:1'],
    words: ['[', ']', '::', ':', '.', '127', 'ffff', '%', 'localhost', '@', '0x'],
    maxBytes: 60,
    files: /\/src\/(rest\/access|base\/net-guard)/,
    load: async () => (input) => {
      const text = textOf(input);
      const name = hostNameOf(text);
      isLoopback(name);
      orRefuses(() => isInternalAddress(text));
      if (/^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(text) && text.split('.').every((p) => Number(p) < 256 && String(Number(p)) === p))
        hold(isInternalAddress(text), `${text} is taken for an outside address`);
    },
  },
];

/** Damaged bytes may fail in any way that is an error; only hanging and ending the process are faults. */
function tolerate<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return undefined;
  }
}
