// A store in memory for tests of the service; `fail` makes the next write fail.
import type { KvTable, Store, StoreChange } from '../../src/store/index.ts';

export interface MemoryStore extends Pick<Store, 'kv' | 'commit' | 'reports'> {
  /** Content by table. */
  readonly tables: Map<string, Map<string, string>>;
  fail: Error | undefined;
}

export function createMemoryStore(): MemoryStore & Store {
  const tables = new Map<string, Map<string, string>>();
  const store = {
    tables,
    fail: undefined as Error | undefined,
    kv(name: string): KvTable {
      let table = tables.get(name);
      if (!table) tables.set(name, (table = new Map()));
      const content = table;
      const check = () => {
        const error = store.fail;
        store.fail = undefined;
        if (error) throw error;
      };
      return {
        get: async (key) => content.get(key),
        async set(key, value) {
          check();
          content.set(key, value);
        },
        async setMany(entries) {
          check();
          for (const [key, value] of Object.entries(entries)) value === undefined ? content.delete(key) : content.set(key, value);
        },
        async delete(key) {
          check();
          return content.delete(key);
        },
        keys: async () => [...content.keys()].sort(),
        all: async () => new Map(content),
      };
    },
    async commit(changes: readonly StoreChange[]) {
      const error = store.fail;
      store.fail = undefined;
      if (error) throw error;
      for (const { table, key, value } of changes) {
        store.kv(table);
        if (value === undefined) tables.get(table)!.delete(key);
        else tables.get(table)!.set(key, value);
      }
    },
    scrub: async () => undefined,
    reports: () => [],
  };
  return store as unknown as MemoryStore & Store;
}
