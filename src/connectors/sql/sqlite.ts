// SQLite files as data (dburl `sqlite:/path/file.db`) through package sqlite3. Other databases of eKuiper's sql plugin are refused by name.
import sqlite3 from 'sqlite3';
import { ioError, messageOf } from '../../base/errors/gateway-error.ts';
import { encodeJson } from '../../codecs/json/encode.ts';
import { formatRfc3339 } from '../../data/datetime-format.ts';
import type { Row, Value } from '../../data/value.ts';
import { isDateTime } from '../../data/value.ts';

const BUSY_TIMEOUT_MS = 5000;

/** @returns the path  @throws Error naming what is supported */
export function sqlitePath(dburl: string): string {
  const m = /^sqlite3?:(?:\/\/)?(.+)$/i.exec(dburl);
  if (!m) throw new Error(`dburl "${dburl.replace(/:[^:@/]*@/, ':***@')}": only SQLite is supported; write sqlite:/path/file.db`);
  return m[1]!;
}

/** Names that are put into SQL text. */
export function checkIdentifier(name: string, what: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new Error(`${what} "${name}" is not a plain name (letters, digits, _)`);
  return `"${name}"`;
}

export interface SqliteFile {
  all(sql: string, params: readonly Value[]): Promise<Row[]>;
  run(sql: string, params: readonly Value[]): Promise<void>;
  close(): Promise<void>;
}

export function toParam(v: Value): string | number | Buffer | null {
  if (v === null || v === undefined) return null;
  if (typeof v === 'boolean') return v ? 1 : 0;
  // the package binds numbers as double or 32-bit: exact int64 goes as text and is cast by the column's affinity
  if (typeof v === 'bigint') return v >= BigInt(Number.MIN_SAFE_INTEGER) && v <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(v) : v.toString();
  if (v instanceof Uint8Array) return Buffer.from(v);
  if (isDateTime(v)) return formatRfc3339(v);
  return typeof v === 'object' ? encodeJson(v) : v;
}

/** SQLite's integers are int64 in rules: whole numbers come as bigint. */
const fromColumn = (v: unknown): Value =>
  typeof v === 'number' && Number.isSafeInteger(v) ? BigInt(v) : Buffer.isBuffer(v) ? new Uint8Array(v) : (v as Value);

export function openSqlite(path: string, mode: 'read' | 'write'): Promise<SqliteFile> {
  return new Promise((resolve, reject) => {
    const flags = mode === 'read' ? sqlite3.OPEN_READONLY : sqlite3.OPEN_READWRITE;
    const db = new sqlite3.Database(path, flags, (error) => {
      if (error) return reject(ioError(`database ${path}: ${messageOf(error)}`, error));
      db.configure('busyTimeout', BUSY_TIMEOUT_MS);
      resolve({
        all: (sql, params) =>
          new Promise((ok, no) => {
            db.all(sql, params.map(toParam), (e: Error | null, rows: Record<string, unknown>[]) =>
              e
                ? no(ioError(`database ${path}: ${e.message}`, e))
                : ok(rows.map((r) => Object.fromEntries(Object.entries(r).map(([k, v]) => [k, fromColumn(v)])))),
            );
          }),
        run: (sql, params) =>
          new Promise((ok, no) => {
            db.run(sql, params.map(toParam), (e: Error | null) => {
              if (!e) return ok();
              const busy = /SQLITE_(BUSY|LOCKED|IOERR|FULL)/.test(e.message);
              no(busy ? ioError(`database ${path}: ${e.message}`, e) : new Error(`database ${path}: ${e.message}`));
            });
          }),
        close: () => new Promise((ok) => db.close(() => ok())),
      });
    });
  });
}
