// The real kuiperd: hostile paths of messages cost their own row, are told and dead-lettered; and every file that the gateway made for itself is one that
// no rule writes to and no request reads.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ownPlaces } from '../../src/base/files/own-places.ts';
import { type RunningDaemon, runDaemon } from './daemon-process.ts';

let root: string;
let daemon: RunningDaemon;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kuiper-own-'));
});
afterEach(async () => {
  await daemon?.stop('SIGKILL');
  rmSync(root, { recursive: true, force: true });
});
const must = async (method: string, path: string, body?: unknown) => {
  const answer = await daemon.call(method, path, body);
  expect(answer.status, answer.text).toBeLessThan(300);
  return answer.text;
};
const rule = async (rows: object[], actions: object[]) => {
  await must('PUT', '/metadata/sources/simulator/confKeys/rows', { data: rows, interval: '5ms', loop: false });
  await must('POST', '/streams', { sql: 'CREATE STREAM s () WITH (TYPE="simulator", CONF_KEY="rows", FORMAT="JSON")' });
  await must('POST', '/rules', { id: 'r', sql: 'SELECT * FROM s', actions });
};

// @covers issue:13#1
// @covers finding:sql#B1
test('a payload that names a file of the gateway costs its row, is counted, told and dead-lettered, and the next rows go on', async () => {
  daemon = await runDaemon(root);
  const before = readFileSync(join(root, 'etc/kuiper.yaml'), 'utf8');
  const hostile = ['../../etc/kuiper.yaml', '../../plugins/functions/zz.mjs', '../sqliteKV.db', '../../../x', '', '.ssh/x', 'x\0y'];
  const rows = [
    { device: 'one', line: '1' },
    ...hostile.map((device) => ({ device, line: 'export class Zz {}' })),
    { device: 'two', line: '2' },
  ];
  await rule(rows, [
    { file: { path: 'data/logs/{{.device}}', dataTemplate: '{{.line}}', sendSingle: true } },
    { file: { path: 'data/dead.jsonl', sendSingle: true, deadLetter: true } },
  ]);
  const health = await vi.waitFor(
    async () => {
      expect(existsSync(join(root, 'data/logs/two'))).toBe(true);
      const text = await must('GET', '/rules/r/health');
      expect(text).toContain('refused');
      const dead = readFileSync(join(root, 'data/dead.jsonl'), 'utf8').trim().split('\n');
      expect(dead.length).toBe(hostile.length);
      expect(dead.every((l) => (JSON.parse(l) as { reason: string }).reason.includes('property path'))).toBe(true);
      return JSON.parse(text) as { problems: unknown[] };
    },
    { timeout: 8000, interval: 50 },
  );
  expect(JSON.stringify(health)).toContain(`${hostile.length} rows`);
  expect(readFileSync(join(root, 'etc/kuiper.yaml'), 'utf8')).toBe(before);
  expect(readdirSync(join(root, 'plugins/functions'))).toEqual([]);
  expect(readdirSync(join(root, 'data/logs')).sort()).toEqual(['one', 'two']);
  expect((await must('GET', '/plugins/functions')).trim()).toBe('[]');
});

test('every file that the gateway keeps is its own', async () => {
  daemon = await runDaemon(root);
  await rule([{ a: 1 }], [{ memory: { topic: 't' } }]);
  await must('POST', '/config/uploads', { name: 'u.txt', content: 'x' });
  const own = ownPlaces(root);
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((e) => !e.isDirectory());
  expect(files.length).toBeGreaterThan(10);
  for (const f of files)
    expect(await own.writeRefusal(f.parentPath, f.name), join(f.parentPath, f.name)).toContain('belongs to the gateway');
  for (const f of files.filter((e) => /\.db|yaml$|pid$|guard/.test(e.name) || e.parentPath.endsWith('mgmt')))
    expect(await own.readRefusal(join(f.parentPath, f.name)), join(f.parentPath, f.name)).toContain('belongs to the gateway');
});

// @covers finding:security#D8
test('tokens, databases, configuration and processes are read by no upload, schema, import or source, whatever the settings say', async () => {
  daemon = await runDaemon(root, { KUIPER__BASIC__ALLOWEXTERNALFILEACCESS: 'true' });
  writeFileSync(join(root, 'etc/mgmt/tokens'), '# secret-of-tokens\n');
  writeFileSync(join(root, 'open.txt'), 'open');
  symlinkSync(join(root, 'etc/mgmt/tokens'), join(root, 'data/uploads/link'));
  symlinkSync('/proc/self/environ', join(root, 'data/environ'));
  const places = ['etc/mgmt/tokens', 'etc/kuiper.yaml', 'data/sqliteKV.db', 'data/uploads/link', 'data/../etc/mgmt/tokens', 'data/environ', 'data/%2e%2e/etc/mgmt/tokens'].map((p) => `${root}/${p}`); // biome-ignore format: one list
  for (const file of [...places, '/proc/self/environ', '/proc/self/root' + root + '/etc/mgmt/tokens']) {
    for (const [path, body] of [
      ['/config/uploads', { name: 'x', file: `file://${file}` }],
      ['/schemas/protobuf', { name: 'x', file: `file://${file}` }],
      ['/data/import', { file: `file://${file}` }],
      ['/ruleset/import', { file: `file://${file}` }],
    ] as const) {
      const answer = await daemon.call('POST', path, body);
      expect([answer.status, answer.text], `${path} ${file}`).toEqual([400, expect.stringContaining('file access denied')]);
      expect(answer.text).not.toContain('secret-of-tokens');
    }
  }
  symlinkSync(join(root, 'etc/mgmt/tokens'), join(root, 'data/link.zip'));
  expect((await daemon.call('POST', '/plugins/functions', { name: 'x', file: `file://${root}/data/link.zip` })).text).toContain(
    'access denied',
  );
  await must('POST', '/config/uploads', { name: 'x', file: `file://${join(root, 'open.txt')}` });
  for (const [n, file] of ['etc/mgmt/tokens', 'data/environ', 'data/uploads/link'].entries()) {
    await must('PUT', `/metadata/sources/file/confKeys/f${n}`, { path: root, fileType: 'lines', interval: '1s' });
    await must('POST', '/streams', {
      sql: `CREATE STREAM f${n} () WITH (TYPE="file", CONF_KEY="f${n}", DATASOURCE="${file}", FORMAT="binary")`,
    });
    await daemon.call('POST', '/rules', { id: `f${n}`, sql: `SELECT * FROM f${n}`, actions: [{ memory: { topic: 'x' } }] });
    await vi.waitFor(async () => expect((await daemon.call('GET', `/rules/f${n}/status`)).text).toContain('belongs to the gateway'), { timeout: 5000 }); // biome-ignore format: one line
  }
  // an export shows uploads, and follows no link out of them
  expect(await must('GET', '/data/export')).not.toContain('secret-of-tokens');
});

test('by default file:// in a request reaches uploads only', async () => {
  daemon = await runDaemon(root);
  writeFileSync(join(root, 'open.txt'), 'open');
  const answer = await daemon.call('POST', '/config/uploads', { name: 'x', file: `file://${join(root, 'open.txt')}` });
  expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('file access denied: path must be under')]);
  await must('POST', '/config/uploads', { name: 'a', content: 'one' });
  await must('POST', '/config/uploads', { name: 'b', file: `file://${join(root, 'data/uploads/a')}` });
  expect(readFileSync(join(root, 'data/uploads/b'), 'utf8')).toBe('one');
});
