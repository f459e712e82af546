// Whether a file of the data folder is the store of an eKuiper: it has tables that ours never has. Read without opening it; called by daemon/gateway.ts, which
// tells the user how to import it. Format: docs/spec (sqliteKV.db, tables 'stream' and 'rule' with key and val).
import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';

/** The schema of a small database lies in its first pages. */
const LOOK_BYTES = 64 * 1024;
const TABLES = /CREATE TABLE (?:IF NOT EXISTS )?['"`]?(stream|rule)['"`]? ?\(/i;

/** @returns true when `<data>/sqliteKV.db` holds tables of eKuiper */
export function hasEkuiperStore(dataDir: string): boolean {
  const bytes = Buffer.alloc(LOOK_BYTES);
  let read = 0;
  try {
    const file = openSync(join(dataDir, 'sqliteKV.db'), 'r');
    try {
      read = readSync(file, bytes, 0, LOOK_BYTES, 0);
    } finally {
      closeSync(file);
    }
  } catch {
    return false; // no file, or none that can be read: the store says so itself
  }
  const text = bytes.toString('latin1', 0, read);
  return text.startsWith('SQLite format 3\0') && TABLES.test(text);
}
