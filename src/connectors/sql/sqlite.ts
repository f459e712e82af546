// SQLite files as data (dburl `sqlite:/path/file.db`) through package sqlite3. Other databases of eKuiper's sql plugin are refused by name.
// The package hands integers over as doubles, in both directions; exact int64 therefore travels as text and is cast inside SQLite.
import path from 'node:path';
import sqlite3 from 'sqlite3';
import { GatewayError, ioError, messageOf } from '../../base/errors/gateway-error.ts';
import { ownPlaces, realOf } from '../../base/files/own-places.ts';
import { encodeJson } from '../../codecs/json/encode.ts';
import { formatRfc3339 } from '../../data/datetime-format.ts';
import { setMember } from '../../data/set-member.ts';
import type { Row, Value, ValueObject } from '../../data/value.ts';
import { isDateTime } from '../../data/value.ts';

const BUSY_TIMEOUT_MS = 5000;
/** Statements whose column names are remembered. */
const MAX_KNOWN = 100;
/** Ends the name of the column that holds an integer's text. */
const EXACT = '\u0001int';

/** @returns the path  @throws Error naming what is supported */
export function sqlitePath(dburl: string): string {
  const m = /^sqlite3?:(?:\/\/)?(.+)$/i.exec(dburl);
  if (!m) throw new Error(`dburl "${dburl.replace(/:[^:@/]*@/, ':***@')}": supported are sqlite:/path/file.db, postgres://… and mysql://…`);
  return m[1]!;
}

/** Names that are put into SQL text. */
export function checkIdentifier(name: string, what: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new Error(`${what} "${name}" is not a plain name (letters, digits, _)`);
  return `"${name}"`;
}

/** SQL text with `?` and the values for them. */
export interface Statement {
  readonly sql: string;
  readonly params: readonly Value[];
}

export interface SqliteFile {
  /** Rows with int64 as bigint and REAL as number. */
  all(sql: string, params: readonly Value[]): Promise<Row[]>;
  /** All statements or none of them. */
  write(statements: readonly Statement[]): Promise<void>;
  close(): Promise<void>;
}

/** What stands in the SQL text for a value: an integer comes as text and becomes an integer again. */
export const mark = (v: Value): string => (typeof v === 'bigint' ? 'CAST(? AS INTEGER)' : '?');

export function toParam(v: Value): string | number | Buffer | null {
  if (v === null || v === undefined) return null;
  if (typeof v === 'boolean') return v ? 1 : 0;
  if (typeof v === 'bigint') return v.toString();
  if (v instanceof Uint8Array) return Buffer.from(v);
  if (isDateTime(v)) return formatRfc3339(v);
  return typeof v === 'object' ? encodeJson(v) : v;
}

/** @param file relative ones lie below the root of the gateway
 *  @param mode `write`: a file that is not there is made  @throws GatewayError PLACE_REFUSED for a database of the gateway itself, ioError when it cannot be opened */
export async function openSqlite(file: string, rootPath: string, mode: 'read' | 'write'): Promise<SqliteFile> {
  const target = realOf(path.resolve(rootPath, file));
  const places = ownPlaces(rootPath);
  const why =
    (await places.readRefusal(target)) ??
    (mode === 'write' ? await places.writeRefusal(path.dirname(target), path.basename(target)) : undefined);
  if (why !== undefined) throw new GatewayError('PLACE_REFUSED', { text: `database ${target}: ${why}` });
  const db = await new Promise<sqlite3.Database>((resolve, reject) => {
    const opened = new sqlite3.Database(
      target,
      mode === 'read' ? sqlite3.OPEN_READONLY : sqlite3.OPEN_READWRITE | sqlite3.OPEN_CREATE,
      (error) => (error ? reject(ioError(`database ${target}: ${messageOf(error)}`, error)) : resolve(opened)),
    );
  });
  db.configure('busyTimeout', BUSY_TIMEOUT_MS);
  const known = new Map<string, readonly string[]>();

  const fetch = (sql: string, params: readonly Value[]): Promise<Record<string, unknown>[]> =>
    new Promise((resolve, reject) => {
      db.all(sql, params.map(toParam), (e: Error | null, rows: Record<string, unknown>[]) =>
        e ? reject(ioError(`database ${target}: ${e.message}`, e)) : resolve(rows),
      );
    });
  const run = (sql: string, params: readonly Value[] = []): Promise<void> =>
    new Promise((resolve, reject) => {
      db.run(sql, params.map(toParam), (e: Error | null) => {
        if (!e) return resolve();
        const mayPass = /SQLITE_(BUSY|LOCKED|IOERR|FULL|READONLY|CANTOPEN|CORRUPT|NOTADB|NOMEM|PROTOCOL)/.test(e.message);
        reject(mayPass ? ioError(`database ${target}: ${e.message}`, e) : new Error(`database ${target}: ${e.message}`));
      });
    });

  /** Column names of a query; undefined when it has no rows. */
  const columnsOf = async (sql: string, params: readonly Value[]): Promise<readonly string[] | undefined> => {
    const [row] = await fetch(`SELECT * FROM (${sql}) LIMIT 1`, params);
    return row && Object.keys(row);
  };

  const all = async (text: string, params: readonly Value[]): Promise<Row[]> => {
    const sql = text.replace(/[\s;]+$/, '');
    const names = known.get(sql) ?? (await columnsOf(sql, params));
    if (!names) return [];
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(sql, names);
    const exact = names.map((n) => `CASE typeof(${quote(n)}) WHEN 'integer' THEN CAST(${quote(n)} AS TEXT) END AS ${quote(n + EXACT)}`);
    let rows: Record<string, unknown>[];
    try {
      rows = await fetch(`SELECT *, ${exact.join(', ')} FROM (${sql})`, params);
    } catch (error) {
      known.delete(sql); // a column may have gone: the next query asks for the names again
      throw error;
    }
    if (rows.length && Object.keys(rows[0]!).length !== names.length * 2) {
      known.delete(sql); // a column came
      return all(sql, params);
    }
    return rows.map((row) => readRow(row, names));
  };

  return {
    all,
    async write(statements) {
      if (statements.length === 1) return run(statements[0]!.sql, statements[0]!.params);
      await run('BEGIN IMMEDIATE');
      try {
        for (const s of statements) await run(s.sql, s.params);
        await run('COMMIT');
      } catch (error) {
        await run('ROLLBACK').catch((second: unknown) => {
          // SQLite may have rolled back by itself; the first error is the one that tells
          if (!/no transaction is active/.test(messageOf(second))) throw error;
        });
        throw error;
      }
    },
    close: () => new Promise((resolve) => db.close(() => resolve())),
  };
}

const quote = (name: string) => `"${name.replaceAll('"', '""')}"`;

function readRow(row: Record<string, unknown>, names: readonly string[]): Row {
  const out: ValueObject = {};
  for (const name of names) {
    const integer = row[name + EXACT];
    const v = row[name];
    setMember(out, name, typeof integer === 'string' ? BigInt(integer) : Buffer.isBuffer(v) ? new Uint8Array(v) : (v as Value));
  }
  return out;
}
