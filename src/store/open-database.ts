// Opening of one SQLite file: rights, WAL mode, a look for damage, migrations; and what is done with a damaged one. Called by database.ts.
import { chmodSync, closeSync, existsSync, openSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type sqlite3 from 'sqlite3';
import type { DatabaseOptions, Statement } from './database.ts';

/** A locked file on a slow card: how long SQLite itself waits. */
const BUSY_TIMEOUT_MS = 10_000;
/** Damaged files of one database that are kept. */
const MAX_KEPT_ASIDE = 2;
/** Rights of database files: they hold secrets of conf keys. */
const MODE = 0o640;

/** Statements right on an open file, for those who repair it. */
export interface RawDatabase {
  run(sql: string, params?: Statement['params']): Promise<void>;
  all<R extends object>(sql: string, params?: Statement['params']): Promise<R[]>;
}

export async function openChecked({
  path,
  migrations,
  check,
  logPages,
}: Pick<DatabaseOptions, 'path' | 'migrations' | 'check' | 'logPages'>): Promise<sqlite3.Database> {
  // loaded here: the native addon costs memory that a CLI or a test without store should not pay
  const { default: lib } = await import('sqlite3');
  setRights(path);
  const db = await openHandle(lib, path, lib.OPEN_READWRITE | lib.OPEN_CREATE);
  try {
    db.configure('busyTimeout', BUSY_TIMEOUT_MS);
    // a file that is new gives space back; on others this says nothing
    await run(db, 'PRAGMA auto_vacuum = INCREMENTAL', []);
    await run(db, 'PRAGMA journal_mode = WAL', []);
    // FULL: what a peer was told to be stored must survive a power cut
    await run(db, 'PRAGMA synchronous = FULL', []);
    await run(db, 'PRAGMA journal_size_limit = 4194304', []);
    // what is deleted or written over may have been a secret: its bytes go as well
    if (check) await run(db, 'PRAGMA secure_delete = ON', []);
    if (logPages !== undefined) await run(db, `PRAGMA wal_autocheckpoint = ${logPages}`, []);
    if (check) {
      const found = (await all(db, 'PRAGMA quick_check(1)', [])) as { quick_check: string }[];
      if (found[0]?.quick_check !== 'ok') throw Object.assign(new Error(found[0]?.quick_check ?? 'no answer'), { code: 'SQLITE_CORRUPT' });
    }
    const version = ((await all(db, 'PRAGMA user_version', [])) as { user_version: number }[])[0]?.user_version ?? 0;
    // a larger number is a newer version's file: it only added, so what we know is there
    if (version < migrations.length) await migrate(db, migrations.slice(Math.max(0, version)), migrations.length);
    return db;
  } catch (error) {
    await closeHandle(db);
    throw error;
  }
}

async function migrate(db: sqlite3.Database, steps: readonly string[], version: number): Promise<void> {
  await run(db, 'BEGIN IMMEDIATE', []);
  try {
    for (const step of steps)
      await run(db, step, []).catch((error: Error) => {
        // the number was lost, the step was not
        if (!/duplicate column name|already exists/.test(error.message)) throw error;
      });
    await run(db, `PRAGMA user_version = ${version}`, []);
    await run(db, 'COMMIT', []);
  } catch (error) {
    await run(db, 'ROLLBACK', []).catch(() => undefined); // SQLite did it itself
    throw error;
  }
}

/** A new file is nobody else's; -wal and -shm get the rights of the file. Files of earlier versions lose what others may. */
function setRights(path: string): void {
  try {
    if (!existsSync(path)) closeSync(openSync(path, 'a', MODE));
    for (const file of [path, `${path}-wal`, `${path}-shm`]) {
      if (!existsSync(file)) continue;
      const { mode } = statSync(file);
      if (mode & 0o007) chmodSync(file, mode & 0o770);
    }
  } catch {
    // a disk that is read-only or full, or a file of somebody else: SQLite says the same in a moment, with a better word
  }
}

/** Reads a file as it lies there, without its log and without writing a byte: for a disk that is read-only.
 *  @throws the error of SQLite */
export async function readImmutable<R extends object>(path: string, sql: string): Promise<R[]> {
  const { default: lib } = await import('sqlite3');
  const db = await openHandle(lib, `file:${encodeURI(path)}?immutable=1`, lib.OPEN_READONLY | lib.OPEN_URI);
  try {
    return (await all(db, sql, [])) as R[];
  } finally {
    await closeHandle(db);
  }
}

/** Opens a damaged file to see what can still be read. @throws the error of SQLite */
export async function openDamaged(path: string): Promise<{ raw: RawDatabase; close(): Promise<void> }> {
  const { default: lib } = await import('sqlite3');
  const db = await openHandle(lib, path, lib.OPEN_READWRITE);
  return { raw: rawOf(db), close: () => closeHandle(db) };
}

const openHandle = (lib: typeof sqlite3, path: string, mode: number): Promise<sqlite3.Database> =>
  new Promise((resolve, reject) => {
    const d = new lib.Database(path, mode, (error) => (error ? reject(error) : resolve(d)));
  });

export const rawOf = (db: sqlite3.Database): RawDatabase => ({
  run: (sql, params = []) => run(db, sql, params),
  all: async <R extends object>(sql: string, params: Statement['params'] = []) => (await all(db, sql, params)) as R[],
});

/** @returns the new name */
export function setAsideFiles(path: string, nowMs: number): string {
  const stamp = new Date(nowMs).toISOString().replace(/[:.]/g, '-');
  const target = `${path}.damaged-${stamp}`;
  for (const suffix of ['', '-wal', '-shm']) if (existsSync(path + suffix)) renameSync(path + suffix, target + suffix);
  const old = readdirSync(dirname(path))
    .filter((f) => f.startsWith(`${basename(path)}.damaged-`) && !/-(wal|shm)$/.test(f))
    .sort()
    .slice(0, -MAX_KEPT_ASIDE);
  for (const name of old) for (const suffix of ['', '-wal', '-shm']) rmSync(join(dirname(path), name + suffix), { force: true });
  return target;
}

export function isDamaged(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (code === 'SQLITE_CORRUPT' || code === 'SQLITE_NOTADB') return true;
  // a page of the schema that was overwritten with an older one, or with zeros
  return code === 'SQLITE_ERROR' && /no such (table|column)|malformed|has no column named/.test(String(message));
}

export const run = (db: sqlite3.Database, sql: string, params: Statement['params']): Promise<void> =>
  new Promise((resolve, reject) => db.run(sql, params as unknown[], (error: Error | null) => (error ? reject(error) : resolve())));

export const all = (db: sqlite3.Database, sql: string, params: Statement['params']): Promise<unknown[]> =>
  new Promise((resolve, reject) =>
    db.all(sql, params as unknown[], (error: Error | null, rows: unknown[]) => (error ? reject(error) : resolve(rows))),
  );

export const closeHandle = (db: sqlite3.Database): Promise<void> =>
  new Promise((resolve, reject) => db.close((error: Error | null) => (error ? reject(error) : resolve())));
