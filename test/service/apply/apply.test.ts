// A folder of files made true: plan, one change, idempotence, prune, drift, secrets, and the way back.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runCli } from '../../../src/cli/cli.ts';
import type { ApplyReport } from '../../../src/service/index.ts';
import { restOf } from '../../cli/rest-of.ts';
import { makeService } from '../make-service.ts';

type Made = Awaited<ReturnType<typeof makeService>>;
let made: Made;
beforeEach(async () => {
  made = await makeService();
});
afterEach(() => made.close());

const SITE: Record<string, string> = {
  'README.md': '# What people read',
  'streams/demo.sql': 'CREATE STREAM demo (t FLOAT) WITH (DATASOURCE="a/b", CONF_KEY="plant", FORMAT="JSON");\n',
  'tables/limits.sql': 'CREATE TABLE limits (id BIGINT) WITH (DATASOURCE="limits", TYPE="memory", KIND="lookup", KEY="id")',
  'rules/hot.yaml':
    'sql: |-\n  SELECT *\n  FROM demo\n  WHERE t > 50\nactions:\n  - mqtt:\n      server: tcp://127.0.0.1:1\n      topic: hot\n      username: u\n      password: ${secret:broker}\n',
  'rules/all.json': '{"sql": "SELECT * FROM demo", "actions": [{"log": {}}], "tags": ["x"]}',
  'conf-keys/sources/mqtt/plant.yaml': 'server: tcp://127.0.0.1:1\n',
  'connections/main.yaml': 'typ: mqtt\nprops:\n  server: tcp://127.0.0.1:1\n',
  'schemas/protobuf/reading.proto': 'syntax = "proto3"; message Reading { string device = 1; }',
  'uploads/limits/a.csv': 'a,1\n',
};

const apply = async (files: Record<string, unknown>, options: object = {}): Promise<ApplyReport> => {
  const answer = await made.call('POST', '/apply', { files, ...options });
  expect(answer.status, answer.text).toBe(200);
  return JSON.parse(answer.text) as ApplyReport;
};
const outcomes = (report: ApplyReport, but = 'unchanged') =>
  report.items.filter((i) => i.outcome !== but).map((i) => `${i.outcome} ${i.part} ${i.name}`);
const rows = () => [...made.store.tables].filter(([t]) => !['transfer', 'fleet'].includes(t)).map(([t, r]) => [t, [...r].sort()]);
const secret = () => made.call('PUT', '/secrets/broker', { value: 'very-secret' });
const exported = async () => (JSON.parse((await made.call('GET', '/apply/files')).text) as { files: Record<string, string> }).files;

describe('an apply', () => {
  // @covers issue:22#6
  test('makes an empty gateway what the folder says, tells of each object, and does nothing the second time', async () => {
    await secret();
    const report = await apply(SITE, { source: 'commit 1' });
    expect(report.applied).toBe(true);
    expect(outcomes(report)).toEqual([
      'created sourceConfig mqtt.plant',
      'created connectionConfig main',
      'created rules all',
      'created rules hot',
      'created Schema protobuf_reading',
      'created streams demo',
      'created tables limits',
      'created uploads limits/a.csv',
    ]);
    expect(
      made.service.rules
        .list()
        .map((r) => r.id)
        .sort(),
    ).toEqual(['all', 'hot']);
    expect(readFileSync(join(made.root, 'data/uploads/limits/a.csv'), 'utf8')).toBe('a,1\n');
    const before = rows();
    const calls = made.runtime.calls.length;
    const again = await apply(SITE, { source: 'commit 2' });
    expect(again.applied).toBe(true);
    expect(outcomes(again)).toEqual([]);
    expect(again.items.length).toBe(8);
    expect(rows()).toEqual(before);
    expect(made.runtime.calls.length).toBe(calls);
    const last = JSON.parse((await made.call('GET', '/apply')).text) as { source: string; revision: string };
    expect(last).toMatchObject({ source: 'commit 2', revision: report.revision });
    // no copy for an apply that changes nothing: the way back must lead to before the first
    expect(made.service.backup.copies().length).toBe(1);
  });

  test('of what a running gateway writes down changes nothing, also when it was made over REST with other blanks', async () => {
    await made.sql('CREATE   STREAM demo () WITH (DATASOURCE="a", FORMAT="JSON", EXTRA="{\\"password\\":\\"geheim12\\"}")');
    await made.call(
      'POST',
      '/rules',
      '{ "actions": [ { "mqtt": {"server":"tcp://x","topic":"t","password":"geheim12"} } ],\n "sql":"SELECT * FROM demo","id":"r", "options": {"qos": 1} }',
    );
    await made.call('PUT', '/metadata/sources/mqtt/confKeys/plant', { server: 'tcp://plant', password: 'geheim12' });
    const files = await exported();
    expect(Object.keys(files).sort()).toEqual(['conf-keys/sources/mqtt/plant.yaml', 'rules/r.yaml', 'streams/demo.sql']);
    expect(JSON.stringify(files)).not.toContain('geheim12');
    const before = rows();
    const report = await apply(files, { prune: true });
    expect(outcomes(report)).toEqual([]);
    expect(report.applied).toBe(true);
    expect(rows()).toEqual(before);
    // a change beside a mask keeps the secret
    files['rules/r.yaml'] = files['rules/r.yaml']!.replace('topic: t', 'topic: other');
    const changed = await apply(files, { prune: true });
    expect(outcomes(changed)).toEqual(['changed rules r']);
    expect(changed.items.find((i) => i.name === 'r')?.diff).toContain('-       topic: t\n+       topic: other');
    expect(made.store.tables.get('rule')!.get('r')).toContain('geheim12');
  });

  test('leaves everything as it was when one object is refused, and names the file or the object with the reason', async () => {
    await secret();
    await apply(SITE);
    const before = rows();
    const bad = {
      ...SITE,
      'streams/more.sql': 'CREATE STREAM more () WITH (DATASOURCE="m", FORMAT="JSON")',
      'rules/bad.yaml': 'sql: SELECT * FROM nowhere\nactions: [{log: {}}]\n',
    };
    const report = await apply(bad);
    expect(report.applied).toBe(false);
    expect(report.items.find((i) => i.name === 'bad')).toMatchObject({
      part: 'rules',
      outcome: 'refused',
      path: 'rules/bad.yaml',
      reason: expect.stringContaining('fail to get stream nowhere'),
    });
    expect(rows()).toEqual(before);
  });

  test('with prune removes what the folder does not name, keeps secrets, and refuses to take a stream from a rule that stays', async () => {
    await secret();
    await apply(SITE);
    const {
      'rules/all.json': _a,
      'uploads/limits/a.csv': _b,
      'schemas/protobuf/reading.proto': _c,
      'connections/main.yaml': _d,
      ...left
    } = SITE;
    expect(outcomes(await apply(left))).toEqual([]);
    const report = await apply(left, { prune: true });
    expect(outcomes(report)).toEqual([
      'removed connectionConfig main',
      'removed rules all',
      'removed Schema protobuf_reading',
      'removed uploads limits/a.csv',
    ]);
    expect(report.applied).toBe(true);
    expect(existsSync(join(made.root, 'data/uploads/limits/a.csv'))).toBe(false);
    expect((await made.call('GET', '/schemas/protobuf')).text).toBe('[]');
    expect((await made.call('GET', '/connections')).text).toBe('[]');
    expect((await made.call('GET', '/secrets')).text).toContain('broker');
    const { 'streams/demo.sql': _e, ...without } = left;
    const before = rows();
    const refused = await apply(without, { prune: true });
    expect(refused.applied).toBe(false);
    expect(refused.items.find((i) => i.name === 'hot')).toMatchObject({
      outcome: 'refused',
      reason: expect.stringContaining('it would not run any more: fail to get stream demo'),
    });
    expect(rows()).toEqual(before);
  });

  test('with prune of a folder without a single object is refused', async () => {
    await secret();
    await apply(SITE);
    const before = rows();
    const report = await apply({ 'README.md': 'x' }, { prune: true });
    expect(outcomes(report)).toEqual(['refused files .']);
    expect(rows()).toEqual(before);
  });

  test.each([
    ['a dry run', { dryRun: true }],
    ['a comparison', { compareOnly: true }],
  ])('as %s says what would change, and changes nothing', async (_what, options) => {
    await secret();
    const before = rows();
    const report = await apply(SITE, options);
    expect(report.applied).toBe(false);
    expect(outcomes(report).length).toBe(8);
    expect(rows()).toEqual(before);
    expect(existsSync(join(made.root, 'data/uploads/limits/a.csv'))).toBe(false);
    expect(made.service.backup.copies()).toEqual([]);
    expect((await made.call('GET', '/apply')).text).toBe('null');
  });

  test('as a dry run finds the rule that would be refused', async () => {
    const report = await apply({ 'rules/bad.yaml': 'sql: SELECT * FROM nowhere\nactions: [{log: {}}]\n' }, { dryRun: true });
    expect(outcomes(report)).toEqual(['refused rules bad']);
  });

  test('of a mask for which the gateway has no secret is refused, and so is a reference to a secret that is not set', async () => {
    const masked = await apply({ 'connections/c.yaml': 'typ: mqtt\nprops: {server: "tcp://x", password: "******"}\n' });
    expect(masked.applied).toBe(false);
    expect(outcomes(masked)).toEqual(['refused connectionConfig c']);
    expect(masked.items[0]!.reason).toContain('kuiper secret set');
    const { 'streams/demo.sql': demo, 'rules/hot.yaml': hot, 'conf-keys/sources/mqtt/plant.yaml': plant } = SITE;
    const files = { 'streams/demo.sql': demo, 'rules/hot.yaml': hot, 'conf-keys/sources/mqtt/plant.yaml': plant };
    const unset = await apply(files);
    expect(unset.applied).toBe(false);
    expect(outcomes(unset)).toContain('refused rules hot');
    expect(made.service.rules.list()).toEqual([]);
    await secret();
    expect((await apply(files)).applied).toBe(true);
  });

  test('can be taken back', async () => {
    await secret();
    await apply(SITE);
    const before = rows();
    await apply({ ...SITE, 'rules/all.json': '{"sql": "SELECT t FROM demo", "actions": [{"log": {}}]}', 'uploads/limits/a.csv': 'a,2\n' });
    expect(readFileSync(join(made.root, 'data/uploads/limits/a.csv'), 'utf8')).toBe('a,2\n');
    const answer = await made.call('POST', '/restore', { last: true });
    expect(answer.status, answer.text).toBe(200);
    expect(rows()).toEqual(before);
    expect(readFileSync(join(made.root, 'data/uploads/limits/a.csv'), 'utf8')).toBe('a,1\n');
  });
});

describe('a file', () => {
  test.each([
    ['rules/x.yaml', 'sql: SELECT\n  - a: b\n c', 'rules/x.yaml'],
    ['rules/x.yaml', 'id: y\nsql: SELECT 1', 'the file is named x, and its id is y'],
    ['rules/deep/x.yaml', 'sql: SELECT 1', 'it means nothing; expected streams/NAME.sql'],
    ['rules/a b.yaml', 'sql: SELECT 1', '"a b" is not a name'],
    ['streams/a.sql', 'CREATE STREAM b () WITH (DATASOURCE="x")', 'the file is named a, and the statement creates b'],
    ['tables/a.sql', 'CREATE STREAM a () WITH (DATASOURCE="x")', 'expected CREATE TABLE a'],
    ['streams/a.sql', 'DROP STREAM a', 'expected CREATE STREAM a'],
    ['streams/a.sql', 'CREATE STREAM a () WITH (DATASOURCE="x", EXTRA="{\\"password\\":\\"abcdef\\"}")', 'a secret in clear'],
    ['rules/x.yaml', 'sql: SELECT 1\nactions: [{mqtt: {password: abcdef}}]', 'actions/0/mqtt/password: a secret in clear'],
    ['connections/x.yaml', 'typ: mqtt\nprops: {password: abcdef}', 'props/password: a secret in clear'],
    ['connections/x.yaml', 'typ: mqtt\nprps: {}', 'expected typ and props, and no prps'],
    ['conf-keys/connections/mqtt/x.yaml', 'server: x', 'it means nothing'],
    ['plugins/twice.ts', 'x', 'expected streams/NAME.sql'],
    ['plugins/functions/twice.zip', 'x', 'put its files here instead'],
    ['uploads/../../evil', 'x', 'the path leads out of the folder'],
    ['/etc/passwd', 'x', 'the path leads out of the folder'],
    ['uploads\\x', 'x', 'the path leads out of the folder'],
    ['setings.yaml', 'a: 1', 'it means nothing'],
    ['rules/x.yaml', 'a: &a\n  b: *a', 'an alias'],
  ])('%s with %j is refused with the reason', async (path, content, reason) => {
    const report = await apply({ [path]: content });
    expect(report.applied).toBe(false);
    expect(report.items).toEqual([
      { part: 'files', name: path, path, outcome: 'refused', reason: expect.stringContaining(reason.replace('rules/x.yaml', '')) },
    ]);
  });

  test('that says the same object as another one is refused', async () => {
    const report = await apply({ 'rules/x.yaml': 'sql: SELECT 1', 'rules/x.json': '{"sql":"SELECT 2"}' });
    expect(report.items[0]).toMatchObject({ outcome: 'refused', path: 'rules/x.yaml', reason: 'rules/x.json says it already' });
  });

  test('of Git, and what people keep beside a configuration, means nothing', async () => {
    const report = await apply({ '.git/config': 'x', LICENSE: 'x', 'docs/notes.md': 'x', 'streams/.keep': '', 'index.json': '{}' });
    expect(report.items).toEqual([]);
  });
});

describe('kuiper apply', () => {
  test('shows the plan, applies, finds drift with exit code 4, writes a folder, and rolls back', async () => {
    await secret();
    const server = await restOf(made);
    const folder = mkdtempSync(join(tmpdir(), 'kuiper-apply-'));
    const site = join(folder, 'site');
    for (const [path, text] of Object.entries(SITE)) {
      mkdirSync(dirname(join(site, path)), { recursive: true });
      writeFileSync(join(site, path), text);
    }
    const kuiper = async (...args: string[]) => {
      const lines: string[] = [];
      const code = await runCli(['--url', server.url, 'apply', ...args], {}, (text) => lines.push(text));
      return { code, text: lines.join('\n') };
    };
    try {
      const dry = await kuiper(site, '--dry-run');
      expect(dry.code).toBe(0);
      expect(dry.text).toContain('+ created  rules hot\n      + sql: |-');
      expect(dry.text).toMatch(/8 created; nothing was changed\.$/);
      expect((await kuiper(site, '--check')).code).toBe(4);
      expect((await kuiper(site)).text).toMatch(/8 created; applied as revision [0-9a-f]{12}\.$/);
      expect(await kuiper(site, '--check', '--prune')).toEqual({ code: 0, text: '8 unchanged; nothing was changed.' });
      await made.call('PUT', '/rules/all', { sql: 'SELECT t FROM demo', actions: [{ log: {} }], tags: ['x'] });
      const drift = await kuiper(site, '--check');
      expect(drift.code).toBe(4);
      expect(drift.text).toContain('~ changed  rules all\n      - sql: SELECT t FROM demo\n      + sql: SELECT * FROM demo');
      expect((await kuiper(site, '-q')).text).toMatch(/^~ changed {2}rules all\n1 changed, 7 unchanged; applied/);
      expect((await kuiper('--rollback')).text).toContain('changed   rules all');
      expect(JSON.parse((await made.call('GET', '/rules/all')).text)).toMatchObject({ sql: 'SELECT t FROM demo' });
      const out = join(folder, 'out');
      expect((await kuiper('--export', out)).text).toBe('8 files in ' + out + '.');
      expect(readdirSync(out).sort()).toEqual(['conf-keys', 'connections', 'rules', 'schemas', 'streams', 'tables', 'uploads']);
      expect(await kuiper(out, '--check', '--prune')).toMatchObject({ code: 0 });
      expect((await kuiper('--export', out)).code).toBe(2);
      writeFileSync(join(site, 'rules/bad.yaml'), 'sql: SELECT * FROM nowhere\nactions: [{log: {}}]');
      const refused = await kuiper(site);
      expect(refused.code).toBe(1);
      expect(refused.text).toContain('! refused  rules bad: ');
      expect((await kuiper(join(folder, 'none'))).code).toBe(2);
    } finally {
      server.destroy();
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
