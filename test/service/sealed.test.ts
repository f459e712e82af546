// Secrets lie sealed in the store: what is shown there is masked, what is read is whole, an older program and a lost key cost as little as possible.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRealClock } from '../../src/base/clock.ts';
import { createMemoryLog } from '../../src/base/log.ts';
import { newSealKey, openText, parseKeyRing, printKeyRing, sealText } from '../../src/base/seal.ts';
import { createFolders, foldersOf, readDeviceKey, writeDeviceKey } from '../../src/config/index.ts';
import { resolveSecrets, secretsIn } from '../../src/service/secrets/references.ts';
import { createVault } from '../../src/service/secrets/vault.ts';
import { openTables, resealAll } from '../../src/service/tables.ts';
import { openStore } from '../../src/store/index.ts';
import { makeService } from './make-service.ts';
import { createMemoryStore } from './memory-store.ts';

const { log, lines } = createMemoryLog();
const vaultOf = (...keys: ReturnType<typeof newSealKey>[]) => createVault({ ring: keys.length > 0 ? keys : [newSealKey()] });
const RULE = '{"id":"r","sql":"SELECT * FROM demo","actions":[{"mqtt":{"password":"planted-1","topic":"t"}}]}';
const KEY = '{"server":"tcp://joe:planted-2@h","password":"planted-3"}';
const STREAM = JSON.stringify({ sql: 'CREATE STREAM s () WITH (DATASOURCE="a", EXTRA="{\\"password\\":\\"planted-4\\"}", FORMAT="JSON")' });

describe('a sealed text', () => {
  test('opens only where it was sealed, with the key that sealed it, and unchanged', () => {
    const [a, b] = [newSealKey(), newSealKey()];
    const sealed = sealText(a, 'planted', 'rule/r');
    expect(sealed).not.toContain('planted');
    expect(openText([b, a], sealed, 'rule/r')).toBe('planted');
    expect(() => openText([a], sealed, 'rule/q')).toThrow('damaged');
    expect(() => openText([b], sealed, 'rule/r')).toThrow(`sealed with the key ${a.id}`);
    expect(() => openText([a], `${sealed.slice(0, -3)}AAA`, 'rule/r')).toThrow(/damaged/);
    expect(() => openText([a], 'nonsense', 'rule/r')).toThrow('not in the form');
    expect(sealText(a, 'planted', 'rule/r')).not.toBe(sealed);
  });

  test('of any text and place comes back as it was', () => {
    const key = newSealKey();
    fc.assert(fc.property(fc.string(), fc.string(), (text, place) => openText([key], sealText(key, text, place), place) === text));
  });

  test('a ring of keys is printed and read; a line that is none is named', () => {
    const ring = [newSealKey(), newSealKey()];
    expect(parseKeyRing(printKeyRing(ring)).map((k) => k.id)).toEqual(ring.map((k) => k.id));
    expect(() => parseKeyRing('# x\nabc')).toThrow('line 2 is no key');
  });
});

describe('a table of secrets', () => {
  // @covers issue:21#1
  test('keeps the row as it may be shown and the whole text sealed beside it, and gives the text back to the letter', async () => {
    const store = createMemoryStore();
    const tables = openTables(store, { vault: vaultOf(), log });
    await tables.rules.set('r', RULE);
    await tables.confKeys.set('sources.mqtt.k', KEY);
    await tables.streams.set('s', STREAM);
    await tables.rules.set('plain', '{ "id":"plain" }');
    const stored = JSON.stringify([...store.tables].map(([t, rows]) => [t, [...rows]]));
    expect(stored).not.toContain('planted');
    expect(store.tables.get('rule')!.get('r')).toContain('"password":"******"');
    expect(store.tables.get('stream')!.get('s')).toContain('******');
    expect([...store.tables.get('sealed')!.keys()].sort()).toEqual(['confKey/sources.mqtt.k', 'rule/r', 'stream/s']);
    expect(await tables.rules.get('r')).toBe(RULE);
    expect((await tables.confKeys.all()).get('sources.mqtt.k')).toBe(KEY);
    expect(await tables.streams.get('s')).toBe(STREAM);
    expect(await tables.rules.get('plain')).toBe('{ "id":"plain" }');
    expect(await tables.rules.get('none')).toBeUndefined();
    expect(await tables.rules.delete('r')).toBe(true);
    await tables.streams.set('s', '{"sql":"CREATE STREAM s () WITH (DATASOURCE=\\"a\\")"}');
    expect([...store.tables.get('sealed')!.keys()]).toEqual(['confKey/sources.mqtt.k']);
  });

  test('a row that an older program has changed keeps its secrets and its change', async () => {
    const store = createMemoryStore();
    const tables = openTables(store, { vault: vaultOf(), log });
    await tables.rules.set('r', RULE);
    await tables.confKeys.set('sources.mqtt.k', KEY);
    await tables.streams.set('s', STREAM);
    const edit = (table: string, key: string, from: string, to: string) =>
      store.tables.get(table)!.set(key, store.tables.get(table)!.get(key)!.replace(from, to));
    edit('rule', 'r', '"topic":"t"', '"topic":"u"');
    edit('confKey', 'sources.mqtt.k', '@h', '@other');
    edit('stream', 's', 'DATASOURCE=\\"a\\"', 'DATASOURCE=\\"b\\"');
    expect(JSON.parse((await tables.rules.get('r'))!)).toMatchObject({ actions: [{ mqtt: { password: 'planted-1', topic: 'u' } }] });
    expect(JSON.parse((await tables.confKeys.get('sources.mqtt.k'))!)).toEqual({
      server: 'tcp://joe:planted-2@other',
      password: 'planted-3',
    });
    expect(await tables.streams.get('s')).toContain('planted-4');
    expect(await tables.streams.get('s')).toContain('DATASOURCE=\\"b\\"');
  });

  test('without its key everything but the secrets is still there, and each place is named', async () => {
    const store = createMemoryStore();
    await openTables(store, { vault: vaultOf(), log }).rules.set('r', RULE);
    lines.length = 0;
    const other = openTables(store, { vault: vaultOf(), log });
    expect(JSON.parse((await other.rules.get('r'))!)).toMatchObject({ id: 'r', actions: [{ mqtt: { password: '******', topic: 't' } }] });
    expect(lines.filter((l) => l['code'] === 'SECRET_SEALED').map((l) => l['place'])).toEqual(['rule/r']);
    // and nothing is thrown away: the key may come back
    expect(await resealAll(other)).toBe(0);
    expect(store.tables.get('sealed')!.size).toBe(1);
  });

  test('what an earlier version left in clear is sealed at the start; a new key seals everything anew and the old one is not needed any more', async () => {
    const store = createMemoryStore();
    const plain = openTables(store);
    await plain.rules.set('r', RULE);
    await plain.streams.set('s', STREAM);
    await plain.connections.set('c', '{"typ":"mqtt","props":{"password":"planted-5"}}');
    const [first, second] = [newSealKey(), newSealKey()];
    expect(await resealAll(openTables(store, { vault: vaultOf(first), log }))).toBe(3);
    expect(JSON.stringify([...store.tables].map(([, rows]) => [...rows]))).not.toContain('planted');
    expect(await resealAll(openTables(store, { vault: vaultOf(first), log }))).toBe(0);
    expect(await resealAll(openTables(store, { vault: vaultOf(second, first), log }))).toBe(3);
    expect(await openTables(store, { vault: vaultOf(second), log }).rules.get('r')).toBe(RULE);
  });
});

describe('the key of the device', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'kuiper-key-'));
    createFolders(foldersOf(root));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  test('is made once, of mode 0400, outside of the data folder, with a twin that mends it', () => {
    const folders = foldersOf(root);
    const first = readDeviceKey(folders, {});
    expect(first.origin).toBe('file');
    expect(statSync(join(root, 'etc/device.key')).mode & 0o777).toBe(0o400);
    expect(readdirSync(join(root, 'data'), { recursive: true }).some((f) => String(f).includes('device'))).toBe(false);
    expect(readDeviceKey(folders, {}).ring).toEqual(first.ring);
    rmSync(join(root, 'etc/device.key'));
    expect(readDeviceKey(folders, {}).ring).toEqual(first.ring);
    rmSync(join(root, 'etc/device.key.twin'));
    writeFileSync(join(root, 'etc/device.key.twin'), 'noise');
    const mended = readDeviceKey(folders, {});
    expect(mended.ring).toEqual(first.ring);
    expect(mended.problems.join()).toContain('line 1 is no key');
    expect(readFileSync(join(root, 'etc/device.key.twin'), 'utf8')).toBe(readFileSync(join(root, 'etc/device.key'), 'utf8'));
  });

  test('comes from the credentials of systemd where the unit brings one; that of the file still opens what it sealed', () => {
    const folders = foldersOf(root);
    const own = readDeviceKey(folders, {}).ring![0]!;
    const given = newSealKey();
    const credentials = mkdtempSync(join(tmpdir(), 'kuiper-cred-'));
    writeFileSync(join(credentials, 'kuiper.secret-key'), printKeyRing([given]));
    const key = readDeviceKey(folders, { CREDENTIALS_DIRECTORY: credentials });
    expect(key.origin).toBe('credentials');
    expect(key.ring!.map((k) => k.id)).toEqual([given.id, own.id]);
    rmSync(credentials, { recursive: true });
    expect(readDeviceKey(folders, { CREDENTIALS_DIRECTORY: credentials }).ring!.map((k) => k.id)).toEqual([own.id]);
  });

  test('a turn keeps the new key and the old one until everything is sealed anew', () => {
    const folders = foldersOf(root);
    const ring = readDeviceKey(folders, {}).ring!;
    const vault = createVault({ ring, keep: (next) => writeDeviceKey(folders, next) });
    const sealed = vault.seal('x', 'p');
    vault.turn();
    expect(vault.isCurrent(sealed)).toBe(false);
    expect(readDeviceKey(folders, {}).ring).toHaveLength(2);
    expect(vault.open(sealed, 'p')).toBe('x');
    vault.forgetOld();
    expect(readDeviceKey(folders, {}).ring!.map((k) => k.id)).toEqual([vault.keyId]);
    expect(() => vault.open(sealed, 'p')).toThrow(ring[0]!.id);
  });

  // @covers issue:21#1
  test('the files of a store that was in clear hold nothing any more after the first start with a key', async () => {
    const dataDir = join(root, 'data');
    const clock = createRealClock();
    const plain = openStore({ dataDir, clock, log });
    const tables = openTables(plain);
    await tables.rules.set('r', RULE);
    await tables.confKeys.set('sources.mqtt.k', KEY);
    for (let i = 0; i < 40; i++) await tables.rules.set('r', RULE.replace('"t"', `"t${i}"`));
    await plain.close();
    const all = () =>
      readdirSync(dataDir)
        .filter((f) => statSync(join(dataDir, f)).isFile())
        .map((f) => readFileSync(join(dataDir, f)).toString('latin1'))
        .join();
    expect(all()).toContain('planted-1');
    const store = openStore({ dataDir, clock, log });
    const made = await makeService(store as never, true, { vault: vaultOf() });
    expect(all()).not.toContain('planted');
    expect((await openTables(store, undefined).rules.get('r'))!).toContain('******');
    await made.close();
    await store.close();
    expect(all()).not.toContain('planted');
  });
});

describe('secrets with a name', () => {
  test('are put in wherever a property refers to them, and only there', () => {
    const props = { a: 'Bearer ${secret:api}', list: ['${secret:x}-${secret:api}', 5n], keep: { n: null } };
    expect(resolveSecrets(props, (name) => `<${name}>`)).toEqual({ a: 'Bearer <api>', list: ['<x>-<api>', 5n], keep: { n: null } });
    expect([...secretsIn(props)].sort()).toEqual(['api', 'x']);
    const none = { a: '{{.secret}}', b: '$secret' };
    expect(resolveSecrets(none, () => undefined)).toBe(none);
    expect(() => resolveSecrets('${secret:gone}', () => undefined)).toThrow('secret gone is not set');
  });

  // @covers issue:21#1
  test('are set, listed without their value, used by rules, changed under them, and not removed while one uses them', async () => {
    const { call, sql, runtime, store, close } = await makeService(createMemoryStore(), false, { vault: vaultOf() });
    await sql('CREATE STREAM demo () WITH (DATASOURCE="a", TYPE="mqtt", CONF_KEY="k", FORMAT="JSON")');
    await call('PUT', '/metadata/sources/mqtt/confKeys/k', { server: 'tcp://h', password: '${secret:broker}' });
    const action = [{ mqtt: { server: 'tcp://h', topic: 't', password: '${secret:sink}' } }];
    const rule = { id: 'r', sql: 'SELECT * FROM demo', actions: action };
    const refused = await call('POST', '/rules', rule);
    expect(refused.status).toBe(400);
    expect(refused.text).toMatch(/secret (broker|sink) is not set/);
    expect((await call('PUT', '/secrets/broker', { value: 'planted-b' })).text).toBe('Secret broker is set.');
    await call('PUT', '/secrets/sink', { value: 'planted-s' });
    expect((await call('POST', '/rules', rule)).status).toBe(201);
    expect(runtime.rule('r')!.definition.actions[0]!.props).toMatchObject({ password: 'planted-s' });
    expect(runtime.rule('r')!.definition.sources('demo').props).toMatchObject({ password: 'planted-b' });
    expect(JSON.parse((await call('GET', '/secrets')).text)).toMatchObject([
      { name: 'broker', rules: ['r'] },
      { name: 'sink', rules: ['r'] },
    ]);
    // references are no secrets and are shown
    expect((await call('GET', '/rules/r')).text).toContain('${secret:sink}');
    expect((await call('GET', '/metadata/sources/yaml/mqtt')).text).toContain('${secret:broker}');
    const calls = runtime.calls.length;
    await call('PUT', '/secrets/sink', { value: 'planted-2' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(runtime.calls.slice(calls)).toEqual(['update r']);
    expect(runtime.rule('r')!.definition.actions[0]!.props).toMatchObject({ password: 'planted-2' });
    expect((await call('DELETE', '/secrets/sink')).text).toContain('used by the rules r');
    await call('DELETE', '/rules/r');
    expect((await call('DELETE', '/secrets/sink')).text).toBe('Secret sink is removed.');
    expect((await call('DELETE', '/secrets/sink')).status).toBe(400);
    expect((await call('PUT', '/secrets/a%2Fb', { value: 'x' })).status).toBe(400);
    expect((await call('PUT', '/secrets/a', { value: '' })).status).toBe(400);
    const answers = [await call('GET', '/secrets'), await call('GET', '/data/export')].map((a) => a.text).join();
    expect(answers + JSON.stringify([...store.tables].map(([, rows]) => [...rows]))).not.toContain('planted');
    await close();
  });
});
