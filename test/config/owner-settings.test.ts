// What the owner of a device sets of kuiper.yaml: checked before it is stored, above kuiper.yaml, below the environment.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkOwnerSettings, foldersOf, loadSettings, OWNER_FILE } from '../../src/config/index.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'owner-'));
  mkdirSync(join(root, 'etc'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test('the owner’s value counts more than kuiper.yaml and less than the environment, and its place is named', () => {
  writeFileSync(join(root, 'etc/kuiper.yaml'), 'basic:\n  logLevel: warn\n  debug: false\nsink:\n  batchSize: 2\n');
  writeFileSync(
    join(root, 'etc', OWNER_FILE),
    JSON.stringify({ basic: { logLevel: 'error', restPort: 9999 }, sink: { linger: 5 } }, null, 2),
  );
  const loaded = loadSettings(foldersOf(root), { KUIPER__BASIC__RESTPORT: '9100' });
  expect(loaded.settings.logLevel).toBe('error');
  expect(loaded.settings.rest.port).toBe(9100);
  expect(loaded.settings.sink).toMatchObject({ batchSize: 2, linger: 5 });
  expect(loaded.placeOf('basic.logLevel')).toBe(`${join(root, 'etc', OWNER_FILE)}:3`);
  expect(loaded.files).toContain(join(root, 'etc', OWNER_FILE));
});

test('a wrong value of the owner is told with its file and line', () => {
  writeFileSync(join(root, 'etc', OWNER_FILE), '{\n  "basic": {\n    "restPort": "x"\n  }\n}\n');
  expect(() => loadSettings(foldersOf(root), {})).toThrow(`${OWNER_FILE}:3: basic.restPort`);
});

test.each([
  [{ basic: { debug: 'maybe' } }, 'basic.debug', 'not true or false'],
  [{ basic: { restPort: 70000 } }, 'basic.restPort', 'not a port'],
  [{ basic: { rulePatrolInterval: 'soon' } }, 'basic.rulePatrolInterval', 'soon'],
  [{ basic: { nothing: 1 } }, 'basic.nothing', 'no setting of this name'],
  [{ basic: { restTls: 5 } }, 'basic.restTls', 'expected settings below it'],
  [{ bassic: {} }, 'bassic', 'no setting of this name'],
  [{ sink: { nothing: 1 } }, 'sink.nothing', 'no setting of this name'],
])('%j is refused before it is stored', (data, path, text) => {
  const problems = checkOwnerSettings(data);
  expect(problems.map((p) => p.path.join('.'))).toEqual([path]);
  expect(problems[0]!.text).toContain(text);
});

test('names whatever their case, sections and everything that kuiper.yaml takes are taken', () => {
  expect(checkOwnerSettings({ basic: { LOGLEVEL: 'debug', restTls: { certfile: null } }, rule: { qos: 1 } })).toEqual([]);
});

test('a misspelt name names what was meant', () => {
  const [problem] = checkOwnerSettings({ basic: { degub: true } }, (_name, candidates) => candidates.find((c) => c === 'debug'));
  expect(problem!.text).toBe('there is no setting of this name. Did you mean "debug"?');
});
