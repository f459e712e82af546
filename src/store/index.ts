// Everything the gateway keeps on disk, behind one object: key-value tables (catalog), checkpoints of rules, durable queues of sinks.
// Three SQLite files in the data folder, opened on first use, so that a gateway with stateless rules writes nothing.
// Used by src/service (kv) and src/runtime. Next: database.ts.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { type CheckpointStore, createCheckpointStore } from './checkpoint.ts';
import { createDatabase, type Database, type DatabaseOptions, type DatabaseReport } from './database.ts';
import { createKvTable, type KvTable } from './kv.ts';
import { migrations } from './migrations/index.ts';
import { createSinkQueueStore, type SinkQueueStore } from './sink-queue.ts';

export type { CheckpointRecord, CheckpointStore } from './checkpoint.ts';
export type { DatabaseReport } from './database.ts';
export type { KvTable } from './kv.ts';
export type { QueuePage, SinkQueueStore } from './sink-queue.ts';

export interface Store {
  /** A named key-value table of `sqliteKV.db`; values are texts. Made on first write. */
  kv(table: string): KvTable;
  readonly checkpoints: CheckpointStore;
  readonly sinkQueues: SinkQueueStore;
  /** Damaged files that were set aside, with time and new name; failures that last. Shown by health. */
  reports(): readonly DatabaseReport[];
  close(): Promise<void>;
}

export interface StoreOptions {
  dataDir: string;
  clock: Clock;
  log: Log;
  /** Opens one file; a simulated disk is put in here. Default: SQLite. */
  database?: (options: DatabaseOptions) => Database;
}

/** Opens (and makes) the data folder. Files themselves are opened on first use.
 *  @throws when the folder cannot be made */
export function openStore({ dataDir, clock, log, database = createDatabase }: StoreOptions): Store {
  mkdirSync(dataDir, { recursive: true });
  const reports: DatabaseReport[] = [];
  const open = (file: string, list: (typeof migrations)[keyof typeof migrations], check: boolean): Database =>
    database({ path: join(dataDir, file), migrations: list, clock, log, reports, check });
  const catalog = open('sqliteKV.db', migrations.catalog, true);
  const checkpoint = open('checkpoint.db', migrations.checkpoint, true);
  const cache = open('cache.db', migrations.cache, false);
  return {
    kv: (table) => createKvTable(catalog, table),
    checkpoints: createCheckpointStore(checkpoint),
    sinkQueues: createSinkQueueStore(cache),
    reports: () => reports,
    async close() {
      await Promise.all([catalog.close(), checkpoint.close(), cache.close()]);
    },
  };
}
