// Rows → statements: neighbours of one table, kind and set of columns become one statement of many rows. Pure. Called by sink.ts.
import { rowError } from '../../../base/errors/gateway-error.ts';
import type { Row, Value } from '../../../data/value.ts';
import { type Dialect, quoteName } from './dialect.ts';
import type { SqlStatement, Table } from './session.ts';

export type RowKind = 'insert' | 'upsert' | 'update' | 'delete';

/** One row with what is to be done with it; columns and keys by the names of the row. */
export interface Change {
  readonly table: string;
  readonly kind: RowKind;
  readonly columns: readonly string[];
  readonly keys: readonly string[];
  readonly row: Row;
}

export interface ChangeProps {
  fields: readonly string[];
  /** Columns that are not written; the kind and the key of a row come all the same. */
  excludeFields: readonly string[];
  rowkindField: string;
  keys: readonly string[];
  writeMode: 'insert' | 'upsert';
}

/** @throws rowError for an unknown kind, a row without columns or without its key */
export function changeOf(table: string, row: Row, p: ChangeProps): Change {
  const kind = kindOf(row, p);
  const columns = (p.fields.length ? p.fields : Object.keys(row)).filter((n) => n !== p.rowkindField && !p.excludeFields.includes(n));
  if (columns.length === 0) throw rowError('a row without columns cannot be written');
  if (kind !== 'insert')
    for (const key of p.keys) if (row[key] === undefined || row[key] === null) throw rowError(`a row to ${kind} needs its key ${key}`);
  return { table, kind, columns, keys: p.keys, row };
}

function kindOf(row: Row, { rowkindField, writeMode }: ChangeProps): RowKind {
  const value = rowkindField === '' ? undefined : row[rowkindField];
  if (value === undefined || value === null) return writeMode;
  if (value !== 'insert' && value !== 'upsert' && value !== 'update' && value !== 'delete')
    throw rowError(`invalid rowkind ${String(value)}`);
  return value;
}

/** @param changes in their order, which stays  @param tableOf known tables */
export function statementsOf(changes: readonly Change[], dialect: Dialect, tableOf: (name: string) => Table): SqlStatement[] {
  const out: SqlStatement[] = [];
  for (let at = 0; at < changes.length; ) {
    const first = changes[at]!;
    const room = Math.max(1, Math.floor(dialect.maxValues / (first.kind === 'delete' ? first.keys.length : first.columns.length)));
    let end = at + 1;
    while (end < changes.length && end - at < room && joins(first, changes[end]!)) end++;
    out.push(statement(changes.slice(at, end), dialect, tableOf(first.table)));
    at = end;
  }
  return out;
}

const joins = (a: Change, b: Change): boolean =>
  a.kind !== 'update' && a.kind === b.kind && a.table === b.table && (a.kind === 'delete' || sameNames(a.columns, b.columns));

const sameNames = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((n, i) => n === b[i]);

function statement(run: readonly Change[], dialect: Dialect, table: Table): SqlStatement {
  const { kind, columns, keys, row } = run[0]!;
  const params: Value[] = [];
  const put = (v: Value): string => dialect.mark(params.push(v));
  const names = () => columns.map((c) => table.column(c));
  const keyNames = keys.map((k) => table.column(k));
  const whereKeys = (r: Row) => keyNames.map((k, i) => `${k} = ${put(r[keys[i]!])}`).join(' AND ');
  switch (kind) {
    case 'insert':
    case 'upsert': {
      const quoted = names();
      // a statement may touch each key only once: the last row of a key is the one that stays
      const rows = kind === 'insert' ? run.map((c) => c.row) : lastOfKey(run);
      const values = rows.map((r) => `(${columns.map((c) => put(r[c])).join(', ')})`);
      const others = quoted.filter((q) => !keyNames.includes(q));
      const tail = kind === 'upsert' ? dialect.upsert(keyNames, others) : '';
      return { sql: `INSERT INTO ${table.sql} (${quoted.join(', ')}) VALUES ${values.join(', ')}${tail}`, params };
    }
    case 'update': {
      const set = columns.map((c) => `${table.column(c)} = ${put(row[c])}`);
      return { sql: `UPDATE ${table.sql} SET ${set.join(', ')} WHERE ${whereKeys(row)}`, params };
    }
    case 'delete':
      return { sql: `DELETE FROM ${table.sql} WHERE ${run.map((c) => `(${whereKeys(c.row)})`).join(' OR ')}`, params };
  }
}

function lastOfKey(run: readonly Change[]): Row[] {
  const byKey = new Map<string, Row>();
  for (const { row, keys } of run) {
    const key = JSON.stringify(keys.map((k) => String(row[k])));
    byKey.delete(key);
    byKey.set(key, row);
  }
  return [...byKey.values()];
}

/** CREATE TABLE from the columns of rows; a column without any value is a text. */
export function createTable(name: string, changes: readonly Change[], dialect: Dialect): SqlStatement {
  const columns = new Map<string, Value>();
  const [first] = changes;
  for (const { row, columns: names } of changes)
    for (const n of names) if ((columns.get(n) ?? null) === null) columns.set(n, row[n] ?? null);
  const keys = (first?.keys ?? []).filter((k) => columns.has(k));
  const defs = [...columns].map(
    ([n, v]) => `${quoteName(n, 'column')} ${dialect.typeOf(v, keys.includes(n))}${keys.includes(n) ? ' NOT NULL' : ''}`,
  );
  if (keys.length) defs.push(`PRIMARY KEY (${keys.map((k) => quoteName(k, 'column')).join(', ')})`);
  const table = name
    .split('.')
    .map((part) => quoteName(part, 'table'))
    .join('.');
  return { sql: `CREATE TABLE IF NOT EXISTS ${table} (${defs.join(', ')})${dialect.tableOptions}`, params: [] };
}
