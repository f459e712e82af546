// How statements differ between PostgreSQL and MySQL: marks for values, upsert, types of columns. Names are in double quotes in both (MySQL
// sessions are set to ANSI_QUOTES). Pure. Used by session.ts, sink.ts, source.ts, lookup.ts.
import type { Value } from '../../../data/value.ts';
import { isDateTime } from '../../../data/value.ts';
import type { ServerKind } from './dburl.ts';

export interface Dialect {
  readonly kind: ServerKind;
  /** @param n 1 for the first value of the statement */
  mark(n: number): string;
  /** Values in one statement. */
  readonly maxValues: number;
  /** Behind INSERT: a row with equal keys is replaced in these columns. Both quoted. */
  upsert(keys: readonly string[], columns: readonly string[]): string;
  /** Behind CREATE TABLE (…). */
  readonly tableOptions: string;
  /** Type of a column that is made for this value. @param isKey MySQL has no index over unbounded texts */
  typeOf(value: Value, isKey: boolean): string;
  /** How an answer of the server is to be taken. @param code SQLSTATE, or the number of MySQL's error */
  verdict(sqlState: string, errno: number): 'wrong row' | 'away';
}

/** @throws Error for a name that no database has */
export function quoteName(name: string, what: string): string {
  if (name === '' || name.includes('\0') || name.length > 128) throw new Error(`${what} "${name.slice(0, 128)}" is not a name`);
  return `"${name.replaceAll('"', '""')}"`;
}

/** SQLSTATE classes that blame the statement: cardinality, data, integrity, names and types, limits, features, RAISE of a trigger. */
const WRONG = /^(21|22|23|42|44|54|0A|P0)/;

export const postgres: Dialect = {
  kind: 'postgres',
  mark: (n) => `$${n}`,
  maxValues: 65_535,
  tableOptions: '',
  upsert: (keys, columns) =>
    ` ON CONFLICT (${keys.join(', ')}) DO ${columns.length ? `UPDATE SET ${columns.map((c) => `${c} = EXCLUDED.${c}`).join(', ')}` : 'NOTHING'}`,
  typeOf(value) {
    switch (typeof value) {
      case 'bigint':
        return 'BIGINT';
      case 'number':
        return 'DOUBLE PRECISION';
      case 'boolean':
        return 'BOOLEAN';
      default:
        if (isDateTime(value)) return 'TIMESTAMPTZ';
        if (value instanceof Uint8Array) return 'BYTEA';
        return typeof value === 'object' && value !== null ? 'JSONB' : 'TEXT';
    }
  },
  // 42501: no right, which an administrator gives
  verdict: (state) => (WRONG.test(state) && state !== '42501' ? 'wrong row' : 'away'),
};

/** Rights of the user, which are no fault of a row though they stand in class 42. */
const NO_RIGHT: ReadonlySet<number> = new Set([1044, 1045, 1142, 1143, 1227, 1370, 1419]);
/** Faults of values in the general class HY000. @source MariaDB error codes */
const WRONG_VALUE: ReadonlySet<number> = new Set([1048, 1264, 1265, 1292, 1364, 1366, 1406, 1690, 3140, 3819, 4025]);

export const mysql: Dialect = {
  kind: 'mysql',
  mark: () => '?',
  maxValues: 65_535,
  // the default of older servers cannot hold every text
  tableOptions: ' CHARACTER SET utf8mb4',
  upsert: (keys, columns) => {
    const [first] = keys;
    const set = columns.length ? columns.map((c) => `${c} = VALUES(${c})`) : [`${first} = ${first}`];
    return ` ON DUPLICATE KEY UPDATE ${set.join(', ')}`;
  },
  typeOf(value, isKey) {
    switch (typeof value) {
      case 'bigint':
        return 'BIGINT';
      case 'number':
        return 'DOUBLE';
      case 'boolean':
        return 'BOOLEAN';
      default:
        if (isDateTime(value)) return 'DATETIME(6)';
        if (value instanceof Uint8Array) return 'LONGBLOB';
        if (typeof value === 'object' && value !== null) return 'JSON';
        return isKey ? 'VARCHAR(255)' : 'LONGTEXT';
    }
  },
  verdict(state, errno) {
    if (WRONG_VALUE.has(errno)) return 'wrong row';
    return WRONG.test(state) && !NO_RIGHT.has(errno) ? 'wrong row' : 'away';
  },
};
