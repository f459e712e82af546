// The sql connector on real servers, PostgreSQL and MariaDB: types both ways, kinds of rows, wrong rows, polling, lookups, kills under load.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import sql from '../../../src/connectors/sql/index.ts';
import { serverAddress } from '../../../src/connectors/sql/server/dburl.ts';
import { openSession, type Session } from '../../../src/connectors/sql/server/session.ts';
import { DateTime } from '../../../src/data/datetime.ts';
import type { Row } from '../../../src/data/value.ts';
import { createTestContext } from '../../helpers/connector-context.ts';
import { until } from '../../helpers/mosquitto.ts';
import type { RealServer } from '../../helpers/real-server.ts';
import { type Rig, type RigOptions, startRig, underKills } from '../../helpers/rule-rig.ts';
import { haveMariadb, havePostgres, startMariadb, startPostgres } from './database-servers.ts';

const network = { network: { enablePrivateNet: true, dataServer: { ip: '', port: 0 } } };
const noTls = {
  certificationPath: '',
  privateKeyPath: '',
  rootCaPath: '',
  certificationRaw: '',
  privateKeyRaw: '',
  rootCARaw: '',
  insecureSkipVerify: false,
  tlsMinVersion: 'tls1.2',
};

const servers = [
  {
    name: 'PostgreSQL',
    have: havePostgres,
    start: startPostgres,
    url: (port: number, db = 'plant') => `postgres://kuiper@127.0.0.1:${port}/${db}`,
    system: 'postgres',
    types: 'i BIGINT, s SMALLINT, f DOUBLE PRECISION, d NUMERIC(12,3), ok BOOLEAN, txt TEXT, at TIMESTAMPTZ, raw BYTEA, obj JSONB',
    ok: true as const,
    serial: 'id BIGSERIAL PRIMARY KEY',
    typeError: /invalid input syntax for type bigint: "not a number"/,
  },
  {
    name: 'MariaDB',
    have: haveMariadb,
    start: startMariadb,
    url: (port: number, db = 'plant') => `mysql://root@127.0.0.1:${port}/${db}?parseTime=true`,
    system: 'mysql',
    types: 'i BIGINT, s SMALLINT, f DOUBLE, d DECIMAL(12,3), ok BOOLEAN, txt TEXT, at DATETIME(6), raw BLOB, obj JSON',
    ok: 1n,
    serial: 'id BIGINT AUTO_INCREMENT PRIMARY KEY',
    typeError: /Incorrect integer value/,
  },
];

describe.each(servers)('$name', (s) => {
  describe.runIf(s.have)('as a database of the sql connector', () => {
    let server: RealServer;
    let db: Session;
    let rigs: Rig[] = [];
    const open = (name?: string) => openSession(network, serverAddress(s.url(server.port, name))!, noTls, () => undefined);
    const ask = (text: string) => db.all(text, []);
    const sink = async (props: object, o: RigOptions = {}) => {
      const r = await startRig({ ...o, actions: [{ sql: { dburl: s.url(server.port), ...props } }] });
      rigs.push(r);
      return r;
    };
    beforeAll(async () => {
      server = await s.start();
      const system = await open(s.system);
      await system.all(s.system === 'mysql' ? 'CREATE DATABASE plant CHARACTER SET utf8mb4' : 'CREATE DATABASE plant', []);
      system.close();
    }, 60_000);
    afterAll(() => server?.remove());
    beforeEach(async () => {
      db = await open();
      await ask('DROP TABLE IF EXISTS t');
    });
    afterEach(async () => {
      for (const r of rigs) await r.close();
      rigs = [];
      db.close();
    });

    it('writes and reads every kind of value, exactly', async () => {
      await ask(`CREATE TABLE t (${s.types})`);
      const r = await sink({ table: 't' });
      const at = new DateTime(1_700_000_000_123_456_000n);
      const row: Row = {
        i: 9007199254740993n,
        s: -5n,
        f: 0.1,
        d: 12.5,
        ok: true,
        txt: `it's "quoted" \\ é 😀`,
        at,
        raw: new Uint8Array([0, 255, 39]),
        obj: { a: [1.5, 'x'] },
      };
      await r.send(row);
      await r.send({ i: 1n });
      await r.settled();
      expect(r.health().parkedReason).toBe('');
      const [first, second] = await ask('SELECT * FROM t ORDER BY i DESC');
      expect({ ...first, at: undefined }).toEqual({ ...row, ok: s.ok, at: undefined });
      expect((first!['at'] as DateTime).epochNs).toBe(at.epochNs);
      expect(second).toEqual({ i: 1n, s: null, f: null, d: null, ok: null, txt: null, at: null, raw: null, obj: null });
    });

    it('inserts, replaces, updates and deletes by row kind, in the order of the rows', async () => {
      await ask('CREATE TABLE t (id BIGINT, dev VARCHAR(20), v DOUBLE PRECISION, PRIMARY KEY (id, dev))');
      const r = await sink({ table: 't', rowkindField: 'op', keyField: 'id,dev', fields: ['id', 'dev', 'v'] });
      for (const [op, id, v] of [
        ['insert', 1n, 1],
        ['insert', 2n, 2],
        ['upsert', 1n, 10],
        ['upsert', 3n, 3],
        ['upsert', 3n, 33],
        ['update', 2n, 20],
        ['insert', 4n, 4],
        ['delete', 4n, null],
        [undefined, 5n, 5],
      ] as const)
        await r.send({ op, id, dev: 'd', v });
      await r.settled();
      expect(r.health().parked).toBe(0);
      expect(await ask('SELECT id, v FROM t ORDER BY id')).toEqual([
        { id: 1n, v: 10 },
        { id: 2n, v: 20 },
        { id: 3n, v: 33 },
        { id: 5n, v: 5 },
      ]);
    });

    it('parks exactly the rows that the table does not take, with the reason, and writes the others of the list', async () => {
      await ask('CREATE TABLE t (id BIGINT PRIMARY KEY, v BIGINT)');
      const r = await sink({ table: 't' }, { sql: 'SELECT id, v FROM s GROUP BY COUNTWINDOW(6)' });
      for (const [id, v] of [
        [1n, 1n],
        [2n, 'not a number'],
        [3n, 3n],
        [1n, 4n],
        [5n, 5n],
        [6n, 6n],
      ] as const)
        await r.send({ id, v });
      await until(() => r.health().parked === 2, 'two rows are parked');
      expect(await ask('SELECT id, v FROM t ORDER BY id')).toEqual([1n, 3n, 5n, 6n].map((id) => ({ id, v: id })));
      expect(r.health().parkedReason).toMatch(s.typeError);
      const [parked] = await r.rule.parkedRows().list();
      expect((await r.rule.parkedRows().show(parked!.sink, parked!.id)).data).toEqual([
        { id: 2n, v: 'not a number' },
        { id: 1n, v: 4n },
      ]);
    });

    it('makes the table from the rows when asked, with its key, and replaces rows of a key', async () => {
      const r = await sink({ table: 't', createTable: true, writeMode: 'upsert', keyField: 'dev' });
      await r.send({ dev: 'a', n: 5n, v: 1.5, ok: true, at: DateTime.fromMs(0), obj: { x: 1 } });
      await r.settled();
      await r.send({ dev: 'a', n: 6n, v: 2.5, ok: false, at: DateTime.fromMs(1000), obj: { x: 2 } });
      await r.settled();
      expect(r.health().parked).toBe(0);
      const rows = await ask('SELECT * FROM t');
      expect(rows).toMatchObject([{ dev: 'a', n: 6n, v: 2.5 }]);
      expect(Number(rows[0]!['ok'])).toBe(0);
    });

    it('finds the column that the server spells in another case, and parks a row with an unknown one', async () => {
      await ask('CREATE TABLE t (deviceId VARCHAR(20), v BIGINT)');
      const r = await sink({ table: 't' });
      await r.send({ deviceId: 'a', v: 1n });
      await r.send({ deviceId: 'b', other: 2n });
      await r.settled();
      await until(() => r.health().parked === 1, 'one row is parked');
      expect(r.health().parkedReason).toBe('table t has no column other');
      expect((await ask('SELECT * FROM t')).map((x) => Object.values(x))).toEqual([['a', 1n]]);
    });

    // @covers issue:22#1
    it('loses nothing and doubles nothing with upserts when the server is killed three times under load', async () => {
      await ask('CREATE TABLE t (n BIGINT PRIMARY KEY)');
      const r = await sink({ table: 't', writeMode: 'upsert', keyField: 'n' });
      const sent = await underKills(r, server, { kills: 3, row: (n) => ({ n: BigInt(n) }) });
      await r.settled(30_000);
      expect(r.health()).toMatchObject({ parked: 0, dropped: 0, refused: 0 });
      db.close();
      db = await open();
      const there = (await ask('SELECT n FROM t ORDER BY n')).map((x) => Number(x['n']));
      expect(there).toEqual(Array.from({ length: sent }, (_, i) => i));
    }, 90_000);

    it('reads new rows by their index, goes on from its position, and after the server came back', async () => {
      await ask(`CREATE TABLE t (${s.serial}, v DOUBLE PRECISION)`);
      await ask('INSERT INTO t (v) VALUES (1), (2), (3)');
      const props = {
        dburl: s.url(server.port),
        interval: '50ms',
        internalSqlQueryCfg: { table: 't', limit: 2, indexField: 'id', indexValue: 1 },
      };
      const r = await startRig({ source: { type: 'sql', datasource: '', props } });
      rigs.push(r);
      await until(() => r.got.length === 2, 'the rows behind the index came');
      await ask('INSERT INTO t (v) VALUES (4)');
      await until(() => r.got.length === 3, 'the new row came');
      await server.kill();
      await server.start();
      db.close();
      db = await open();
      await ask('INSERT INTO t (v) VALUES (5)');
      await until(() => r.got.length === 4, 'the row after the restart came', 15_000);
      expect(r.got.map((x) => x['v'])).toEqual([2, 3, 4, 5]);
    }, 60_000);

    it('looks rows up by keys and by templateSql, where a value stays a value, and comes back after the server did', async () => {
      await ask('CREATE TABLE t (id BIGINT, name VARCHAR(40))');
      await ask(`INSERT INTO t VALUES (1, 'one'), (2, 'it''s two \\'), (3, 'three')`);
      const ctx = { ...createTestContext(), ...network };
      const lookup = async (datasource: string, props: object) => {
        const table = sql.lookup!.create();
        await table.configure!(datasource, { dburl: s.url(server.port), ...props });
        await table.open(ctx);
        return table;
      };
      const byKey = await lookup('t', {});
      expect(await byKey.lookup(ctx, ['name'], ['id'], [2n])).toEqual([{ name: `it's two \\` }]);
      expect(await byKey.lookup(ctx, [], ['id', 'name'], [3n, 'three'])).toEqual([{ id: 3n, name: 'three' }]);
      expect(await byKey.lookup(ctx, [], ['id'], [9n])).toEqual([]);
      const byText = await lookup('', { templateSqlQueryCfg: { templateSql: "SELECT id FROM t WHERE name = '{{.name}}'" } });
      expect(await byText.lookup(ctx, [], ['name'], [`it's two \\`])).toEqual([{ id: 2n }]);
      expect(await byText.lookup(ctx, [], ['name'], [`\\' OR 1=1 -- `])).toEqual([]);
      expect(await byText.lookup(ctx, [], ['name'], [`' OR '1'='1`])).toEqual([]);
      await server.kill();
      await expect(async () => byKey.lookup(ctx, [], ['id'], [2n])).rejects.toMatchObject({ retriable: true });
      await server.start();
      db.close();
      db = await open();
      const found = async () => {
        try {
          return (await byKey.lookup(ctx, [], ['id'], [1n])).length === 1;
        } catch {
          return false; // tried again every second
        }
      };
      await until(found, 'the lookup works again');
      await byKey.close(ctx);
      await byText.close(ctx);
    }, 60_000);

    it('waits with a wrong database, and shows no password', async () => {
      const dburl = s.url(server.port, 'nowhere').replace('@', ':s3cret@');
      const r = await sink({ dburl, table: 't' });
      await r.send({ id: 1n });
      await until(() => r.health().lastLoss !== '' || r.health().lastError !== '', 'the reason is shown');
      expect(r.health().parked).toBe(0);
      expect(JSON.stringify([r.health(), r.lines])).not.toContain('s3cret');
    });
  });
});

describe('the address of a database server', () => {
  it('is read with its defaults, escapes and TLS', () => {
    expect(serverAddress('postgres://u:p%40s@h/db?sslmode=require')).toEqual({
      kind: 'postgres',
      host: 'h',
      port: 5432,
      user: 'u',
      password: 'p@s',
      database: 'db',
      tls: 'accept',
    });
    expect(serverAddress('mysql://h:3307/db?tls=true')).toMatchObject({ kind: 'mysql', port: 3307, tls: 'verify' });
    expect(serverAddress('mariadb://[::1]/db')).toMatchObject({ kind: 'mysql', host: '::1', port: 3306, tls: 'off' });
    expect(serverAddress('sqlite:/a.db')).toBeUndefined();
  });

  it.each([
    [{ dburl: 'postgres://u:secret@h', table: 't' }, 'names no host or no database'],
    [{ dburl: 'postgres://u:secret@h/d?sslmode=maybe', table: 't' }, 'sslmode or tls "maybe"'],
    [{ dburl: 'postgres://u:secret@h/d', table: 't', rowkindField: 'k' }, 'keyField is required when rowkindField is set'],
    [{ dburl: 'postgres://u:secret@h/d', table: 't', writeMode: 'upsert' }, 'keyField is required when writeMode is upsert'],
    [{ dburl: 'postgres://u:secret@h/d', table: '' }, 'property table is required'],
  ])('refuses the rule with %j, without its password', (props, text) => {
    const make = () => sql.sink!.create().configure!(props);
    expect(make).toThrow(text);
    expect(make).not.toThrow('secret');
  });

  it('takes no value in texts whose quotes the printer does not know', () => {
    const make = (templateSql: string) => () =>
      sql.lookup!.create().configure!('', { dburl: 'postgres://u@h/d', templateSqlQueryCfg: { templateSql } });
    expect(make("SELECT E'{{.a}}'")).toThrow('cannot hold values');
    expect(make('SELECT $x${{.a}}$x$')).toThrow('cannot hold values');
    expect(make("SELECT '{{.a}}'")).not.toThrow();
  });
});
