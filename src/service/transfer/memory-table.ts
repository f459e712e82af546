// A table that is in memory only: the ground on which an import is tried (shadow.ts).
import type { KvTable } from '../../store/index.ts';

export function createMemoryTable(rows: Map<string, string>): KvTable {
  return {
    get: async (key) => rows.get(key),
    async set(key, value) {
      rows.set(key, value);
    },
    async setMany(entries) {
      for (const [key, value] of Object.entries(entries)) {
        if (value === undefined) rows.delete(key);
        else rows.set(key, value);
      }
    },
    delete: async (key) => rows.delete(key),
    keys: async () => [...rows.keys()].sort(),
    all: async () => new Map([...rows].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}
