// kuiper.yaml: defaults, the user's file, the environment; errors that name the place.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isGatewayError } from '../../src/base/errors/gateway-error.ts';
import { applyOverrides, inferValue } from '../../src/config/environment.ts';
import { type Folders, foldersOf, loadSettings } from '../../src/config/index.ts';
import { settingSpecs } from '../../src/config/setting-specs.ts';
import { readYamlFile } from '../../src/config/yaml-file.ts';
import { checkSections } from '../../src/daemon/check-sections.ts';

let root: string;
let folders: Folders;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kuiper-config-'));
  folders = foldersOf(root);
  mkdirSync(folders.etc);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const write = (text: string) => writeFileSync(join(folders.etc, 'kuiper.yaml'), text);
const problem = (env = {}, file?: string): string => {
  try {
    loadSettings(folders, env, file);
  } catch (error) {
    if (isGatewayError(error)) return `${error.code} ${error.message}`;
    throw error;
  }
  return '';
};

describe('slips', () => {
  const unknown = (env = {}) => loadSettings(folders, env).unknown.map((u) => [u.place.replace(`${folders.etc}/`, ''), u.key]);

  test('unknown keys are told wherever they stand: sections that are passed on and variables included', () => {
    write('basic:\n  restPrt: 1\nsink:\n  enablecache: true\n  memorry: 5\nrule:\n  nosuch: 2\n');
    expect(unknown({ KUIPER__BASIC__NOSUCH: '1', KUIPER__BASIC__DEBUG: 'true', KUIPER__RULE__RESTARTSTRATEGY__ATTEMPTS: '3' })).toEqual([
      ['kuiper.yaml:2', 'basic.restPrt'],
      ['kuiper.yaml:5', 'sink.memorry'],
      ['kuiper.yaml:7', 'rule.nosuch'],
      ['environment variable KUIPER__BASIC__NOSUCH', 'basic.nosuch'],
    ]);
  });

  test('a key of the wrong length is told without its value', () => {
    write('basic:\n  logLevel: info\n  aesKey: c2hvcnQtc2VjcmV0\n');
    expect(problem()).toMatch(/kuiper.yaml:3: basic.aesKey: the key has 12 bytes; it takes 16, 24 or 32/);
    expect(problem()).not.toContain('c2hvcnQ');
    write('basic:\n  aesKey: MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3\n');
    expect(problem()).toBe('');
  });

  test('a section that is not a section is refused', () => {
    write('basic: 5\n');
    expect(problem()).toMatch(/kuiper.yaml:1: basic: expected keys below it, indented by two blanks, not 5/);
    write('basic:\n');
    expect(problem()).toBe('');
  });

  test.each([
    ['rule:\n  qos: 1\n  checkpointInterval: abc\n', {}, /kuiper.yaml:3: rule.checkpointInterval: .*"abc" is not a duration/],
    ['sink:\n  memoryCacheThreshold: abc\n', {}, /kuiper.yaml:1: sink: .*memoryCacheThreshold must be positive/],
    ['', { KUIPER__RULE__BUFFERLENGTH: 'many' }, /variable KUIPER__RULE__BUFFERLENGTH: rule.bufferLength: .*"many" is not/],
  ])('defaults of rules and sinks are checked at the start: %j', (text, env, expected) => {
    write(text);
    expect(() => checkSections(loadSettings(folders, env))).toThrow(expected);
  });
});

describe('settings', () => {
  test('REST listens on loopback when nothing is said', () => {
    const { settings } = loadSettings(folders, {});
    expect(settings.rest).toMatchObject({ ip: '127.0.0.1', port: 9081, authentication: false, tls: undefined });
    expect(settings.dataServer.ip).toBe('127.0.0.1');
  });

  test('the user file wins over shipped defaults, key by key', () => {
    write('basic:\n  restPort: 9100\nrule:\n  qos: 1\n');
    const { settings } = loadSettings(folders, {});
    expect(settings.rest.port).toBe(9100);
    expect(settings.rulePatrolIntervalMs).toBe(10_000);
    expect(settings.rule).toEqual({ qos: 1, checkpointInterval: '300s', sendError: false });
  });

  test('every key has its environment override, which wins over files', () => {
    write('basic:\n  restPort: 9100\n');
    const { settings } = loadSettings(folders, {
      KUIPER__BASIC__RESTPORT: '9200',
      KUIPER__RULE__SENDERROR: 'true',
      KUIPER__RULE__ISEVENTTIME: 'true',
      KUIPER__BASIC__METRICSDUMPCONFIG__RETAINEDDURATION: '90m',
      KUIPER__SOURCE__HTTPSERVERPORT: '0',
    });
    expect(settings.rest.port).toBe(9200);
    expect(settings.rule).toMatchObject({ sendError: true, isEventTime: true });
    expect(settings.metricsDump.retainedMs).toBe(90 * 60_000);
    expect(settings.dataServer.port).toBe(0);
  });

  /** Members of the typed settings that are not called like their key. */
  const CALLED: Readonly<Record<string, string>> = {
    'basic.rotateSize': 'logFiles.maxBytes',
    'basic.rotateCount': 'logFiles.keep',
    'basic.rulePatrolInterval': 'rulePatrolIntervalMs',
    'basic.gracefulShutdownTimeout': 'gracefulShutdownMs',
    'basic.ResourceProfileConfig.interval': 'cpuProfile.intervalMs',
    'basic.metricsDumpConfig.retainedDuration': 'metricsDump.retainedMs',
    'plugins.maxMemory': 'plugins.maxRssMb',
    'history.flushInterval': 'history.flushMs',
    'history.maxFields': 'history.maxNames',
    'source.httpServerPort': 'dataServer.port',
  };
  const leaves = (of: unknown, path = ''): [string, unknown][] =>
    typeof of === 'object' && of !== null ? Object.entries(of).flatMap(([k, v]) => leaves(v, path ? `${path}.${k}` : k)) : [[path, of]];

  const numbers = settingSpecs.filter((s) => ['int', 'duration', 'bytes', 'port'].includes(s.type)).map((s) => [s.path, s] as const);

  test.for(numbers)('%s reaches its own setting and no other', ([path, spec]) => {
    const value = Math.max(spec.min ?? 0, 1000) * 3 + 17;
    const before = new Map(leaves(loadSettings(folders, {}).settings));
    const after = leaves(loadSettings(folders, { [`KUIPER__${path.toUpperCase().replaceAll('.', '__')}`]: String(value) }).settings);
    const changed = after.filter(([name, v]) => before.get(name) !== v);
    const called = CALLED[path] ?? path.replace(/^basic\./, '');
    expect(
      changed.map(([name, v]) => [
        name
          .toLowerCase()
          .replace(/^rest\.port$/, 'restport')
          .replace(/^prometheus\.port$/, 'prometheusport')
          .replace(/ms$/, ''),
        v,
      ]),
    ).toEqual([[called.toLowerCase().replace(/ms$/, ''), value]]);
  });

  test.for(settingSpecs.map((s) => [s.path, s] as const))('%s can be set by the environment', ([path, spec]) => {
    const name = `KUIPER__${path.toUpperCase().replaceAll('.', '__')}`;
    // a value that no setting of a type other than text takes proves that the variable reaches the setting
    if (spec.type === 'string' && !spec.oneOf) return expect(problem({ [name]: '[1]' })).toContain(`environment variable ${name}: ${path}`);
    if (spec.type === 'strings') return expect(loadSettings(folders, { [name]: 'a,b' }).valueOf(path)).toEqual(['a', 'b']);
    expect(problem({ [name]: 'no such value' })).toContain(`CONFIG_VALUE environment variable ${name}: ${path}: `);
  });

  test('a wrong value names file, line, key and what is allowed', () => {
    write('basic:\n  logLevel: info\n  restPort: nine\n');
    expect(problem()).toBe(`CONFIG_VALUE ${folders.etc}/kuiper.yaml:3: basic.restPort: "nine" is not a whole number`);
    write('basic:\n  restPort: 70000\n');
    expect(problem()).toContain('kuiper.yaml:2: basic.restPort: 70000 is not a port (0 to 65535)');
    write('basic:\n  authentication: yes please\n');
    expect(problem()).toContain('basic.authentication: "yes please" is not true or false');
    write('basic:\n  rulePatrolInterval: soon\n');
    expect(problem()).toContain('kuiper.yaml:2: basic.rulePatrolInterval: "soon" is not a duration; write');
    write('basic:\n  timezone: Mars/Base\n');
    expect(problem()).toContain('kuiper.yaml:2: basic.timezone: "Mars/Base" is not the name of a time zone');
    write('rule: 5\n');
    expect(problem()).toContain('kuiper.yaml:1: rule: expected keys below it');
  });

  test('broken YAML names the line', () => {
    write('basic:\n  restPort: 1\n bad: [\n');
    expect(problem()).toMatch(/^CONFIG_SYNTAX .*kuiper\.yaml:[34]: /);
  });

  test('a missing --config file is an error, a missing kuiper.yaml is not', () => {
    expect(problem({}, join(root, 'none.yaml'))).toContain('CONFIG_FILE');
    expect(problem()).toBe('');
  });

  test('an unknown key is reported with its line and what could be meant', () => {
    write('basic:\n  restprot: 1\n');
    const { unknown } = loadSettings(folders, {});
    expect(unknown).toHaveLength(1);
    expect(unknown[0]).toMatchObject({ key: 'basic.restprot', place: `${folders.etc}/kuiper.yaml:2` });
    expect(unknown[0]!.candidates).toContain('restPort');
  });

  test("a kuiper.yaml of eKuiper is taken without complaints about eKuiper's other keys", () => {
    write(
      'basic:\n  consoleLog: true\n  rotateTime: 24\n  pprof: false\n  port: 20498\nportable:\n  pythonBin: python3\nstore:\n  type: sqlite\n',
    );
    expect(loadSettings(folders, {}).unknown).toEqual([]);
  });

  test('a secret is not shown in an error', () => {
    write('basic:\n  aesKey: [s3cret]\n');
    expect(problem()).not.toContain('s3cret');
  });
});

describe('shipped etc/kuiper.yaml', () => {
  const shipped = join(import.meta.dirname, '../../etc/kuiper.yaml');

  test('holds nothing but known keys, with the defaults of the code', () => {
    const { unknown } = loadSettings({ ...folders, shippedEtc: join(root, 'none') }, {}, shipped);
    expect(unknown).toEqual([]);
    const fromFile = loadSettings({ ...folders, shippedEtc: join(root, 'none') }, {}, shipped).settings;
    const fromCode = loadSettings({ ...folders, shippedEtc: join(root, 'none') }, {}).settings;
    expect({ ...fromFile, rule: {}, sink: {} }).toEqual({ ...fromCode, rule: {}, sink: {} });
  });

  test('mentions every setting', () => {
    const text = readFileSync(shipped, 'utf8');
    const missing = settingSpecs.filter((s) => !new RegExp(`\\b${s.path.split('.').at(-1)}:`).test(text)).map((s) => s.path);
    // without a sensible default they stand in the documentation only
    expect(missing).toEqual(['basic.aesKey']);
  });
});

describe('environment', () => {
  test('values get their type', () => {
    expect(inferValue('12')).toBe(12);
    expect(inferValue('-1.5')).toBe(-1.5);
    expect(inferValue('true')).toBe(true);
    expect(inferValue('[a, 2,true]')).toEqual(['a', 2, true]);
    expect(inferValue('tcp://h:1883')).toBe('tcp://h:1883');
    expect(inferValue('99999999999999999999')).toBe('99999999999999999999');
  });

  test('keys match whatever their case, and never reach a prototype', () => {
    const data = applyOverrides({ Default: { Server: 'a' } }, [
      { variable: 'X', path: ['DEFAULT', 'SERVER'], value: 'b' },
      { variable: 'Y', path: ['__PROTO__', 'POLLUTED'], value: 1 },
    ]);
    expect(data['Default']).toEqual({ Server: 'b' });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('property: what is overridden is what is read', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 65_535 }), fc.integer({ min: 0, max: 65_535 }), (file, env) => {
        write(`basic:\n  restPort: ${file}\n`);
        expect(loadSettings(folders, {}).settings.rest.port).toBe(file);
        expect(loadSettings(folders, { KUIPER__BASIC__RESTPORT: String(env) }).settings.rest.port).toBe(env);
      }),
      { numRuns: 30 },
    );
  });
});

describe('YAML files', () => {
  test('an alias bomb is refused instead of filling the memory', () => {
    const file = join(root, 'bomb.yaml');
    const lines = ['a0: &a0 [x,x,x,x,x,x,x,x,x,x]'];
    for (let i = 1; i < 9; i++)
      lines.push(
        `a${i}: &a${i} [${Array(10)
          .fill(`*a${i - 1}`)
          .join(',')}]`,
      );
    writeFileSync(file, lines.join('\n'));
    expect(() => readYamlFile(file)).toThrow(/alias/i);
  });

  // @covers issue:13#7
  test('an alias without its anchor is refused with file, line and cure', () => {
    const file = join(root, 'kuiper.yaml');
    writeFileSync(file, 'basic:\n  restPort: 9081\n  aesKey: *abc\n');
    expect(() => readYamlFile(file)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_SYNTAX',
        message: expect.stringMatching(/kuiper\.yaml:3: .*"\*abc" refers to "&abc".*quotes/),
      }),
    );
  });
});
