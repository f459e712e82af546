// A named key-value table: the catalog of streams, rules, conf keys. Texts in, texts out. Next: database.ts.
import type { Database } from './database.ts';

export interface KvTable {
  get(key: string): Promise<string | undefined>;
  /** Resolves when the value is on disk. */
  set(key: string, value: string): Promise<void>;
  /** All in one transaction; `undefined` deletes. */
  setMany(entries: Readonly<Record<string, string | undefined>>): Promise<void>;
  /** @returns false when there was no such key */
  delete(key: string): Promise<boolean>;
  /** In order of keys (bytewise). */
  keys(): Promise<string[]>;
  all(): Promise<Map<string, string>>;
}

/** One change of a transaction over several tables; `value` undefined deletes. */
export interface StoreChange {
  readonly table: string;
  readonly key: string;
  readonly value: string | undefined;
}

const PUT = 'INSERT INTO kv (tab, key, value) VALUES (?, ?, ?) ON CONFLICT (tab, key) DO UPDATE SET value = excluded.value';
const DROP = 'DELETE FROM kv WHERE tab = ? AND key = ?';

/** All in one transaction. */
export function commitToKv(db: Database, changes: readonly StoreChange[]): Promise<void> {
  return db.write(
    changes.map(({ table, key, value }) =>
      value === undefined ? { sql: DROP, params: [table, key] } : { sql: PUT, params: [table, key, value] },
    ),
  );
}

export function createKvTable(db: Database, table: string): KvTable {
  const read = async (key: string) => {
    const rows = await db.read<{ value: string }>('SELECT value FROM kv WHERE tab = ? AND key = ?', [table, key]);
    return rows[0]?.value;
  };
  return {
    get: read,
    set: (key, value) => commitToKv(db, [{ table, key, value }]),
    setMany: (entries) =>
      commitToKv(
        db,
        Object.entries(entries).map(([key, value]) => ({ table, key, value })),
      ),
    async delete(key) {
      if ((await read(key)) === undefined) return false;
      await commitToKv(db, [{ table, key, value: undefined }]);
      return true;
    },
    async keys() {
      const rows = await db.read<{ key: string }>('SELECT key FROM kv WHERE tab = ? ORDER BY key', [table]);
      return rows.map((r) => r.key);
    },
    async all() {
      const rows = await db.read<{ key: string; value: string }>('SELECT key, value FROM kv WHERE tab = ? ORDER BY key', [table]);
      return new Map(rows.map((r) => [r.key, r.value]));
    },
  };
}
