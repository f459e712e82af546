// The store on disk: tables, atomic units, group commit, damaged files, unused files that are not made.
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRealClock } from '../../src/base/clock.ts';
import { createMemoryLog, type Log, type LogFields } from '../../src/base/log.ts';
import { createDatabase, type DatabaseReport } from '../../src/store/database.ts';
import { openStore, type Store } from '../../src/store/index.ts';

let dataDir: string;
let store: Store;
const clock = createRealClock();
let log: Log;
let lines: LogFields[];
const open = () => openStore({ dataDir, clock, log });

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'kuiper-store-'));
  // a new log each time: equal lines are held back for 10 s
  ({ log, lines } = createMemoryLog());
  store = open();
});
afterEach(async () => {
  await store.close();
  rmSync(dataDir, { recursive: true, force: true });
});

describe('key-value tables', () => {
  it('keep values apart by table, over a reopening, in order of keys', async () => {
    const rules = store.kv('rule');
    await rules.set('b', '1');
    await rules.set('a', '2');
    await rules.set('a', '3');
    await store.kv('stream').set('a', 'other');
    await store.close();
    store = open();
    const again = store.kv('rule');
    expect(await again.get('a')).toBe('3');
    expect(await again.keys()).toEqual(['a', 'b']);
    expect([...(await again.all())]).toEqual([
      ['a', '3'],
      ['b', '1'],
    ]);
    expect(await again.delete('a')).toBe(true);
    expect(await again.delete('a')).toBe(false);
    expect(await again.get('a')).toBeUndefined();
    expect(await store.kv('stream').get('a')).toBe('other');
  });

  it('set several keys or none', async () => {
    const t = store.kv('t');
    await t.set('gone', 'x');
    await t.setMany({ a: '1', b: '2', gone: undefined });
    expect(await t.keys()).toEqual(['a', 'b']);
  });
});

describe('files', () => {
  it('are not made before something is written', async () => {
    expect(await store.checkpoints.rules()).toEqual([]);
    expect(await store.checkpoints.load('r')).toBeUndefined();
    expect(await store.sinkQueues.pages('q')).toEqual([]);
    await store.sinkQueues.clear('q');
    await store.checkpoints.delete('r');
    expect(readdirSync(dataDir)).toEqual([]);
  });

  it.each([
    ['rubbish', Buffer.from('this is not a database, '.repeat(500))],
    ['zeros', Buffer.alloc(100_000)],
    ['a cut page', Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(50)])],
  ])('with %s in them are set aside and reported, and a new one is begun', async (_name, bytes) => {
    writeFileSync(join(dataDir, 'sqliteKV.db'), bytes);
    const t = store.kv('rule');
    await t.set('a', '1');
    expect(await t.get('a')).toBe('1');
    expect(store.reports()).toMatchObject([{ file: 'sqliteKV.db', kind: 'set-aside' }]);
    expect(readdirSync(dataDir).some((f) => f.startsWith('sqliteKV.db.damaged-'))).toBe(true);
    expect(lines.some((l) => l['msg'] === 'Damaged database set aside.')).toBe(true);
  });

  it('of a newer version are read', async () => {
    const path = join(dataDir, 'x.db');
    const make = (migrations: string[]) => createDatabase({ path, migrations, clock, log, reports: [] as DatabaseReport[], check: true });
    const newer = make(['CREATE TABLE a (n INTEGER)', 'CREATE TABLE b (n INTEGER)']);
    await newer.write([{ sql: 'INSERT INTO a VALUES (1)', params: [] }]);
    await newer.close();
    const older = make(['CREATE TABLE a (n INTEGER)']);
    expect(await older.read('SELECT n FROM a', [])).toEqual([{ n: 1 }]);
    await older.close();
    const back = make(['CREATE TABLE a (n INTEGER)', 'CREATE TABLE b (n INTEGER)']);
    expect(await back.read('SELECT n FROM b', [])).toEqual([]);
    await back.close();
  });
});

describe('writes', () => {
  const database = () =>
    createDatabase({
      path: join(dataDir, 'w.db'),
      migrations: ['CREATE TABLE t (n INTEGER PRIMARY KEY)'],
      clock,
      log,
      reports: [],
      check: false,
    });
  const insert = (n: number) => ({ sql: 'INSERT INTO t VALUES (?)', params: [n] });

  it('are atomic, and a bad unit does not fail those in the same transaction', async () => {
    const db = database();
    await db.write([insert(1)]);
    const results = await Promise.allSettled([db.write([insert(2)]), db.write([insert(3), insert(1)]), db.write([insert(4)])]);
    expect(results.map((r) => r.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((results[1] as PromiseRejectedResult).reason).toMatchObject({ code: 'STORE_FAILED' });
    expect(await db.read('SELECT n FROM t ORDER BY n', [])).toEqual([{ n: 1 }, { n: 2 }, { n: 4 }]);
    await db.close();
  });

  it('that come together share transactions: a thousand take few pages of the write-ahead log', async () => {
    const db = database();
    await db.write([insert(-1)]);
    const before = statSync(join(dataDir, 'w.db-wal')).size;
    await Promise.all(Array.from({ length: 1000 }, (_, i) => db.write([insert(i)])));
    // each transaction alone writes a page of 4 KiB at the least
    expect(statSync(join(dataDir, 'w.db-wal')).size - before).toBeLessThan(200 * 4096);
    expect(await db.read('SELECT count(*) AS n FROM t', [])).toEqual([{ n: 1001 }]);
    await db.close();
  });

  it('under way are finished by close, later ones are refused', async () => {
    const db = database();
    const done = db.write([insert(1)]);
    await db.close();
    await done;
    await expect(db.write([insert(2)])).rejects.toMatchObject({ code: 'STORE_FAILED' });
    expect(existsSync(join(dataDir, 'w.db'))).toBe(true);
  });
});
