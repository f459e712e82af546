// Plugins and settings in a folder, on the real gateway: they take effect with the rules that need them, or not at all.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ApplyReport } from '../../../src/service/index.ts';
import { type RealGateway, realGateway } from '../../helpers/real-gateway.ts';

let box: RealGateway;
beforeAll(async () => {
  box = await realGateway();
});
afterAll(() => box.close());

const TWICE = 'export class Twice { exec(args) { return args[0] * 2; } isAggregate() { return false; } }\n';
const SITE: Record<string, string> = {
  'plugins/functions/twice.ts': TWICE,
  'plugin-files/functions/twice/table.txt': 'x',
  'streams/demo.sql': 'CREATE STREAM demo (a BIGINT) WITH (DATASOURCE="applied", TYPE="memory", FORMAT="JSON")',
  'rules/two.yaml': 'sql: SELECT twice(a) AS b FROM demo\nactions:\n  - nop: {}\n',
  'settings.yaml': 'basic:\n  logLevel: warn\n  enablePrivateNet: true\n',
};
const apply = async (files: Record<string, string>, options: object = {}): Promise<ApplyReport> =>
  JSON.parse((await box.call('POST', '/apply', { files, ...options })).text) as ApplyReport;
const outcomes = (report: ApplyReport) =>
  report.items.filter((i) => i.outcome !== 'unchanged').map((i) => `${i.outcome} ${i.part} ${i.name}`);
const setting = async (path: string) => (JSON.parse((await box.call('GET', `/settings/${path}`)).text) as { value: unknown }).value;

test('a plugin, the rule that calls it and settings come with one apply, and the second one changes nothing', async () => {
  const report = await apply(SITE);
  expect(report.items.filter((i) => i.outcome === 'refused')).toEqual([]);
  expect(report.applied).toBe(true);
  expect(JSON.parse((await box.call('GET', '/rules/two/status')).text)).toMatchObject({ status: 'running' });
  expect(await setting('basic.logLevel')).toBe('warn');
  expect(await setting('basic.enablePrivateNet')).toBe(true);
  expect(readFileSync(join(box.root, 'etc/functions/twice/table.txt'), 'utf8')).toBe('x');
  expect(outcomes(await apply(SITE, { prune: true }))).toEqual([]);
  expect(outcomes(await apply(SITE, { prune: true, compareOnly: true }))).toEqual([]);
});

test('a plugin that does not run refuses the apply, and the one before, its rule and the settings are in effect as before', async () => {
  const report = await apply({
    ...SITE,
    'plugins/functions/twice.ts': 'export class Twice { nothing() {} }\n',
    'settings.yaml': 'basic:\n  logLevel: error\n',
    'rules/more.yaml': 'sql: SELECT a FROM demo\nactions:\n  - nop: {}\n',
  });
  expect(report.applied).toBe(false);
  expect(report.items.find((i) => i.part === 'plugins')).toMatchObject({ outcome: 'refused', name: 'functions/twice.ts' });
  expect(readFileSync(join(box.root, 'plugins/functions/twice.ts'), 'utf8')).toBe(TWICE);
  expect(await setting('basic.logLevel')).toBe('warn');
  expect((await box.call('GET', '/rules/more')).status).toBe(404);
  expect(JSON.parse((await box.call('GET', '/rules/two/status')).text)).toMatchObject({ status: 'running' });
  expect(JSON.parse((await box.call('GET', '/plugins/functions/twice')).text)).toMatchObject({ name: 'twice' });
});

test.each([
  [
    'a name that is none',
    'basic:\n  logLevl: warn\n',
    'settings.yaml: basic.logLevl: there is no setting of this name. Did you mean "logLevel"?',
  ],
  ['a secret', 'basic:\n  aesKey: abc\n', 'this is a secret'],
  ['an address without a token', 'basic:\n  restIp: 0.0.0.0\n', 'basic.authentication is false'],
])('settings with %s refuse the apply, and nothing of it is in effect', async (_what, text, reason) => {
  const before = readFileSync(join(box.root, 'etc/owner.json'), 'utf8');
  const report = await apply({ ...SITE, 'settings.yaml': text, 'rules/more.yaml': 'sql: SELECT a FROM demo\nactions: [{nop: {}}]\n' });
  expect(report.applied).toBe(false);
  expect(
    report.items
      .filter((i) => i.outcome === 'refused')
      .map((i) => i.reason)
      .join(),
  ).toContain(reason);
  expect(readFileSync(join(box.root, 'etc/owner.json'), 'utf8')).toBe(before);
  expect(await setting('basic.logLevel')).toBe('warn');
  expect((await box.call('GET', '/rules/more')).status).toBe(404);
});

test('a dry run with a new plugin loads nothing and says that rules are checked later', async () => {
  const report = await apply({ ...SITE, 'plugins/functions/thrice.ts': TWICE.replace('Twice', 'Thrice') }, { dryRun: true });
  expect(outcomes(report)).toEqual(['created plugins functions/thrice.ts']);
  expect(report.notes).toEqual(['Plugins and settings change: rules are checked against them when it is applied, all of it or nothing.']);
  expect(existsSync(join(box.root, 'plugins/functions/thrice.ts'))).toBe(false);
});

test('prune removes the plugin with its rule, unsets the setting, and leaves the files in etc', async () => {
  const { 'streams/demo.sql': demo } = SITE;
  const report = await apply({ 'streams/demo.sql': demo!, 'settings.yaml': 'basic:\n  logLevel: warn\n' }, { prune: true });
  expect(outcomes(report)).toEqual(['removed plugins functions/twice.ts', 'removed rules two', 'removed settings basic.enablePrivateNet']);
  expect(report.applied).toBe(true);
  expect(existsSync(join(box.root, 'plugins/functions/twice.ts'))).toBe(false);
  expect(existsSync(join(box.root, 'etc/functions/twice/table.txt'))).toBe(true);
  expect(await setting('basic.enablePrivateNet')).toBe(false);
  const back = await box.call('POST', '/restore', { last: true });
  expect(back.status, back.text).toBe(200);
  expect(await setting('basic.enablePrivateNet')).toBe(true);
  expect(JSON.parse((await box.call('GET', '/rules/two/status')).text)).toMatchObject({ status: 'running' });
});
