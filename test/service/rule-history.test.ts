// Versions of rules: kept with each change in the same transaction, with their secrets sealed, bounded, and a way back.
import { afterEach, describe, expect, test } from 'vitest';
import { createVirtualClock } from '../../src/base/clock.ts';
import { createMemoryLog } from '../../src/base/log.ts';
import { newSealKey } from '../../src/base/seal.ts';
import { createRuleHistory, MAX_VERSIONS } from '../../src/service/rules/rule-history.ts';
import { createVault } from '../../src/service/secrets/vault.ts';
import { openTables } from '../../src/service/tables.ts';
import { makeService } from './make-service.ts';
import { createMemoryStore } from './memory-store.ts';

type Made = Awaited<ReturnType<typeof makeService>>;
let made: Made | undefined;
afterEach(() => made?.close());

const rule = (where: string, more: object = {}) => ({ id: 'r', sql: `SELECT * FROM demo WHERE ${where}`, actions: [{ log: {} }], ...more });

async function withStream(): Promise<Made> {
  made = await makeService();
  await made.call('POST', '/streams', { sql: 'CREATE STREAM demo () WITH (DATASOURCE="demo", FORMAT="JSON")' });
  return made;
}
const versions = async (m: Made) =>
  JSON.parse((await m.call('GET', '/rules/r/versions')).text) as { version: string; what: string; text: string }[];

describe('versions of a rule', () => {
  // @covers issue:23#1
  test('each change is kept, newest first, and any of them can be had back', async () => {
    const m = await withStream();
    await m.call('POST', '/rules', rule('a > 1'));
    await m.call('PUT', '/rules/r', rule('a > 2'));
    await m.call('PUT', '/rules/r', rule('a > 3'));
    const list = await versions(m);
    expect(list.map((v) => [v.what, (JSON.parse(v.text) as { sql: string }).sql.slice(-5)])).toEqual([
      ['changed', 'a > 3'],
      ['changed', 'a > 2'],
      ['created', 'a > 1'],
    ]);
    expect((await m.call('POST', `/rules/r/versions/${list[2]!.version}/restore`)).text).toBe(
      `Rule r is as it was in version ${list[2]!.version}.`,
    );
    expect(JSON.parse((await m.call('GET', '/rules/r')).text).sql).toBe('SELECT * FROM demo WHERE a > 1');
    expect((await versions(m)).length).toBe(4);
  });

  test('starting and stopping is no change, and neither is the same text again', async () => {
    const m = await withStream();
    await m.call('POST', '/rules', rule('a > 1'));
    await m.call('POST', '/rules/r/stop');
    await m.call('POST', '/rules/r/start');
    await m.call('PUT', '/rules/r', rule('a > 1'));
    expect((await versions(m)).map((v) => v.what)).toEqual(['created']);
  });

  test('a rule that was deleted is made again from its last version', async () => {
    const m = await withStream();
    await m.call('POST', '/rules', rule('a > 1'));
    await m.call('DELETE', '/rules/r');
    expect(JSON.parse((await m.call('GET', '/changes')).text)).toMatchObject([
      { rule: 'r', what: 'deleted' },
      { rule: 'r', what: 'created' },
    ]);
    const [deleted] = await versions(m);
    await m.call('POST', `/rules/r/versions/${deleted!.version}/restore`);
    expect(JSON.parse((await m.call('GET', '/rules/r')).text).sql).toBe('SELECT * FROM demo WHERE a > 1');
  });

  test('a rule with a version of its own goes back although eKuiper’s rule takes only greater ones', async () => {
    const m = await withStream();
    await m.call('POST', '/rules', rule('a > 1', { version: '1' }));
    await m.call('PUT', '/rules/r', rule('a > 2', { version: '2' }));
    const list = await versions(m);
    expect((await m.call('POST', `/rules/r/versions/${list[1]!.version}/restore`)).status).toBe(200);
    expect(JSON.parse((await m.call('GET', '/rules/r')).text)).toMatchObject({ sql: 'SELECT * FROM demo WHERE a > 1', version: '2.1' });
  });

  test('a version that does not exist is said so, and a refused change leaves none', async () => {
    const m = await withStream();
    await m.call('POST', '/rules', rule('a > 1'));
    expect((await m.call('PUT', '/rules/r', rule('nofunction(a)'))).status).toBe(400);
    expect((await versions(m)).length).toBe(1);
    const answer = await m.call('POST', '/rules/r/versions/17/restore');
    expect([answer.status, answer.text]).toEqual([404, expect.stringContaining('rule r has no version 17')]);
  });

  test('a write that fails leaves rule and versions as they were', async () => {
    const m = await withStream();
    await m.call('POST', '/rules', rule('a > 1'));
    m.store.fail = new Error('disk full');
    expect((await m.call('PUT', '/rules/r', rule('a > 2'))).status).toBeGreaterThanOrEqual(400);
    expect((await versions(m)).length).toBe(1);
    expect(JSON.parse((await m.call('GET', '/rules/r')).text).sql).toBe('SELECT * FROM demo WHERE a > 1');
  });
});

describe('the table of versions', () => {
  test('keeps at most so many of a rule, in order even when the clock stands still, and begins with what was there before', async () => {
    const store = createMemoryStore();
    const tables = openTables(store);
    await tables.rules.set('r', '{"id":"r","n":-1}');
    const history = createRuleHistory({ rules: tables.rules, versions: tables.ruleVersions, store, clock: createVirtualClock() });
    await history.table.set('r', '{"id":"r","n":0}');
    expect((await history.of('r')).map((v) => [v.what, v.text])).toEqual([
      ['changed', '{"id":"r","n":0}'],
      ['before', '{"id":"r","n":-1}'],
    ]);
    for (let n = 1; n < 30; n++) await history.table.set('r', `{"id":"r","n":${n}}`);
    const list = await history.of('r');
    expect(list.length).toBe(MAX_VERSIONS);
    expect(list.map((v) => (JSON.parse(v.text) as { n: number }).n)).toEqual(Array.from({ length: MAX_VERSIONS }, (_, i) => 29 - i));
  });

  test('shows no secret and stores none in clear, but puts it back', async () => {
    const store = createMemoryStore();
    const tables = openTables(store, { vault: createVault({ ring: [newSealKey()] }), log: createMemoryLog().log });
    const history = createRuleHistory({ rules: tables.rules, versions: tables.ruleVersions, store, clock: createVirtualClock() });
    await history.table.set('r', '{"id":"r","sql":"s","actions":[{"mqtt":{"password":"planted-9"}}]}');
    expect(JSON.stringify([...store.tables].map(([t, rows]) => [t, [...rows]]))).not.toContain('planted-9');
    const [version] = await history.of('r');
    expect(version!.text).toContain('"password":"******"');
    expect(await history.restorable('r', version!.version, '')).toContain('planted-9');
  });
});
