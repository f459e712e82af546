// What a historian costs in SQLite with three layouts, and in DuckDB: size, bytes written to the disk, time of queries (docs/adr/0235).
// `node bench/history.ts [--seconds 1800] [--fields 500] [--duckdb FOLDER]`; FOLDER holds node_modules/@duckdb/node-api (npm, 70 MB). One row of
// `fields` values a second, one durable transaction each.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import sqlite3 from 'sqlite3';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '1800' },
    fields: { type: 'string', default: '500' },
    duckdb: { type: 'string', default: '' },
    only: { type: 'string', default: '' },
  },
});
const seconds = Number(values.seconds);
const fields = Number(values.fields);
const BEGIN_MS = Date.UTC(2026, 0, 1);
const STEP_S = 600;

/** Bytes that this process has given to the disk. @source proc(5) */
const written = () => Number(/^write_bytes: (\d+)/m.exec(readFileSync('/proc/self/io', 'utf8'))![1]);
const valueAt = (field: number, second: number) => Math.round((20 + field / 10 + Math.sin(second / 300 + field)) * 100) / 100;
const sizeOf = (folder: string) => readdirSync(folder).reduce((sum, f) => sum + statSync(path.join(folder, f)).size, 0);

interface Subject {
  second(second: number): Promise<void>;
  end(): Promise<void>;
  ask(sql: string): Promise<unknown[]>;
  close(): Promise<void>;
}

async function sqlite(folder: string, kind: 'clustered' | 'indexed' | 'two steps'): Promise<Subject> {
  const db = await new Promise<sqlite3.Database>((resolve, reject) => {
    const d = new sqlite3.Database(path.join(folder, 'h.db'), (e) => (e ? reject(e) : resolve(d)));
  });
  const ask = (sql: string, params: unknown[] = []): Promise<unknown[]> =>
    new Promise((resolve, reject) => db.all(sql, params, (e, rows) => (e ? reject(e) : resolve(rows))));
  for (const p of ['journal_mode = WAL', 'synchronous = FULL', 'auto_vacuum = INCREMENTAL']) await ask(`PRAGMA ${p}`);
  if (kind === 'indexed') {
    await ask('CREATE TABLE raw (field INTEGER, at INTEGER, value)');
    await ask('CREATE INDEX i ON raw (field, at)');
  } else await ask('CREATE TABLE raw (field INTEGER, at INTEGER, value, PRIMARY KEY (field, at)) WITHOUT ROWID');
  if (kind === 'two steps') await ask('CREATE TABLE recent (field INTEGER, at INTEGER, value)');
  await ask(`CREATE VIEW points AS SELECT field, at, value FROM raw ${kind === 'two steps' ? 'UNION ALL SELECT * FROM recent' : ''}`);
  const move = async () => {
    await ask('BEGIN');
    await ask('INSERT OR REPLACE INTO raw SELECT field, at, value FROM recent ORDER BY field, at');
    await ask('DELETE FROM recent');
    await ask('COMMIT');
  };
  return {
    async second(second) {
      const rows = Array.from({ length: fields }, (_, f) => [f, BEGIN_MS + second * 1000, valueAt(f, second)]);
      await ask(`INSERT INTO ${kind === 'two steps' ? 'recent' : 'raw'} SELECT value->>0, value->>1, value->>2 FROM json_each(?)`, [
        JSON.stringify(rows),
      ]);
      if (kind === 'two steps' && second % STEP_S === STEP_S - 1) await move();
    },
    end: async () => void (await ask('PRAGMA wal_checkpoint(TRUNCATE)')),
    ask,
    close: () => new Promise((resolve) => db.close(() => resolve())),
  };
}

async function duckdb(folder: string): Promise<Subject> {
  const load = createRequire(path.join(path.resolve(values.duckdb), 'x.js'));
  const { DuckDBInstance } = load('@duckdb/node-api');
  const instance = await DuckDBInstance.create(path.join(folder, 'h.duckdb'));
  const connection = await instance.connect();
  await connection.run('CREATE TABLE points (field INTEGER, "at" BIGINT, value DOUBLE)');
  return {
    async second(second) {
      const appender = await connection.createAppender('points');
      for (let f = 0; f < fields; f++) {
        appender.appendInteger(f);
        appender.appendBigInt(BigInt(BEGIN_MS + second * 1000));
        appender.appendDouble(valueAt(f, second));
        appender.endRow();
      }
      appender.flushSync();
      appender.closeSync();
    },
    end: async () => void (await connection.run('CHECKPOINT')),
    ask: async (sql) => (await connection.runAndReadAll(sql)).getRows(),
    close: async () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

const questions = {
  'one field by the minute': `SELECT at / 60000 AS m, avg(value), min(value), max(value) FROM points WHERE field = 7 GROUP BY 1`,
  'one minute of one field': `SELECT avg(value) FROM points WHERE field = 9 AND at >= ${BEGIN_MS + 60_000} AND at < ${BEGIN_MS + 120_000}`,
  'average of every field': 'SELECT field, avg(value) FROM points GROUP BY field',
};
const subjects: Record<string, (folder: string) => Promise<Subject>> = {
  'SQLite, key (field, at)': (f) => sqlite(f, 'clustered'),
  'SQLite, appended with an index': (f) => sqlite(f, 'indexed'),
  'SQLite, appended, then sorted in': (f) => sqlite(f, 'two steps'),
  ...(values.duckdb ? { DuckDB: duckdb } : {}),
};
for (const [name, make] of Object.entries(subjects)) {
  if (!name.includes(values.only)) continue;
  const folder = mkdtempSync(path.join(tmpdir(), 'kuiper-history-'));
  const subject = await make(folder);
  const before = written();
  const cpu = process.cpuUsage();
  const startedAtMs = performance.now();
  for (let s = 0; s < seconds; s++) await subject.second(s);
  await subject.end();
  const took = performance.now() - startedAtMs;
  const { user, system } = process.cpuUsage(cpu);
  const points = seconds * fields;
  const line: Record<string, unknown> = {
    name,
    points,
    bytesOnDisk: +(sizeOf(folder) / points).toFixed(1),
    bytesWritten: +((written() - before) / points).toFixed(1),
    cpuUs: +((user + system) / points).toFixed(2),
    msPerTransaction: +(took / seconds).toFixed(2),
    rssMb: Math.round(process.memoryUsage().rss / 1024 ** 2),
  };
  for (const [what, sql] of Object.entries(questions)) {
    const text = name === 'DuckDB' ? sql.replace('at / 60000', '"at" // 60000').replaceAll(' at ', ' "at" ') : sql;
    await subject.ask(text);
    const at = performance.now();
    await subject.ask(text);
    line[what] = `${(performance.now() - at).toFixed(1)} ms`;
  }
  console.log(JSON.stringify(line));
  await subject.close();
  rmSync(folder, { recursive: true });
}
