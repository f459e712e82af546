// One file with everything, and back again: what protects it, what it refuses, what a clone keeps of its own.
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { newSealKey } from '../../src/base/seal.ts';
import { readEnvelope, readHeader, writeEnvelope } from '../../src/service/backup/envelope.ts';
import type { ImportReport } from '../../src/service/index.ts';
import { createVault } from '../../src/service/secrets/vault.ts';
import { makeService } from './make-service.ts';
import { createMemoryStore } from './memory-store.ts';

type Made = Awaited<ReturnType<typeof makeService>>;
const made: Made[] = [];
const make = async () => {
  const one = await makeService(createMemoryStore(), false, { vault: createVault({ ring: [newSealKey()] }), version: '9.9.9' });
  made.push(one);
  return one;
};
afterEach(async () => {
  for (const one of made.splice(0)) await one.close();
});

const FACTS = { createdAtMs: 5, gateway: '9.9.9', gatewayId: 'g', state: false };
const PASS = 'correct horse';

async function filled(): Promise<Made> {
  const one = await make();
  await one.sql('CREATE STREAM demo () WITH (DATASOURCE="a", TYPE="mqtt", CONF_KEY="k", FORMAT="JSON")');
  await one.sql('CREATE TABLE latest () WITH (DATASOURCE="l", TYPE="memory", KIND="lookup", KEY="id")', '/tables');
  await one.call('PUT', '/metadata/sources/mqtt/confKeys/k', { server: 'tcp://h', password: 'planted-1' });
  await one.call('POST', '/connections', { id: 'con', typ: 'mqtt', props: { server: 'tcp://h', password: 'planted-2' } });
  await one.call('PUT', '/secrets/api', { value: 'planted-3' });
  const mqtt = { connectionSelector: 'con', topic: 't', password: 'planted-4' };
  await one.call('POST', '/rules', { id: 'r', tags: ['a'], sql: 'SELECT * FROM demo', actions: [{ mqtt }] });
  await one.call('POST', '/config/uploads', { name: 'f.csv', content: 'a,1' });
  await one.call('POST', '/schemas/protobuf', { name: 'reading', content: 'syntax = "proto3"; message R { string a = 1; }' });
  for (const [path, text] of [
    ['etc/kuiper.yaml', 'basic:\n  restPort: 9082\n'],
    ['etc/mgmt/tokens', 'admin admin 00\n'],
    ['etc/sinks/mqtt.yaml', 'default:\n  password: planted-5\n'],
    ['etc/certs/client.key', 'PRIVATE KEY planted-6'],
    ['etc/device.key', 'planted-device'],
    ['plugins/functions/notes.txt', 'mine'],
    ['data/gateway-id', '11111111-1111-4111-8111-111111111111\n'],
  ] as const) {
    mkdirSync(join(one.root, path, '..'), { recursive: true });
    writeFileSync(join(one.root, path), text);
  }
  return one;
}
const backupOf = async (one: Made, request: object): Promise<Buffer> => {
  const { reply } = await one.call('POST', '/backup', request);
  expect(reply.status, String(reply.body)).toBe(200);
  return reply.body as Buffer;
};
const restore = async (one: Made, file: Buffer, more: object) => {
  const answer = await one.call('POST', '/restore', { backup: file.toString('base64'), ...more });
  return { ...answer, report: (answer.status === 200 ? JSON.parse(answer.text) : {}) as ImportReport };
};

describe('a backup', () => {
  // @covers issue:21#2
  // @covers finding:ease#B4
  test('makes of a fresh gateway what the other one was, secrets included', async () => {
    const a = await filled();
    const file = await backupOf(a, { passphrase: PASS });
    expect(file.toString('latin1')).not.toContain('planted');
    const b = await make();
    await b.sql('CREATE STREAM old () WITH (DATASOURCE="x")');
    writeFileSync(join(b.root, 'data/uploads/stays-not.csv'), 'x');
    const { status, text, report } = await restore(b, file, { passphrase: PASS });
    expect(status, text).toBe(200);
    expect(report.applied).toBe(true);
    expect(report.items.filter((i) => i.outcome === 'removed').map((i) => i.name)).toEqual(['old']);
    expect(report.items.flatMap((i) => i.missing ?? [])).toEqual([]);
    for (const path of ['/data/export', '/secrets', '/rules/r', '/streams', '/tables']) {
      const strip = (t: string) => t.replace(/"setAtMs":\d+/g, '');
      expect(strip((await b.call('GET', path)).text), path).toBe(strip((await a.call('GET', path)).text));
    }
    expect(b.runtime.rule('r')!.definition.actions[0]!.props).toMatchObject({ password: 'planted-2' });
    expect(b.runtime.rule('r')!.definition.sources('demo').props).toMatchObject({ password: 'planted-1' });
    expect(b.runtime.calls).toContain('start r');
    for (const path of [
      'etc/kuiper.yaml',
      'etc/mgmt/tokens',
      'etc/certs/client.key',
      'data/uploads/f.csv',
      'data/schemas/protobuf/reading.proto',
      'plugins/functions/notes.txt',
      'data/gateway-id',
    ])
      expect(readFileSync(join(b.root, path), 'utf8'), path).toBe(readFileSync(join(a.root, path), 'utf8'));
    expect(existsSync(join(b.root, 'data/uploads/stays-not.csv'))).toBe(false);
    expect(existsSync(join(b.root, 'etc/device.key'))).toBe(false);
    expect(JSON.stringify([...b.store.tables].map(([, rows]) => [...rows]))).not.toContain('planted');
  });

  test('of a clone leaves the other device its own identity', async () => {
    const file = await backupOf(await filled(), { passphrase: PASS });
    const b = await make();
    writeFileSync(join(b.root, 'data/gateway-id'), '22222222-2222-4222-8222-222222222222\n');
    expect((await restore(b, file, { passphrase: PASS, clone: true })).report.applied).toBe(true);
    expect(readFileSync(join(b.root, 'data/gateway-id'), 'utf8')).toContain('22222222');
  });

  // @covers issue:21#2
  test('in a dry run lists what would change, and changes nothing', async () => {
    const a = await filled();
    const file = await backupOf(a, { passphrase: PASS });
    await a.call('DELETE', '/rules/r');
    await a.call('PUT', '/metadata/sources/mqtt/confKeys/k', { server: 'tcp://new' });
    const rows = () => JSON.stringify([...a.store.tables].map(([t, r]) => [t, [...r]]));
    const before = rows();
    const { report } = await restore(a, file, { passphrase: PASS, dryRun: true });
    expect(report.applied).toBe(false);
    expect(report.items.filter((i) => i.outcome !== 'unchanged').map((i) => `${i.outcome} ${i.part} ${i.name}`)).toEqual([
      'created rules r',
      'changed sourceConfig mqtt.k',
    ]);
    expect(rows()).toBe(before);
  });

  test('without secrets leaves them out, and the files that hold some, and names both when it is restored', async () => {
    const file = await backupOf(await filled(), { withoutSecrets: true });
    const { content } = await readEnvelope(file, {});
    expect(JSON.stringify(content)).not.toContain('planted');
    const b = await make();
    const { report } = await restore(b, file, {});
    expect(report.applied).toBe(true);
    const missing = report.items.filter((i) => i.missing).map((i) => `${i.name}: ${i.missing!.join()}`);
    expect(missing).toEqual(['r: actions/0/mqtt/password', 'mqtt.k: password', 'mqtt.con: password']);
    const notes = report.notes.join();
    for (const left of ['etc/mgmt/tokens', 'etc/sinks/mqtt.yaml', 'etc/certs/client.key'])
      expect(notes).toContain(`${left}: it holds secrets`);
  });

  test('for a recipient opens with the private key only', async () => {
    const pem = { publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } } as const;
    const [mine, other] = [generateKeyPairSync('x25519', pem), generateKeyPairSync('x25519', pem)];
    const a = await filled();
    const file = await backupOf(a, { recipient: mine.publicKey });
    const b = await make();
    expect((await restore(b, file, {})).text).toContain('encrypted for a recipient, and no private key was given');
    expect((await restore(b, file, { key: other.privateKey })).text).toContain('the key is not the one that it was written for');
    expect((await restore(b, file, { key: mine.privateKey })).report.applied).toBe(true);
    expect((await a.call('POST', '/backup', { recipient: 'nonsense' })).text).toContain('no public X25519 key in PEM');
  });

  test('is not written before it is said what becomes of secrets', async () => {
    const a = await make();
    for (const request of [{}, { passphrase: PASS, withoutSecrets: true }])
      expect((await a.call('POST', '/backup', request)).text).toContain('give a pass phrase');
    expect((await a.call('POST', '/backup', { passphrase: 'short77' })).text).toContain('give 8 characters or more');
  });
});

describe('the file of a backup', () => {
  const write = () => writeEnvelope({ a: 1 }, FACTS, { by: 'passphrase', passphrase: PASS });

  test('says how it was written and gives its content back', async () => {
    const file = await write();
    expect(readHeader(file).header).toMatchObject({
      ...FACTS,
      format: 1,
      readableFrom: 1,
      secrets: 'passphrase',
      scrypt: { N: 32_768, r: 8, p: 1 },
    });
    expect((await readEnvelope(file, { passphrase: PASS })).content).toEqual({ a: 1 });
  });

  test('that is cut, changed, or opened with another pass phrase is refused with the reason', async () => {
    const file = await write();
    const refusal = (bytes: Buffer, passphrase?: string) =>
      readEnvelope(bytes, { passphrase }).then(
        () => 'taken',
        (e: Error) => e.message,
      );
    expect(await refusal(file)).toContain('none was given');
    expect(await refusal(file, 'another one')).toContain('the pass phrase is wrong');
    expect(await refusal(file.subarray(0, -1), PASS)).toContain('cut or damaged');
    expect(await refusal(Buffer.from('PK'), PASS)).toContain('does not begin as one');
    expect(await refusal(file.subarray(0, 30), PASS)).toContain('its header is cut');
    for (let i = 0; i < file.length; i += 41) {
      const bent = Buffer.from(file);
      bent[i] = bent[i]! ^ 1;
      expect(await refusal(bent, PASS), `byte ${i}`).not.toBe('taken');
    }
  });

  test('whose header claims something else than was written does not open: it is authenticated', async () => {
    const file = (await write()).toString('latin1').replace('"createdAtMs":5', '"createdAtMs":6');
    await expect(readEnvelope(Buffer.from(file, 'latin1'), { passphrase: PASS })).rejects.toThrow('the pass phrase is wrong');
  });

  // @covers issue:21#2
  test('of the next version is read when that version says so: what is not known is left out', async () => {
    const a = await filled();
    const { content } = await readEnvelope(await backupOf(a, { withoutSecrets: true }), {});
    const { tables } = content as { tables: Record<string, object> };
    const next = { ...(content as object), tables: { ...tables, later: { a: 'b' } }, more: [1] };
    const file = await writeEnvelope(next, FACTS, { by: 'none' });
    const newer = Buffer.from(file.toString('latin1').replace('"format":1', '"format":2'), 'latin1');
    const b = await make();
    expect((await restore(b, newer, {})).report.applied).toBe(true);
    expect(b.store.tables.has('later')).toBe(false);
    const foreign = Buffer.from(file.toString('latin1').replace('"readableFrom":1', '"readableFrom":2'), 'latin1');
    expect((await restore(b, foreign, {})).text).toContain('update the gateway first');
  });

  test.each([
    '../etc/x',
    'etc/../../x',
    '/etc/passwd',
    'data/sqliteKV.db',
    'etc/device.key',
    'plugins/functions',
    'data/uploads//x',
    'etc/a\0b',
  ])('with the path %j is refused whole', async (path) => {
    const file = await writeEnvelope({ tables: {}, files: { [path]: { mode: 0o644, base64: '' } } }, FACTS, { by: 'none' });
    const b = await make();
    expect((await restore(b, file, {})).text).toContain('is none of the gateway');
  });
});
