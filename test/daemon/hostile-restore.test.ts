// Backups that are damaged, foreign or newer, and restores that meet each other: the running gateway stays what it was and says what is wrong.
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningDaemon, runDaemon } from './daemon-process.ts';

const MAGIC = 'kuiper-backup\n';
const PASSPHRASE = 'correct horse';
let root: string;
let daemon: RunningDaemon;
/** Without secrets, so that the cases can write into it; and one under a pass phrase. */
let plain: Buffer;
let sealed: Buffer;
const made = async (method: string, path: string, body: unknown) => {
  const answer = await daemon.call(method, path, body);
  expect(answer.status, answer.text).toBeLessThan(300);
};
const backup = async (request: object): Promise<Buffer> => {
  const answer = await fetch(`${daemon.url}/backup`, { method: 'POST', body: JSON.stringify(request) });
  expect(answer.status).toBe(200);
  return Buffer.from(await answer.arrayBuffer());
};
const restore = (file: Buffer, more: object = {}) =>
  daemon.call('POST', '/restore', { backup: file.toString('base64'), passphrase: PASSPHRASE, ...more });
const headerOf = (file: Buffer): Record<string, unknown> =>
  JSON.parse(file.subarray(MAGIC.length, file.indexOf(10, MAGIC.length)).toString());
const bodyOf = (file: Buffer) => file.subarray(file.indexOf(10, MAGIC.length) + 1);
/** A file whose checksum fits, whatever is in it. */
const fileOf = (header: unknown, body: Buffer): Buffer => {
  const whole =
    typeof header === 'object' && header !== null ? { ...header, sha256: createHash('sha256').update(body).digest('hex') } : header;
  return Buffer.concat([Buffer.from(`${MAGIC}${JSON.stringify(whole)}\n`), body]);
};
interface Content {
  tables: Record<string, unknown>;
  files: Record<string, unknown>;
  state?: unknown;
}
const edited = (edit: (content: Content) => unknown): Buffer => {
  const content: Content = JSON.parse(gunzipSync(bodyOf(plain)).toString());
  return fileOf(headerOf(plain), gzipSync(JSON.stringify(edit(content) ?? content)));
};
const state = async () => ({
  all: JSON.parse((await daemon.call('GET', '/data/export')).text),
  rules: JSON.parse((await daemon.call('GET', '/rules')).text).map((r: { id: string; status: string }) => [r.id, r.status]),
  transfer: readdirSync(join(root, 'data')).includes('transfer'),
  uploads: readdirSync(join(root, 'data/uploads')).map((f) => [f, readFileSync(join(root, 'data/uploads', f), 'utf8')]),
});

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'kuiper-hostile-restore-'));
  daemon = await runDaemon(root);
  await made('POST', '/streams', { sql: 'CREATE STREAM demo () WITH (DATASOURCE="d", TYPE="memory", FORMAT="JSON")' });
  await made('POST', '/rules', { id: 'r', sql: 'SELECT * FROM demo', actions: [{ nop: {} }] });
  await made('PUT', '/metadata/sources/mqtt/confKeys/plant', { server: 'tcp://127.0.0.1:1', password: 'x' });
  await made('POST', '/config/uploads', { name: 'limits ä 测.csv', content: 'a,1' });
  plain = await backup({ withoutSecrets: true, state: true });
  sealed = await backup({ passphrase: PASSPHRASE });
}, 60_000);
afterAll(async () => {
  await daemon.stop('SIGKILL');
  rmSync(root, { recursive: true, force: true });
});

const scrypt = (N: number, r: number, p: number) => () =>
  fileOf({ ...headerOf(sealed), scrypt: { N, r, p, salt: 'AAAA' } }, bodyOf(sealed));
const row = (table: string, key: string, value: unknown) => () =>
  edited((c) => {
    c.tables[table] = { [key]: value };
  });
const file = (path: string, value: unknown) => () =>
  edited((c) => {
    c.files[path] = value;
  });
const ok = { mode: 0o600, base64: 'YQ==' };

describe('a file that is no whole backup of ours', () => {
  // @covers issue:21#2
  test.each<[what: string, file: () => Buffer]>([
    ['an empty header', () => fileOf({}, bodyOf(plain))],
    ['a header that is null', () => fileOf(null, bodyOf(plain))],
    ['a header that is a list', () => Buffer.from(`${MAGIC}[]\nx`)],
    ['a header without end', () => Buffer.from(`${MAGIC}${'x'.repeat(100_000)}`)],
    ['the first half', () => sealed.subarray(0, sealed.length / 2)],
    ['a later form', () => fileOf({ ...headerOf(plain), readableFrom: 99 }, bodyOf(plain))],
    ['an unknown way of sealing', () => fileOf({ ...headerOf(plain), secrets: 'rot13' }, bodyOf(plain))],
    ['sealed, without a byte', () => fileOf(headerOf(sealed), Buffer.alloc(0))],
    ['scrypt that takes 2 GB', scrypt(2 ** 20, 16, 1)],
    ['scrypt of an odd N', scrypt(12345, 8, 1)],
    ['scrypt of half a round', scrypt(2 ** 14, 0.5, 1)],
    ['no gzip', () => fileOf(headerOf(plain), Buffer.from('PK'))],
    ['gzip of no JSON', () => fileOf(headerOf(plain), gzipSync('x'))],
    ['content that is null', () => fileOf(headerOf(plain), gzipSync('null'))],
    ['tables that are a list of numbers', () => fileOf(headerOf(plain), gzipSync('{"tables":[1],"files":[]}'))],
    ['a table that is null', () => edited((c) => void (c.tables['rule'] = null))],
    ['a row that is a number', row('rule', 'r', 5)],
    ['a stream row of no JSON', row('stream', 'demo', 'x')],
    ['a stream row without sql', row('stream', 'demo', '{}')],
    ['a stream row of no statement', row('stream', 'demo', '{"sql":"DROP STREAM demo"}')],
    ['a conf key of no object', row('confKey', 'sources.mqtt.plant', '[1]')],
    ['a conf key of no kind', row('confKey', 'x', '{}')],
    ['a connection that is null', row('connection', 'c', 'null')],
    ['a secret of no JSON', row('secret', 's', 'x')],
    ['a file without content', file('data/uploads/x', {})],
    ['a file that is null', file('data/uploads/x', null)],
    ['a file that leads out', file('data/uploads/../../../x', ok)],
    ['a file with a zero byte', file('data/uploads/x\0y', ok)],
    ['a file of a name that no disk takes', file(`data/uploads/${'x'.repeat(300)}`, ok)],
    ['a file where there is a folder', file('data/uploads', ok)],
    ['a file below a file', () => edited((c) => void Object.assign(c.files, { 'data/uploads/x': ok, 'data/uploads/x/y': ok }))],
    ['the key of the device', file('etc/device.key', ok)],
    ['state that is text', () => edited((c) => void (c.state = 'x'))],
    ['state of broken pages', () => edited((c) => void (c.state = { checkpoints: { r: null }, queues: { 'r/nop_0': 5 } }))],
  ])('%s is refused with a reason, and nothing is changed', async (_what, file) => {
    const before = await state();
    const answer = await restore(file());
    expect([answer.status, answer.text], answer.text).toEqual([400, expect.stringMatching(/"message":".{10}/)]);
    expect(answer.text).not.toMatch(/TypeError|undefined|not a function|Cannot read|INTERNAL/);
    expect(await state()).toEqual(before);
    expect((await daemon.call('GET', '/ping')).status).toBe(200);
  });
});

// @covers issue:21#1
test('after a new key of the device, the copy from before the last restore opens, and everything that is sealed', async () => {
  await made('PUT', '/secrets/named', { value: 'v' });
  const before = await state();
  expect((await restore(plain)).status).toBe(200);
  await made('POST', '/secrets/rekey', {});
  const last = await daemon.call('POST', '/restore', { last: true });
  expect(last.status, last.text).toBe(200);
  expect(await state()).toEqual(before);
  // and after a restart, with the new key alone
  await daemon.stop();
  daemon = await runDaemon(root);
  expect((await daemon.call('POST', '/restore', { last: true })).status).toBe(200);
  await made('DELETE', '/secrets/named', undefined);
}, 60_000);

// @covers issue:21#2
test('two restores at once, over rules that run: the gateway is what one of them says, all of it', async () => {
  const other = edited((c) => {
    c.tables['stream'] = { s2: JSON.stringify({ sql: 'CREATE STREAM s2 () WITH (DATASOURCE="d", TYPE="memory", FORMAT="JSON")' }) };
    c.tables['rule'] = { r2: JSON.stringify({ id: 'r2', sql: 'SELECT * FROM s2', actions: [{ nop: {} }] }) };
    delete c.files['data/uploads/limits ä 测.csv'];
    c.files['data/uploads/other # ?%2f.csv'] = ok;
  });
  const answers = await Promise.all([restore(plain), restore(other), restore(plain), restore(other)]);
  expect(answers.map((a) => a.status)).toEqual([200, 200, 200, 200]);
  const { all, rules, uploads, transfer } = await state();
  expect([Object.keys(all.streams), rules, uploads, transfer]).toEqual([['s2'], [['r2', 'running']], [['other # ?%2f.csv', 'a']], false]);
  expect((await restore(sealed)).status).toBe(200);
  const back = await state();
  expect([back.rules, back.uploads]).toEqual([[['r', 'running']], [['limits ä 测.csv', 'a,1']]]);
}, 60_000);
