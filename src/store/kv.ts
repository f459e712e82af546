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

export function createKvTable(db: Database, table: string): KvTable {
  const put = 'INSERT INTO kv (tab, key, value) VALUES (?, ?, ?) ON CONFLICT (tab, key) DO UPDATE SET value = excluded.value';
  const drop = 'DELETE FROM kv WHERE tab = ? AND key = ?';
  const read = async (key: string) => {
    const rows = await db.read<{ value: string }>('SELECT value FROM kv WHERE tab = ? AND key = ?', [table, key]);
    return rows[0]?.value;
  };
  return {
    get: read,
    set: (key, value) => db.write([{ sql: put, params: [table, key, value] }]),
    setMany: (entries) =>
      db.write(
        Object.entries(entries).map(([key, value]) =>
          value === undefined ? { sql: drop, params: [table, key] } : { sql: put, params: [table, key, value] },
        ),
      ),
    async delete(key) {
      if ((await read(key)) === undefined) return false;
      await db.write([{ sql: drop, params: [table, key] }]);
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
