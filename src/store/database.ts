// One SQLite file: opened on first use in WAL mode, migrated, set aside when damaged. Writes are grouped: what arrives while a
// transaction is under way goes into the next one, so that many rules share one flush to the card. Used by kv, checkpoint, sink-queue.
import { existsSync, renameSync } from 'node:fs';
import { basename } from 'node:path';
import type sqlite3 from 'sqlite3';

import type { Clock } from '../base/clock.ts';
import { GatewayError, messageOf } from '../base/errors/gateway-error.ts';
import type { Log } from '../base/log.ts';

export interface Statement {
  sql: string;
  params: readonly (string | number | Buffer | null)[];
}

/** Something an operator of the device should know about a file. */
export interface DatabaseReport {
  file: string;
  atMs: number;
  kind: 'set-aside' | 'write-failed';
  text: string;
}

export interface Database {
  /** @throws GatewayError STORE_FAILED */
  read<R extends object>(sql: string, params: Statement['params']): Promise<R[]>;
  /** One atomic unit. Resolves when it is on disk. @throws GatewayError STORE_FAILED; nothing of the unit is stored then */
  write(unit: readonly Statement[]): Promise<void>;
  /** True when the file exists; lets readers of an unused file stay away from the disk. */
  exists(): boolean;
  /** Waits for writes under way. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  path: string;
  migrations: readonly string[];
  clock: Clock;
  log: Log;
  reports: DatabaseReport[];
  /** Look through the whole file when it is opened (small files only). */
  check: boolean;
}

interface Unit {
  statements: readonly Statement[];
  resolve: () => void;
  reject: (error: Error) => void;
}

/** A locked file on a slow card: how long SQLite itself waits. */
const BUSY_TIMEOUT_MS = 10_000;
/** Units of one transaction, so that a huge backlog does not hold the file for seconds. */
const MAX_GROUP = 512;

export function createDatabase(options: DatabaseOptions): Database {
  const { path, clock, log, reports } = options;
  const file = basename(path);
  let opening: Promise<sqlite3.Database> | undefined;
  let closed = false;
  let waiting: Unit[] = [];
  let busy = false;
  let flushing: Promise<void> = Promise.resolve();

  const wrap = (error: unknown) => new GatewayError('STORE_FAILED', { file, text: messageOf(error) }, { cause: error });

  const connect = async (): Promise<sqlite3.Database> => {
    try {
      return await openChecked(options);
    } catch (error) {
      if (!isDamaged(error)) throw error;
      setAside(messageOf(error));
      return openChecked(options);
    }
  };

  const setAside = (why: string) => {
    const stamp = new Date(clock.now()).toISOString().replace(/[:.]/g, '-');
    const target = `${path}.damaged-${stamp}`;
    for (const suffix of ['', '-wal', '-shm']) if (existsSync(path + suffix)) renameSync(path + suffix, target + suffix);
    reports.push({ file, atMs: clock.now(), kind: 'set-aside', text: `${why}; kept as ${basename(target)}, a new file was begun` });
    log.error({ code: 'STORE_FAILED', file, aside: basename(target), cause: why }, 'Damaged database set aside.');
  };

  const handle = (): Promise<sqlite3.Database> => {
    if (closed) return Promise.reject(new Error('the store is closed'));
    opening ??= connect().catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };

  /** After damage found while working: the file is set aside and the next use begins a new one. */
  const onFailure = async (error: unknown) => {
    if (!isDamaged(error) || !opening) return;
    const db = await opening;
    opening = undefined;
    await closeHandle(db).catch((cause: unknown) => log.warn({ file, cause: messageOf(cause) }, 'Closing a damaged database failed.'));
    setAside(messageOf(error));
  };

  const transaction = async (units: readonly Unit[]) => {
    const db = await handle();
    await run(db, 'BEGIN IMMEDIATE', []);
    try {
      for (const unit of units) for (const s of unit.statements) await run(db, s.sql, s.params);
      await run(db, 'COMMIT', []);
    } catch (error) {
      // SQLite itself rolls back on some errors (disk full); then there is nothing left to roll back
      await run(db, 'ROLLBACK', []).catch((cause: unknown) => log.debug({ file, cause: messageOf(cause) }, 'Already rolled back.'));
      throw error;
    }
  };

  const flush = async () => {
    busy = true;
    // what comes in this turn of the event loop belongs together (checkpoints of rules that share a source)
    await new Promise((resolve) => setImmediate(resolve));
    while (waiting.length) {
      const group = waiting.splice(0, MAX_GROUP);
      try {
        await transaction(group);
        for (const u of group) u.resolve();
      } catch (error) {
        await onFailure(error);
        if (group.length === 1) {
          group[0]!.reject(wrap(error));
          continue;
        }
        // one bad unit must not fail the others
        for (const u of group) {
          try {
            await transaction([u]);
            u.resolve();
          } catch (cause) {
            u.reject(wrap(cause));
          }
        }
      }
    }
    // in the same turn as the last look at `waiting`: a write that comes later must find it
    busy = false;
  };

  return {
    async read<R extends object>(sql: string, params: Statement['params']) {
      try {
        return (await all(await handle(), sql, params)) as R[];
      } catch (error) {
        await onFailure(error);
        throw wrap(error);
      }
    },
    write(statements) {
      return new Promise<void>((resolve, reject) => {
        if (closed) return reject(wrap(new Error('the store is closed')));
        waiting.push({ statements, resolve, reject });
        if (!busy) flushing = flush();
      });
    },
    exists: () => opening !== undefined || existsSync(path),
    async close() {
      await flushing;
      closed = true;
      waiting = [];
      const db = await opening?.catch(() => undefined);
      opening = undefined;
      if (db) await closeHandle(db);
    },
  };
}

async function openChecked({ path, migrations, check }: DatabaseOptions): Promise<sqlite3.Database> {
  // loaded here: the native addon costs memory that a CLI or a test without store should not pay
  const { default: lib } = await import('sqlite3');
  const db = await new Promise<sqlite3.Database>((resolve, reject) => {
    const d = new lib.Database(path, lib.OPEN_READWRITE | lib.OPEN_CREATE, (error) => (error ? reject(error) : resolve(d)));
  });
  try {
    db.configure('busyTimeout', BUSY_TIMEOUT_MS);
    await run(db, 'PRAGMA journal_mode = WAL', []);
    // FULL: what a peer was told to be stored must survive a power cut
    await run(db, 'PRAGMA synchronous = FULL', []);
    await run(db, 'PRAGMA journal_size_limit = 4194304', []);
    if (check) {
      const found = (await all(db, 'PRAGMA quick_check(1)', [])) as { quick_check: string }[];
      if (found[0]?.quick_check !== 'ok') throw Object.assign(new Error(found[0]?.quick_check ?? 'no answer'), { code: 'SQLITE_CORRUPT' });
    }
    const version = ((await all(db, 'PRAGMA user_version', [])) as { user_version: number }[])[0]?.user_version ?? 0;
    // a larger number is a newer version's file: it only added, so what we know is there
    for (let i = version; i < migrations.length; i++) {
      await run(db, 'BEGIN IMMEDIATE', []);
      await run(db, migrations[i]!, []);
      await run(db, `PRAGMA user_version = ${i + 1}`, []);
      await run(db, 'COMMIT', []);
    }
    return db;
  } catch (error) {
    await closeHandle(db);
    throw error;
  }
}

function isDamaged(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return code === 'SQLITE_CORRUPT' || code === 'SQLITE_NOTADB';
}

const run = (db: sqlite3.Database, sql: string, params: Statement['params']): Promise<void> =>
  new Promise((resolve, reject) => db.run(sql, params as unknown[], (error: Error | null) => (error ? reject(error) : resolve())));

const all = (db: sqlite3.Database, sql: string, params: Statement['params']): Promise<unknown[]> =>
  new Promise((resolve, reject) =>
    db.all(sql, params as unknown[], (error: Error | null, rows: unknown[]) => (error ? reject(error) : resolve(rows))),
  );

const closeHandle = (db: sqlite3.Database): Promise<void> =>
  new Promise((resolve, reject) => db.close((error: Error | null) => (error ? reject(error) : resolve())));
