// One SQLite file: opened on first use in WAL mode, migrated, set aside when damaged. Writes are grouped: what arrives while a
// transaction is under way goes into the next one, so that many rules share one flush to the card. Used by catalog, checkpoint, sink-queue.
// Next: open-database.ts.
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import type sqlite3 from 'sqlite3';

import type { Clock } from '../base/clock.ts';
import { GatewayError, messageOf } from '../base/errors/gateway-error.ts';
import type { Log } from '../base/log.ts';
import { all, closeHandle, isDamaged, openChecked, type RawDatabase, rawOf, run, setAsideFiles } from './open-database.ts';
import type { Reserve } from './reserve.ts';

export interface Statement {
  sql: string;
  params: readonly (string | number | Buffer | null)[];
}

/** Something an operator of the device should know about a file. */
export interface DatabaseReport {
  file: string;
  atMs: number;
  kind: 'set-aside' | 'write-failed' | 'restored' | 'read-only';
  text: string;
}

export interface WriteOptions {
  /** A deletion that must work on a full disk: it may use the reserve. */
  needed?: boolean;
}

export interface Database {
  /** @throws GatewayError STORE_FAILED */
  read<R extends object>(sql: string, params: Statement['params']): Promise<R[]>;
  /** One atomic unit. Resolves when it is on disk. @throws GatewayError STORE_FAILED; nothing of the unit is stored then */
  write(unit: readonly Statement[], options?: WriteOptions): Promise<void>;
  /** Work that no unit is (PRAGMA); between two transactions. @throws GatewayError STORE_FAILED */
  maintain?(work: (raw: RawDatabase) => Promise<void>): Promise<void>;
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
  /** Called after each opening, before anything is read. @param aside the damaged file that this one replaces */
  opened?(raw: RawDatabase, aside: string | undefined): Promise<void>;
  reserve?: Reserve;
  /** Pages in the log before they are moved into the file (default: SQLite's 1000). What lies there needs room when the disk is full. */
  logPages?: number;
}

interface Unit {
  statements: readonly Statement[];
  needed: boolean;
  resolve: () => void;
  reject: (error: Error) => void;
}

/** Units of one transaction, so that a huge backlog does not hold the file for seconds. */
const MAX_GROUP = 512;

export function createDatabase(options: DatabaseOptions): Database {
  const { path, clock, log, reports, reserve } = options;
  const file = basename(path);
  let opening: Promise<sqlite3.Database> | undefined;
  let closed = false;
  let waiting: Unit[] = [];
  const chores: (() => Promise<void>)[] = [];
  let busy = false;
  let flushing: Promise<void> = Promise.resolve();

  const wrap = (error: unknown) => new GatewayError('STORE_FAILED', { file, text: messageOf(error) }, { cause: error });

  let aside: string | undefined;
  const connect = async (): Promise<sqlite3.Database> => {
    const open = async () => {
      const db = await openChecked(options);
      try {
        await options.opened?.(rawOf(db), aside);
      } catch (error) {
        await closeHandle(db);
        throw error;
      }
      aside = undefined;
      return db;
    };
    try {
      return await open();
    } catch (error) {
      if (!isDamaged(error)) throw error;
      setAside(messageOf(error));
      return open();
    }
  };

  const setAside = (why: string) => {
    aside = setAsideFiles(path, clock.now());
    reports.push({ file, atMs: clock.now(), kind: 'set-aside', text: `${why}; kept as ${basename(aside)}, a new file was begun` });
    log.error({ code: 'STORE_FAILED', file, aside: basename(aside), cause: why }, 'Damaged database set aside.');
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

  /** A transaction that must work on a full disk: what the log holds is moved to make room, then the reserve is used. */
  const neededTransaction = async (units: readonly Unit[]) => {
    try {
      return await transaction(units);
    } catch (error) {
      if (!isFull(error)) throw error;
    }
    try {
      const db = await handle();
      await all(db, 'PRAGMA wal_checkpoint(RESTART)', []);
      return await transaction(units);
    } catch (error) {
      if (!isFull(error) || !reserve?.release()) throw error;
    }
    await transaction(units);
  };
  const commit = async (units: readonly Unit[]) => {
    await (units.every((u) => u.needed) ? neededTransaction(units) : transaction(units));
    reserve?.ensure();
  };

  const flush = async () => {
    busy = true;
    // what comes in this turn of the event loop belongs together (checkpoints of rules that share a source)
    await new Promise((resolve) => setImmediate(resolve));
    while (waiting.length || chores.length) {
      for (const chore of chores.splice(0)) await chore();
      const group = waiting.splice(0, MAX_GROUP);
      if (group.length === 0) continue;
      try {
        await commit(group);
        for (const u of group) u.resolve();
      } catch (error) {
        await onFailure(error);
        // a unit alone is tried once more only when the file was replaced meanwhile
        if (group.length === 1 && !isDamaged(error)) {
          group[0]!.reject(wrap(error));
          continue;
        }
        // one bad unit must not fail the others
        for (const u of group) {
          try {
            await commit([u]);
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
    write(statements, { needed = false } = {}) {
      return new Promise<void>((resolve, reject) => {
        if (closed) return reject(wrap(new Error('the store is closed')));
        waiting.push({ statements, needed, resolve, reject });
        if (!busy) flushing = flush();
      });
    },
    maintain(work) {
      return new Promise<void>((resolve, reject) => {
        if (closed) return reject(wrap(new Error('the store is closed')));
        chores.push(async () => {
          try {
            const raw = rawOf(await handle());
            await work(raw).catch((error: unknown) => {
              if (!isFull(error) || !reserve?.release()) throw error;
              return work(raw);
            });
            resolve();
          } catch (error) {
            await onFailure(error);
            reject(wrap(error));
          }
        });
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

/** The disk is full, as SQLite says it: also when it cannot make room for its own index of the log. */
const isFull = (error: unknown): boolean => /SQLITE_(FULL|IOERR|CANTOPEN)/.test(String((error as { code?: unknown } | null)?.code));
