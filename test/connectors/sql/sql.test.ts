// SQLite as source, sink and lookup table: real files, exact int64, all or nothing.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import sqlite3 from 'sqlite3';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createVirtualClock } from '../../../src/base/clock.ts';
import { isRetriable } from '../../../src/base/errors/gateway-error.ts';
import sql from '../../../src/connectors/sql/index.ts';
import { openSqlite } from '../../../src/connectors/sql/sqlite.ts';
import type { Props } from '../../../src/contract/props.ts';
import type { Row } from '../../../src/data/value.ts';
import { createTestContext } from '../../helpers/connector-context.ts';

let root: string;
let dburl: string;
const exec = (text: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const db = new sqlite3.Database(join(root, 'a.db'), (e) => {
      if (e) return reject(e);
      db.exec(text, (e2) => (e2 ? reject(e2) : db.close(() => resolve())));
    });
  });
const context = () => ({ ...createTestContext(), clock: createVirtualClock(), getRootPath: () => root });

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kuiper-sql-'));
  dburl = `sqlite:${join(root, 'a.db')}`;
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const BIG = 9007199254740993n;
const MAX = 9223372036854775807n;

async function sinkOf(props: Props) {
  const sink = sql.sink!.create();
  await sink.configure!({ dburl, ...props });
  const ctx = context();
  await sink.open(ctx, () => undefined);
  return {
    write: (rows: Row | Row[], dynamic?: Record<string, unknown>) => sink.collect(ctx, rows, dynamic),
    close: () => sink.close(ctx),
  };
}

async function query(text: string): Promise<Row[]> {
  const db = await openSqlite('a.db', root, 'read');
  try {
    return await db.all(text, []);
  } finally {
    await db.close();
  }
}

describe('sql sink', () => {
  it('writes int64 exactly, in columns with and without a type', async () => {
    await exec('CREATE TABLE t (id INTEGER, any, txt TEXT, r REAL)');
    const s = await sinkOf({ table: 't' });
    await s.write([
      { id: MAX, any: BIG, txt: BIG, r: 2 },
      { id: -MAX - 1n, any: 5n, txt: 'x', r: 0.5 },
    ]);
    await s.close();
    expect(await query('SELECT * FROM t')).toEqual([
      { id: MAX, any: BIG, txt: '9007199254740993', r: 2 },
      { id: -MAX - 1n, any: 5n, txt: 'x', r: 0.5 },
    ]);
  });

  it('keeps every int64 and every float over a round trip', async () => {
    await exec('CREATE TABLE t (i, f REAL)');
    const s = await sinkOf({ table: 't' });
    const rows = fc.sample(
      fc.record({ i: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), f: fc.double({ noNaN: true, noDefaultInfinity: true }) }),
      300,
    );
    for (const r of rows) if (Object.is(r.f, -0)) r.f = 0;
    await s.write(rows as Row[]);
    await s.close();
    expect(await query('SELECT * FROM t ORDER BY rowid')).toEqual(rows);
  });

  it('writes missing columns as NULL, only `fields` when given, and nested values as JSON', async () => {
    await exec('CREATE TABLE t (a INTEGER, b TEXT, c BLOB)');
    const s = await sinkOf({ table: 't', fields: ['a', 'b', 'c'] });
    await s.write([{ a: 1n, b: { k: [1] }, z: 'not written' }, { c: Uint8Array.of(1, 2) }, { a: true }] as Row[]);
    await s.close();
    expect(await query('SELECT * FROM t')).toEqual([
      { a: 1n, b: '{"k":[1]}', c: null },
      { a: null, b: null, c: Uint8Array.of(1, 2) },
      { a: 1n, b: null, c: null },
    ]);
  });

  it('writes lists that hold more values than one statement takes, all or none', async () => {
    await exec('CREATE TABLE t (a INTEGER PRIMARY KEY, b INTEGER)');
    const s = await sinkOf({ table: 't' });
    const rows: Row[] = Array.from({ length: 20_000 }, (_, i) => ({ a: BigInt(i), b: 1n }));
    await s.write(rows);
    expect(await query('SELECT count(*) AS n FROM t')).toEqual([{ n: 20_000n }]);
    // the last row is there already: nothing of the list is written
    const second = [...Array.from({ length: 17_000 }, (_, i): Row => ({ a: BigInt(30_000 + i), b: 2n })), { a: 0n, b: 2n }];
    await expect(s.write(second)).rejects.toThrow('UNIQUE');
    expect(await query('SELECT count(*) AS n FROM t')).toEqual([{ n: 20_000n }]);
    await s.write({ a: 99_999n, b: 3n });
    expect(await query('SELECT count(*) AS n FROM t')).toEqual([{ n: 20_001n }]);
    await s.close();
  });

  it('inserts, updates and deletes by rowkindField', async () => {
    await exec('CREATE TABLE t (id INTEGER, v TEXT)');
    const s = await sinkOf({ table: 't', rowkindField: 'kind', keyField: 'id' });
    await s.write([
      { id: BIG, v: 'a' },
      { kind: 'insert', id: 2n, v: 'b' },
      { kind: 'update', id: BIG, v: 'A' },
      { kind: 'delete', id: 2n },
    ]);
    expect(await query('SELECT * FROM t')).toEqual([{ id: BIG, v: 'A' }]);
    await expect(
      s.write([
        { id: 7n, v: 'x' },
        { kind: 'replace', id: 1n },
      ]),
    ).rejects.toThrow('invalid rowkind replace');
    expect(await query('SELECT count(*) AS n FROM t')).toEqual([{ n: 1n }]);
    await s.close();
  });

  it('takes the table from a template, and refuses names that are more than names', async () => {
    await exec('CREATE TABLE t1 (a INTEGER)');
    const s = await sinkOf({ table: '{{.t}}' });
    await s.write({ a: 1n }, { table: 't1' });
    expect(await query('SELECT * FROM t1')).toEqual([{ a: 1n }]);
    await expect(s.write({ a: 1n }, { table: 't1; DROP TABLE t1' })).rejects.toThrow('is not a plain name');
    // a column is quoted, whatever its name
    await expect(s.write({ 'a") VALUES (1); --': 1n }, { table: 't1' })).rejects.toThrow('has no column named a") VALUES (1); --');
    expect(await query('SELECT count(*) AS n FROM t1')).toEqual([{ n: 1n }]);
    await s.close();
  });

  // @covers finding:sql#B5
  it.each([{ fields: ['d', 't'] }, { excludeFields: ['op', 'x'] }])(
    'takes a delete as one although %j leave its kind out',
    async (more) => {
      await exec("CREATE TABLE t (d TEXT, t INTEGER); INSERT INTO t VALUES ('a', 1), ('b', 2)");
      const s = await sinkOf({ table: 't', rowkindField: 'op', keyField: 'd', ...more });
      await s.write([
        { op: 'delete', d: 'a', t: 9n, x: 1 },
        { op: 'update', d: 'b', t: 3n, x: 1 },
        { d: 'c', t: 4n },
      ]);
      expect(await query('SELECT * FROM t ORDER BY d')).toEqual([
        { d: 'b', t: 3n },
        { d: 'c', t: 4n },
      ]);
      await s.close();
    },
  );

  // @covers issue:20#8
  it('inserts or replaces by rowkind upsert and by writeMode, with one key or several, without a unique index', async () => {
    await exec('CREATE TABLE t (id INTEGER, line TEXT, v TEXT)');
    const byKind = await sinkOf({ table: 't', rowkindField: 'kind', keyField: 'id' });
    await byKind.write([
      { kind: 'upsert', id: 1n, v: 'a' },
      { kind: 'upsert', id: 1n, v: 'b' },
      { kind: 'upsert', id: 2n, v: 'c' },
    ]);
    expect(await query('SELECT id, v FROM t ORDER BY id')).toEqual([
      { id: 1n, v: 'b' },
      { id: 2n, v: 'c' },
    ]);
    await expect(byKind.write([{ kind: 'upsert', v: 'x' }])).rejects.toThrow('a row to upsert needs its key id');
    await byKind.close();
    const byMode = await sinkOf({ table: 't', writeMode: 'upsert', keyField: 'id, line', fields: ['v'] });
    for (const v of ['x', 'y']) await byMode.write([{ id: 3n, line: 'l', v }]);
    await byMode.write([{ id: 3n, line: 'm', v: 'z' }]);
    expect(await query('SELECT * FROM t WHERE id = 3 ORDER BY line')).toEqual([
      { id: 3n, line: 'l', v: 'y' },
      { id: 3n, line: 'm', v: 'z' },
    ]);
    await byMode.close();
  });

  it.each(['dev-id', 'a b', 'a.b', 'select', 'say "x"', 'grün', "it's"])(
    'writes, reads and looks up a table and columns named %s',
    async (name) => {
      const quoted = `"${name.replaceAll('"', '""')}"`;
      await exec(`CREATE TABLE ${quoted} (id INTEGER, ${quoted} TEXT)`);
      const s = await sinkOf({ table: name, rowkindField: 'kind', keyField: 'id' });
      await s.write([{ kind: 'upsert', id: 1n, [name]: 'v' }]);
      await s.close();
      const table = sql.lookup!.create();
      await table.configure!(name, { dburl });
      const ctx = context();
      await table.open(ctx);
      expect(await table.lookup(ctx, [name], [name], ['v'])).toEqual([{ [name]: 'v' }]);
      await table.close(ctx);
    },
  );

  it('fails for good when the table is missing, and may be tried again when the file is locked', async () => {
    await exec('CREATE TABLE t (a INTEGER)');
    const s = await sinkOf({ table: 'nope' });
    const missing = await Promise.resolve(s.write({ a: 1n })).catch((e: unknown) => e);
    expect(String(missing)).toContain('no such table: nope');
    expect(isRetriable(missing)).toBe(false);
    await s.close();
    const away = sql.sink!.create();
    await away.configure!({ dburl: `sqlite:${join(root, 'none/x.db')}`, table: 't' });
    const failed = await Promise.resolve(away.open(context(), () => undefined)).catch((e: unknown) => e);
    expect(isRetriable(failed)).toBe(true);
  });

  const refused: [props: Props, part: string][] = [
    [{ dburl: '', table: 't' }, 'dburl should be defined'],
    [{ table: '' }, 'property table is required'],
    [{ table: 't', dburl: 'mysql://u:secret@h' }, 'names no host or no database'],
    [{ table: 't', dburl: 'sqlserver://u:secret@h/db' }, 'supported are sqlite:'],
    [{ table: 't', writeMode: 'upsert' }, 'keyField is required for writeMode upsert'],
    [{ table: 't', fields: ['a'], excludeFields: ['b'] }, 'field and excludeFields cannot both be set'],
    [{ table: 't', createTable: true }, 'createTable is for database servers'],
    [{ table: 't', rowkindField: 'k' }, 'keyField is required when rowkindField is set'],
  ];
  it.each(refused)('refuses %j', (props, part) => {
    expect(() => sql.sink!.create().configure!({ dburl, ...props })).toThrow(part);
    expect(() => sql.sink!.create().configure!({ dburl, ...props })).not.toThrow('secret');
  });
});

describe('sql source', () => {
  function start(props: Props, saved?: unknown) {
    const source = sql.source!.create();
    void source.configure!('', { dburl, interval: '1s', ...props });
    if (saved !== undefined) source.rewind!(saved);
    const ctx = context();
    const rows: Row[] = [];
    const failures: Error[] = [];
    void Promise.resolve(
      source.open(
        ctx,
        (data) => void rows.push(...(data as Row[])),
        (e) => failures.push(e),
      ),
    ).catch((e: Error) => failures.push(e));
    return { source, ctx, rows, failures };
  }

  it('gives new rows by their index, exactly, and goes on from its position', async () => {
    await exec(`CREATE TABLE t (id INTEGER, r REAL); INSERT INTO t VALUES (2, 2.0), (1, 1.5)`);
    const cfg = { internalSqlQueryCfg: { table: 't', indexField: 'id', limit: 10 } };
    const a = start(cfg);
    await vi.waitFor(() => expect(a.rows.length).toBe(2));
    expect(a.rows).toEqual([
      { id: 1n, r: 1.5 },
      { id: 2n, r: 2 },
    ]);
    await exec(`INSERT INTO t VALUES (${BIG}, 3), (${BIG - 1n}, 4)`);
    await a.ctx.clock.advance(1000);
    await vi.waitFor(() => expect(a.rows.length).toBe(4));
    expect(a.rows.slice(2)).toEqual([
      { id: BIG - 1n, r: 4 },
      { id: BIG, r: 3 },
    ]);
    const offset = structuredClone(a.source.offset!());
    expect(offset).toBe(BIG);
    await a.source.close(a.ctx);
    await exec(`INSERT INTO t VALUES (${BIG + 1n}, 5)`);
    const b = start(cfg, offset);
    await vi.waitFor(() => expect(b.rows).toEqual([{ id: BIG + 1n, r: 5 }]));
    await b.source.close(b.ctx);
  });

  it('begins at indexValue and takes at most `limit` rows a time', async () => {
    await exec('CREATE TABLE t (id INTEGER); INSERT INTO t VALUES (1),(2),(3),(4),(5)');
    const a = start({ internalSqlQueryCfg: { table: 't', indexField: 'id', indexValue: 2, limit: 2 } });
    await vi.waitFor(() => expect(a.rows).toEqual([{ id: 3n }, { id: 4n }]));
    await a.ctx.clock.advance(1000);
    await vi.waitFor(() => expect(a.rows.at(-1)).toEqual({ id: 5n }));
    await a.source.close(a.ctx);
  });

  it('renders templateSql over the index value', async () => {
    await exec("CREATE TABLE t (id INTEGER, v TEXT); INSERT INTO t VALUES (1, NULL), (2, x'01')");
    const a = start({
      templateSqlQueryCfg: { templateSql: 'SELECT id, v FROM t WHERE id > {{.id}} ORDER BY id;', indexField: 'id', indexValue: 0 },
    });
    await vi.waitFor(() =>
      expect(a.rows).toEqual([
        { id: 1n, v: null },
        { id: 2n, v: Uint8Array.of(1) },
      ]),
    );
    await a.source.close(a.ctx);
  });

  it('reports a query that fails, so that it is opened again', async () => {
    await exec('CREATE TABLE t (id INTEGER)');
    const a = start({ internalSqlQueryCfg: { table: 'gone' } });
    await vi.waitFor(() => expect(a.failures[0]?.message).toContain('no such table: gone'));
    await a.source.close(a.ctx);
  });

  it('notices a column that comes later', async () => {
    await exec('CREATE TABLE t (id INTEGER); INSERT INTO t VALUES (1)');
    const a = start({ internalSqlQueryCfg: { table: 't' } });
    await vi.waitFor(() => expect(a.rows).toEqual([{ id: 1n }]));
    await exec(`ALTER TABLE t ADD COLUMN v INTEGER; UPDATE t SET v = ${BIG}`);
    await a.ctx.clock.advance(1000);
    await vi.waitFor(() => expect(a.rows.at(-1)).toEqual({ id: 1n, v: BIG }));
    await a.source.close(a.ctx);
  });

  it.each([
    [{ interval: '' }, 'interval should be defined'],
    [{}, 'internalSqlQueryCfg.table or templateSqlQueryCfg.templateSql must be set'],
    [{ internalSqlQueryCfg: { table: 't\0x' } }, 'is not a name'],
  ] as [Props, string][])('refuses %j', (props, part) => {
    expect(() => sql.source!.create().configure!('', { dburl, interval: '1s', ...props })).toThrow(part);
  });
});

describe('sql lookup', () => {
  // @covers finding:parity#8
  it('needs no setting of a source besides dburl, and a sink makes the file that a table is looked up in', async () => {
    const s = await sinkOf({ dburl: `sqlite:${join(root, 'new.db')}`, table: 't' });
    await expect(s.write({ id: 1n })).rejects.toThrow('no such table: t');
    await s.close();
    await exec('CREATE TABLE t (id INTEGER); INSERT INTO t VALUES (5)');
    const table = sql.lookup!.create();
    await table.configure!('t', { dburl });
    const ctx = context();
    await table.open(ctx);
    expect(await table.lookup(ctx, ['id'], ['id'], [5n])).toEqual([{ id: 5n }]);
    await table.close(ctx);
    const fresh = await openSqlite('new.db', root, 'read');
    expect(await fresh.all('SELECT name FROM sqlite_master', [])).toEqual([]);
    await fresh.close();
    // only a writer makes a file
    await expect(openSqlite('none.db', root, 'read')).rejects.toThrow('SQLITE_CANTOPEN');
  });

  it('finds rows by exact keys, and asks for the wanted columns only', async () => {
    await exec(`CREATE TABLE t (id INTEGER, name TEXT, v REAL); INSERT INTO t VALUES (${BIG}, 'a', 1), (${BIG - 1n}, 'b', 2)`);
    const table = sql.lookup!.create();
    await table.configure!('t', { dburl });
    const ctx = context();
    await table.open(ctx);
    expect(await table.lookup(ctx, [], ['id'], [BIG])).toEqual([{ id: BIG, name: 'a', v: 1 }]);
    expect(await table.lookup(ctx, ['name'], ['id', 'name'], [BIG - 1n, 'b'])).toEqual([{ name: 'b' }]);
    expect(await table.lookup(ctx, [], ['id'], [1n])).toEqual([]);
    await table.close(ctx);
  });

  it('renders templateSql over the key values', async () => {
    await exec(`CREATE TABLE t (id INTEGER, v TEXT); INSERT INTO t VALUES (1, 'a'), (2, 'b')`);
    const table = sql.lookup!.create();
    await table.configure!('t', { dburl, templateSqlQueryCfg: { templateSql: 'SELECT v FROM t WHERE id >= {{.id}} ORDER BY id DESC' } });
    const ctx = context();
    await table.open(ctx);
    expect(await table.lookup(ctx, [], ['id'], [1n])).toEqual([{ v: 'b' }, { v: 'a' }]);
    await table.close(ctx);
  });
});
