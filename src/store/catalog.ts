// The catalog: streams, rules, conf keys and the like, kept twice. `sqliteKV.db` has each row with a number and a checksum; `catalog.journal` has
// the same changes as lines of text. At the opening the two are compared (reconcile.ts), what one of them lost comes back from the other, and the
// content is then served from memory: a page that is destroyed later is noticed at the next start and changes nothing before.
// Order of a change: database, journal, memory, answer. Used by index.ts. Next: reconcile.ts, journal.ts.
import { basename, dirname, join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors/gateway-error.ts';
import type { Log } from '../base/log.ts';
import { createDatabase, type Database, type DatabaseOptions, type DatabaseReport, type Statement } from './database.ts';
import { entryOf, isJournaled, type Journal, type JournalContent, type JournalRecord, openJournal, readJournal } from './journal.ts';
import type { KvTable, StoreChange } from './kv.ts';
import { type RawDatabase, readImmutable } from './open-database.ts';
import { type CatalogRow, dropRow, metaRow, putRow, readRows, reconcile, rowSelect, rowsOf } from './reconcile.ts';

export const JOURNAL_FILE = 'catalog.journal';

export interface Catalog {
  table(name: string): KvTable;
  /** Changes of several tables in one transaction. */
  commit(changes: readonly StoreChange[]): Promise<void>;
  /** What was written over or deleted is gone from both files: no page and no line holds it any more. */
  scrub(): Promise<void>;
  close(): Promise<void>;
}

export interface CatalogOptions extends Omit<DatabaseOptions, 'opened'> {
  clock: Clock;
  log: Log;
  reports: DatabaseReport[];
}

/** The journal is rewritten when it is that much larger than what is valid in it. */
const MAX_WASTE = 4;
const MIN_REWRITE_BYTES = 64 * 1024;

export function createCatalog(options: CatalogOptions): Catalog {
  const { path, clock, log, reports } = options;
  const journalFile = join(dirname(path), JOURNAL_FILE);
  const names = { db: basename(path), journal: JOURNAL_FILE };
  /** By `table\0key`. */
  let rows = new Map<string, CatalogRow>();
  let seq = 0;
  let liveBytes = 0;
  /** Rows that both copies have. */
  let count = 0;
  let journal: Journal | undefined;
  /** The journal misses changes: written whole at the next chance. */
  let journalBehind = false;
  let loaded: Promise<void> | undefined;
  /** Changes under way: does the row stay? */
  const planned = new Map<string, boolean>();
  let readOnly = false;
  const pending: JournalRecord[] = [];
  let appending: Promise<void> | undefined;

  const tell = (kind: DatabaseReport['kind'], file: string, text: string) => {
    for (let i = reports.length - 1; i >= 0; i--) if (reports[i]!.file === file && reports[i]!.text === text) reports.splice(i, 1);
    reports.push({ file, atMs: clock.now(), kind, text });
    log.error({ code: 'STORE_RESTORED', file, reason: text }, 'The stored configuration was damaged.');
  };
  const copy = (): JournalContent => {
    try {
      return readJournal(journalFile);
    } catch (error) {
      log.error({ code: 'STORE_FAILED', file: names.journal, cause: messageOf(error) }, 'The copy of the configuration cannot be read.');
      return { found: false, records: new Map(), seq: 0, bad: 0, bytes: 0 };
    }
  };
  const journaled = function* (): Generator<JournalRecord> {
    for (const r of rows.values()) if (isJournaled(r.table)) yield r;
  };
  const rewrite = async (): Promise<void> => {
    try {
      await journal!.rewrite(journaled(), seq);
      journalBehind = false;
    } catch (error) {
      journalBehind = true;
      log.error({ code: 'STORE_FAILED', file: names.journal, cause: messageOf(error) }, 'The copy of the configuration cannot be written.');
    }
  };
  const take = (content: { rows: Map<string, CatalogRow>; seq: number }): void => {
    rows = content.rows;
    seq = Math.max(seq, content.seq);
    liveBytes = 0;
    count = 0;
    for (const r of rows.values()) {
      liveBytes += bytesOf(r);
      if (isJournaled(r.table)) count++;
    }
  };

  /** Each opening of the file: compares both copies, mends them, fills the memory. */
  const opened = async (raw: RawDatabase, aside: string | undefined): Promise<void> => {
    const content = copy();
    const found = await readRows(raw, aside);
    const result = reconcile(found, content);
    // what was written while the file was away (a page was found damaged in the middle of the work) is in memory
    for (const r of rows.values()) {
      const entry = entryOf(r.table, r.key);
      const stored = result.rows.get(entry);
      if (!stored || r.seq > stored.seq) {
        result.rows.set(entry, r);
        result.changed.push(r);
      }
      result.seq = Math.max(result.seq, r.seq);
    }
    if (result.changed.length > 0 || result.metaChanged) {
      await raw.run('BEGIN IMMEDIATE');
      for (const c of result.changed) {
        const { sql, params } = c.value === undefined ? dropRow(c) : putRow(c as CatalogRow);
        await raw.run(sql, params);
      }
      const { sql, params } = metaRow(result.seq, countJournaled(result.rows));
      await raw.run(sql, params);
      await raw.run('COMMIT');
    }
    take(result);
    journal ??= openJournal(journalFile, content.bytes);
    if (result.journalStale) await rewrite();
    for (const text of result.told) tell('restored', names.db, text);
    for (const text of result.toldJournal) tell('restored', names.journal, text);
    readOnly = false;
  };

  const db: Database = createDatabase({ ...options, opened });

  /** Without a database: from the copy, and from the file as it lies there. */
  const loadReadOnly = async (why: unknown): Promise<void> => {
    const content = copy();
    const lying = await readImmutable<Record<string, unknown>>(path, rowSelect).catch((cause: unknown) => {
      log.debug({ file: names.db, cause: messageOf(cause) }, 'The database cannot be read as it lies there.');
      return [];
    });
    const result = reconcile({ ...rowsOf(lying), intact: false }, content);
    take(result);
    readOnly = true;
    tell(
      'read-only',
      names.db,
      `it cannot be opened (${messageOf(why)}): what is stored is in effect, changes are refused until it can be written`,
    );
  };
  const load = (): Promise<void> => {
    loaded ??= db.read('SELECT 1 AS one', []).then(
      () => undefined,
      (error: unknown) => loadReadOnly(error),
    );
    return loaded;
  };

  const write = (table: string, entries: readonly (readonly [string, string | undefined])[]): Promise<void> =>
    commit(entries.map(([key, value]) => ({ table, key, value })));
  const commit = async (changes: readonly StoreChange[]): Promise<void> => {
    await load();
    if (changes.length === 0) return;
    // what has one copy has no number: the two are never compared
    const records = changes.map(({ table, key, value }): JournalRecord => ({ seq: isJournaled(table) ? ++seq : 0, table, key, value }));
    const statements: Statement[] = records.map((r) => (r.value === undefined ? dropRow(r) : putRow(r as CatalogRow)));
    const twice = records.filter((r) => isJournaled(r.table));
    if (twice.length > 0) {
      for (const r of twice) planned.set(entryOf(r.table, r.key), r.value !== undefined);
      statements.push(metaRow(seq, plannedCount()));
    }
    const needed = records.every((r) => r.value === undefined);
    try {
      await db.write(statements, { needed });
    } finally {
      for (const r of twice) planned.delete(entryOf(r.table, r.key));
    }
    if (readOnly) {
      readOnly = false;
      tell('restored', names.db, 'it can be written again');
    }
    for (const r of records) apply(r);
    if (twice.length > 0) await append(twice);
  };
  /** Rows there will be when all changes under way are done, in their order. */
  const plannedCount = (): number => {
    let n = count;
    for (const [entry, stays] of planned) n += (stays ? 1 : 0) - (rows.has(entry) ? 1 : 0);
    return n;
  };
  const apply = (r: JournalRecord): void => {
    const entry = entryOf(r.table, r.key);
    const before = rows.get(entry);
    if ((before?.seq ?? 0) > r.seq) return;
    const one = isJournaled(r.table) ? 1 : 0;
    if (before) {
      liveBytes -= bytesOf(before);
      count -= one;
    }
    if (r.value === undefined) rows.delete(entry);
    else {
      rows.set(entry, r as CatalogRow);
      liveBytes += bytesOf(r as CatalogRow);
      count += one;
    }
  };
  /** Changes that came while the journal was busy go in together. A copy that cannot be written costs nobody his change: the database has it,
   *  health says so, and it is made good later. */
  const append = (records: readonly JournalRecord[]): Promise<void> => {
    pending.push(...records);
    appending ??= (async () => {
      while (pending.length > 0) {
        const batch = pending.splice(0);
        journal ??= openJournal(journalFile, copy().bytes);
        if (journalBehind || journal.bytes > Math.max(MIN_REWRITE_BYTES, MAX_WASTE * liveBytes)) {
          await rewrite();
          continue;
        }
        try {
          await journal.append(batch);
        } catch (error) {
          journalBehind = true;
          log.error(
            { code: 'STORE_FAILED', file: names.journal, cause: messageOf(error) },
            'The copy of the configuration cannot be written.',
          );
        }
      }
      appending = undefined;
    })();
    return appending;
  };

  return {
    table(name) {
      const own = async (): Promise<CatalogRow[]> => {
        await load();
        return [...rows.values()].filter((r) => r.table === name).sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
      };
      return {
        async get(key) {
          await load();
          return rows.get(entryOf(name, key))?.value;
        },
        set: (key, value) => write(name, [[key, value]]),
        setMany: (entries) => write(name, Object.entries(entries)),
        async delete(key) {
          await load();
          if (!rows.has(entryOf(name, key))) return false;
          await write(name, [[key, undefined]]);
          return true;
        },
        keys: async () => (await own()).map((r) => r.key),
        all: async () => new Map((await own()).map((r) => [r.key, r.value])),
      };
    },
    commit,
    async scrub() {
      await load();
      await db.maintain?.(async (raw) => {
        await raw.run('VACUUM');
        await raw.all('PRAGMA wal_checkpoint(TRUNCATE)');
      });
      await appending;
      journal ??= openJournal(journalFile, copy().bytes);
      await rewrite();
    },
    async close() {
      await db.close();
      await appending;
      if (journalBehind && journal) await rewrite();
      await journal?.close();
    },
  };
}

const bytesOf = (r: CatalogRow): number => r.table.length + r.key.length + r.value.length + 40;

const countJournaled = (rows: ReadonlyMap<string, CatalogRow>): number => {
  let n = 0;
  for (const r of rows.values()) if (isJournaled(r.table)) n++;
  return n;
};
