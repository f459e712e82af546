// Two copies of the catalog, each of which may be damaged, older, or gone: which row is the right one? Pure but for reading the rows. A row carries
// the number of its change and a checksum; the database also says how many changes and rows there are, and whether an older program, which knows
// of none of this, has changed something (triggers count it). Called by catalog.ts.

import { textSum } from '../base/checksum.ts';
import { messageOf } from '../base/errors/gateway-error.ts';
import type { Statement } from './database.ts';
import { entryOf, isJournaled, type JournalContent, type JournalRecord } from './journal.ts';
import { openDamaged, type RawDatabase } from './open-database.ts';

export interface CatalogRow extends JournalRecord {
  value: string;
}

export interface FoundRows {
  /** Rows whose checksum fits, by `table\0key`. */
  good: Map<string, CatalogRow>;
  /** Rows of an older program: they have no checksum. */
  plain: Map<string, CatalogRow>;
  /** Keys of rows whose checksum does not fit. */
  bad: { table: string; key: string }[];
  /** Number of the last change; 0 in a file that is new or older. */
  seq: number;
  /** Changes by an older program since we had the file. */
  foreign: number;
  /** How many rows there should be; undefined when the file does not say. */
  count: number | undefined;
  /** The file itself could be read to its end. */
  intact: boolean;
}

export interface Reconciled {
  rows: Map<string, CatalogRow>;
  seq: number;
  /** What the database must be told. */
  changed: JournalRecord[];
  metaChanged: boolean;
  journalStale: boolean;
  /** For people: what happened to the database. */
  told: string[];
  /** And to the copy. */
  toldJournal: string[];
}

/** The sum covers the key as well: a changed key is not another row. */
const sumOf = (r: JournalRecord): string => `${r.seq}:${textSum(`${r.seq}\0${r.table}\0${r.key}\0${r.value}`)}`;

export const rowSelect = 'SELECT tab, key, value, sum FROM kv';

export const putRow = (r: CatalogRow): Statement => ({
  sql: 'INSERT INTO kv (tab, key, value, sum) VALUES (?, ?, ?, ?) ON CONFLICT (tab, key) DO UPDATE SET value = excluded.value, sum = excluded.sum',
  params: [r.table, r.key, r.value, sumOf(r)],
});
export const dropRow = (r: Pick<JournalRecord, 'table' | 'key'>): Statement => ({
  sql: 'DELETE FROM kv WHERE tab = ? AND key = ?',
  params: [r.table, r.key],
});
/** Last statement of each change: what the triggers counted was ours. */
export const metaRow = (seq: number, count: number): Statement => ({
  sql: 'INSERT INTO kv_meta (id, seq, row_count, foreign_changes) VALUES (1, ?, ?, 0) ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, row_count = excluded.row_count, foreign_changes = 0',
  params: [seq, count],
});

/** Sorts what was read: rows that are right, rows without a checksum, rows that are damaged. */
export function rowsOf(list: readonly Record<string, unknown>[]): Pick<FoundRows, 'good' | 'plain' | 'bad' | 'seq' | 'foreign' | 'count'> {
  const good = new Map<string, CatalogRow>();
  const plain = new Map<string, CatalogRow>();
  const bad: FoundRows['bad'] = [];
  for (const { tab, key, value, sum } of list) {
    if (typeof tab !== 'string' || typeof key !== 'string' || typeof value !== 'string') {
      bad.push({ table: String(tab), key: String(key) });
      continue;
    }
    const row: CatalogRow = { seq: 0, table: tab, key, value };
    if (sum === null) {
      plain.set(entryOf(tab, key), row);
      continue;
    }
    row.seq = Number(String(sum).split(':', 1)[0]);
    if (Number.isSafeInteger(row.seq) && sumOf(row) === sum) good.set(entryOf(tab, key), row);
    else bad.push({ table: tab, key });
  }
  return { good, plain, bad, seq: 0, foreign: 0, count: undefined };
}

/** @param aside the damaged file whose place this new one has: what can be read of it counts */
export async function readRows(raw: RawDatabase, aside: string | undefined): Promise<FoundRows> {
  if (aside !== undefined) return { ...rowsOf(await salvage(aside)), intact: false };
  const list = await raw.all<Record<string, unknown>>(rowSelect);
  const meta = (
    await raw.all<{ seq: number; row_count: number; foreign_changes: number }>('SELECT seq, row_count, foreign_changes FROM kv_meta')
  )[0];
  return {
    ...rowsOf(list),
    seq: meta?.seq ?? 0,
    foreign: meta?.foreign_changes ?? 0,
    count: meta?.row_count,
    intact: true,
  };
}

/** What can be read from both ends of a damaged file. */
async function salvage(path: string): Promise<Record<string, unknown>[]> {
  const found = new Map<string, Record<string, unknown>>();
  let file: Awaited<ReturnType<typeof openDamaged>>;
  try {
    file = await openDamaged(path);
  } catch {
    return []; // not even a database any more: the journal has it all
  }
  try {
    for (const [compare, order] of [
      ['>', 'ASC'],
      ['<', 'DESC'],
    ] as const) {
      let at: readonly [string, string] | undefined;
      for (;;) {
        const where = at ? `WHERE (tab, key) ${compare} (?, ?)` : '';
        // one by one: a page that cannot be read must not take the one before with it
        const rows = await file.raw
          .all<Record<string, unknown>>(`${rowSelect} ${where} ORDER BY tab ${order}, key ${order} LIMIT 1`, at ? [...at] : [])
          .catch((error: unknown) => {
            void messageOf(error);
            return [];
          });
        const row = rows[0];
        if (!row || typeof row['tab'] !== 'string' || typeof row['key'] !== 'string') break;
        const entry = entryOf(row['tab'], row['key']);
        if (found.has(entry)) break;
        found.set(entry, row);
        at = [row['tab'], row['key']];
      }
    }
  } finally {
    await file.close().catch(() => undefined); // it is thrown away anyway
  }
  return [...found.values()];
}

export function reconcile(db: FoundRows, journal: JournalContent): Reconciled {
  const out: Reconciled = {
    rows: new Map(),
    seq: Math.max(db.seq, journal.seq),
    changed: [],
    metaChanged: false,
    journalStale: false,
    told: [],
    toldJournal: [],
  };
  const total = countOf(db);
  const complete = db.intact && (db.foreign > 0 || db.count === undefined || db.count === total) && db.bad.length === 0;
  /** Nothing that the journal knows is missing: an absent row was deleted. */
  const decides = complete && (db.seq >= journal.seq || db.foreign > 0);
  for (const [entry, row] of db.good) out.rows.set(entry, row);
  for (const [entry, row] of db.plain) out.rows.set(entry, row);
  let restored = 0;
  let removed = 0;
  if (!decides)
    for (const [entry, record] of journal.records) {
      const row = out.rows.get(entry);
      if (row && (db.plain.has(entry) || row.seq >= record.seq)) continue;
      // a row that the database has not, and that is newer than all that it knows, or older and lost
      if (record.value === undefined) {
        if (!row) continue;
        out.rows.delete(entry);
        out.changed.push(record);
        removed++;
      } else {
        out.rows.set(entry, record as CatalogRow);
        out.changed.push(record);
        restored++;
      }
    }
  let lost = 0;
  for (const key of db.bad) {
    const entry = entryOf(key.table, key.key);
    if (out.rows.has(entry)) continue; // written over
    out.changed.push({ seq: out.seq, ...key, value: undefined });
    const meant = journal.records.get(entry);
    if (meant?.value === undefined && !(restored > 0)) lost++;
  }
  // rows of an older program, and those taken over from a damaged file, get their numbers and checksums here
  for (const [entry, row] of out.rows) {
    if (db.plain.has(entry) && row === db.plain.get(entry)) {
      row.seq = isJournaled(row.table) ? ++out.seq : 0;
      out.changed.push(row);
    } else if (!db.intact && db.good.has(entry) && out.rows.get(entry) === db.good.get(entry)) out.changed.push(row);
  }
  out.metaChanged =
    db.count === undefined
      ? out.rows.size > 0 || db.seq !== out.seq
      : db.count !== [...out.rows.values()].filter((r) => isJournaled(r.table)).length || db.seq !== out.seq || db.foreign > 0;
  tellDatabase(out, { restored, removed, lost, db, journal });
  tellJournal(out, db, journal);
  return out;
}

/** Rows of the file that the journal has as well. */
function countOf(db: FoundRows): number {
  let n = 0;
  for (const rows of [db.good, db.plain]) for (const r of rows.values()) if (isJournaled(r.table)) n++;
  for (const b of db.bad) if (isJournaled(b.table)) n++;
  return n;
}

interface Happened {
  restored: number;
  removed: number;
  lost: number;
  db: FoundRows;
  journal: JournalContent;
}

function tellDatabase(out: Reconciled, { restored, removed, lost, db, journal }: Happened): void {
  const parts: string[] = [];
  if (db.bad.length > 0) parts.push(`${db.bad.length} damaged entries were found by their checksum`);
  if (restored > 0) parts.push(`${restored} entries were restored from ${'catalog.journal'}`);
  if (removed > 0) parts.push(`${removed} deletions were repeated`);
  if (lost > 0) parts.push(`${lost} entries are in no copy and are lost`);
  const missing = db.intact && db.bad.length === 0 && db.count !== undefined && db.foreign === 0 ? db.count - countOf(db) : 0;
  if (restored === 0 && missing > 0) parts.push(`${missing} entries are missing`);
  if (!db.intact && restored === 0 && journal.found) parts.push(`${out.rows.size} entries are complete`);
  if (!journal.found && !db.intact && out.rows.size > 0)
    parts.push(`${out.rows.size} entries could be read from the damaged file; there was no copy`);
  if (parts.length > 0) out.told.push(parts.join('; '));
}

/** The journal is written afresh when it does not hold just what is in effect. */
function tellJournal(out: Reconciled, db: FoundRows, journal: JournalContent): void {
  const ours = [...out.rows.values()].filter((r) => isJournaled(r.table));
  const live = [...journal.records.values()].filter((r) => r.value !== undefined);
  const same = ours.length === live.length && ours.every((r) => journal.records.get(entryOf(r.table, r.key))?.value === r.value);
  out.journalStale = !same || journal.bad > 0 || (!journal.found && (ours.length > 0 || out.seq > 0)) || journal.seq < out.seq;
  if (journal.bad > 0) out.toldJournal.push(`${journal.bad} damaged lines; the copy was written afresh`);
  else if (!journal.found && db.seq > 0 && db.intact) out.toldJournal.push('the copy of the configuration was gone; it was written afresh');
}
