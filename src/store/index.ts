// Everything the gateway keeps on disk, behind one object: key-value tables (catalog), checkpoints of rules, durable queues of sinks.
// Three SQLite files in the data folder, opened on first use, so that a gateway with stateless rules writes nothing; a copy of the catalog and a
// reserve for deletions beside them. Used by src/service (kv) and src/runtime. Next: catalog.ts, database.ts.
import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';

import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors/gateway-error.ts';
import type { Log } from '../base/log.ts';
import { createCatalog } from './catalog.ts';
import { type CheckpointStore, createCheckpointStore } from './checkpoint.ts';
import { createDatabase, type Database, type DatabaseOptions, type DatabaseReport } from './database.ts';
import { commitToKv, createKvTable, type KvTable, type StoreChange } from './kv.ts';
import { migrations } from './migrations/index.ts';
import type { RawDatabase } from './open-database.ts';
import { createReserve, freeBytesAt } from './reserve.ts';
import { salvageTable } from './salvage.ts';
import { createSinkQueueStore, type SinkQueueStore } from './sink-queue.ts';

export type { CheckpointRecord, CheckpointStore } from './checkpoint.ts';
export type { Database, DatabaseReport, Statement } from './database.ts';
export { hasEkuiperStore } from './ekuiper-file.ts';
export type { KvTable, StoreChange } from './kv.ts';
export { openDamaged as openForeignDatabase, type RawDatabase } from './open-database.ts';
export type { QueuePage, SinkQueueStore } from './sink-queue.ts';

export interface Store {
  /** A named key-value table of `sqliteKV.db`; values are texts. Made on first write. */
  kv(table: string): KvTable;
  /** Changes of several tables of `sqliteKV.db`, all or none. Resolves when they are on disk. */
  commit(changes: readonly StoreChange[]): Promise<void>;
  /** Leaves nothing of what was written over or deleted in the files of the catalog. */
  scrub(): Promise<void>;
  readonly checkpoints: CheckpointStore;
  readonly sinkQueues: SinkQueueStore;
  /** The file of the historian. @param opened told after each opening, before anything is read  @param path for those who read beside */
  history(opened: (raw: RawDatabase) => Promise<void>): { database: Database; path: string };
  /** Bytes free for us on the disk of the data folder. */
  freeBytes(): number;
  /** Damaged files that were set aside, with time and new name; failures that last. Shown by health. */
  reports(): readonly DatabaseReport[];
  close(): Promise<void>;
}

export interface StoreOptions {
  dataDir: string;
  clock: Clock;
  log: Log;
  /** What is to be told already: files that were put back before the store was opened. */
  reports?: DatabaseReport[];
  /** Kept back for deletions on a full disk; 0 = nothing. */
  reserveBytes?: number;
  /** Opens one file; a simulated disk is put in here. Default: SQLite. */
  database?: (options: DatabaseOptions) => Database;
}

const RESERVE_BYTES = 1024 * 1024;
/** Half of the reserve: a queue that filled the disk can be deleted, and the file made shorter. */
const QUEUE_LOG_PAGES = 128;

/** Opens (and makes) the data folder. Files themselves are opened on first use. A folder that cannot be made or written is not a reason to fail: what
 *  is stored is in effect, and each change is refused with the reason. */
export function openStore({ dataDir, clock, log, reserveBytes = RESERVE_BYTES, database, reports = [] }: StoreOptions): Store {
  try {
    mkdirSync(dataDir, { recursive: true });
  } catch (error) {
    reports.push({ file: basename(dataDir), atMs: clock.now(), kind: 'read-only', text: messageOf(error) });
  }
  const reserve = createReserve({ file: join(dataDir, 'reserve'), maxBytes: reserveBytes, clock, log });
  const optionsOf = (file: string, list: (typeof migrations)[keyof typeof migrations], check: boolean): DatabaseOptions => ({
    path: join(dataDir, file),
    migrations: list,
    clock,
    log,
    reports,
    check,
    reserve,
  });
  const open = (file: string, table: 'checkpoint' | 'cache', name: string): Database => {
    const opened = async (raw: RawDatabase, aside: string | undefined) => {
      if (aside === undefined) return;
      const rows = await salvageTable(raw, aside, name, log);
      reports.push({
        file,
        atMs: clock.now(),
        kind: 'restored',
        text: `${rows} entries of the damaged file could be read and were taken over`,
      });
    };
    return (database ?? createDatabase)({
      ...optionsOf(file, migrations[table], table === 'checkpoint'),
      opened,
      ...(table === 'cache' ? { logPages: QUEUE_LOG_PAGES } : {}),
    });
  };
  const catalogOptions = optionsOf('sqliteKV.db', migrations.catalog, true);
  const catalog = database ? undefined : createCatalog(catalogOptions);
  // a simulated disk has no files for a second copy
  const plain = database?.(catalogOptions);
  const checkpoint = open('checkpoint.db', 'checkpoint', 'checkpoint');
  const cache = open('cache.db', 'cache', 'sink_queue');
  let history: Database | undefined;
  return {
    kv: (table) => catalog?.table(table) ?? createKvTable(plain!, table),
    commit: (changes) => catalog?.commit(changes) ?? commitToKv(plain!, changes),
    scrub: async () => catalog?.scrub(),
    checkpoints: createCheckpointStore(checkpoint),
    sinkQueues: createSinkQueueStore(cache),
    history(opened) {
      const options = { ...optionsOf('history.db', migrations.history, false), opened };
      history ??= (database ?? createDatabase)(options);
      return { database: history, path: options.path };
    },
    freeBytes: () => freeBytesAt(dataDir),
    reports: () =>
      reserve.problem === undefined
        ? reports
        : [...reports, { file: 'reserve', atMs: clock.now(), kind: 'write-failed', text: reserve.problem }],
    async close() {
      reserve.close();
      await Promise.all([catalog?.close(), plain?.close(), checkpoint.close(), cache.close(), history?.close()]);
    },
  };
}
