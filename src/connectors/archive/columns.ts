// Rows as lines of a journal, and the types of the columns of a file. Lines are JSON in which what JSON lacks is marked, so that int64, bytes and times come
// out as they went in. Used by sink.ts (in) and encode.ts (out).
import { rowError } from '../../base/errors/gateway-error.ts';
import { encodeJson } from '../../codecs/json/encode.ts';
import { isDateTime, type Row, type Value } from '../../data/value.ts';

export const columnTypes = ['boolean', 'int64', 'double', 'string', 'bytes', 'timestamp', 'json'] as const;
export type ColumnType = (typeof columnTypes)[number];

/** A value of a journal: `i` int64, `b` bytes in base64, `t` epoch ms, `j` JSON of an object or list; others stand for themselves. */
export type Cell = number | string | boolean | { i: string } | { b: string } | { t: number } | { j: string };

/** @returns one line without its end; columns that are absent or null are left out  @throws rowError for a value that its declared column cannot hold */
export function lineOf(row: Row, declared: Readonly<Record<string, ColumnType>>): string {
  const cells: Record<string, Cell> = Object.create(null) as Record<string, Cell>;
  let any = false;
  for (const name of Object.keys(row)) {
    const cell = cellOf(row[name], name);
    if (cell === undefined) continue;
    const type = Object.hasOwn(declared, name) ? declared[name] : undefined;
    cells[name] = type === undefined ? cell : fitted(cell, type, name);
    any = true;
  }
  if (!any) throw rowError('archive: a row without a column that has a value cannot be kept', 'VALUE_REFUSED');
  return JSON.stringify(cells);
}

function cellOf(value: Value, name: string): Cell | undefined {
  switch (typeof value) {
    case 'undefined':
      return undefined;
    case 'bigint':
      if (BigInt.asIntN(64, value) !== value) throw rowError(`archive: column ${name}: ${value} is not an int64`, 'VALUE_REFUSED');
      return { i: String(value) };
    case 'number':
      if (!Number.isFinite(value)) throw rowError(`archive: column ${name}: ${value} cannot be kept`, 'VALUE_REFUSED');
      return value;
    case 'string':
    case 'boolean':
      return value;
    default:
      if (value === null) return undefined;
      if (value instanceof Uint8Array) return { b: Buffer.from(value).toString('base64') };
      return isDateTime(value) ? { t: Number(value.epochNs / 1_000_000n) } : { j: encodeJson(value) };
  }
}

export function typeOf(cell: Cell): ColumnType {
  if (typeof cell === 'number') return 'double';
  if (typeof cell === 'string') return 'string';
  if (typeof cell === 'boolean') return 'boolean';
  if ('i' in cell) return 'int64';
  if ('b' in cell) return 'bytes';
  return 't' in cell ? 'timestamp' : 'json';
}

/** @throws rowError */
function fitted(cell: Cell, type: ColumnType, name: string): Cell {
  const found = typeOf(cell);
  if (found === type) return cell;
  if (type === 'double' && typeof cell === 'object' && 'i' in cell) return Number(cell.i);
  if (type === 'int64' && typeof cell === 'number' && Number.isSafeInteger(cell)) return { i: String(cell) };
  if (type === 'timestamp' && typeof cell === 'number' && Number.isSafeInteger(cell)) return { t: cell };
  if (type === 'timestamp' && typeof cell === 'object' && 'i' in cell) return { t: Number(cell.i) };
  if (type === 'json') return { j: textOf(cell, true) };
  if (type === 'string' && found !== 'bytes') return textOf(cell, false);
  throw rowError(`archive: column ${name}: a value of type ${found} does not fit into ${type}`, 'VALUE_REFUSED');
}

function textOf(cell: Cell, json: boolean): string {
  if (typeof cell !== 'object') return json ? JSON.stringify(cell) : String(cell);
  if ('i' in cell) return cell.i;
  if ('j' in cell) return cell.j;
  const text = 'b' in cell ? cell.b : new Date(cell.t).toISOString();
  return json ? JSON.stringify(text) : text;
}

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** One for each row; null where it is absent. bigint, number, boolean, string, Uint8Array, or epoch ms for timestamp. */
  readonly values: (bigint | number | boolean | string | Uint8Array | null)[];
}

/** The columns of all rows, in the order in which they came first. Where types differ: int64 and double become double, others JSON texts. */
export function columnsOf(rows: readonly Readonly<Record<string, Cell>>[], declared: Readonly<Record<string, ColumnType>>): Column[] {
  const types = new Map<string, ColumnType>(Object.entries(declared));
  for (const row of rows)
    for (const name of Object.keys(row)) {
      if (Object.hasOwn(declared, name)) continue;
      const type = typeOf(row[name]!);
      const before = types.get(name);
      if (before === undefined || before === type) types.set(name, type);
      else types.set(name, isNumeric(before) && isNumeric(type) ? 'double' : 'json');
    }
  return [...types].map(([name, type]) => ({
    name,
    type,
    values: rows.map((row) => (Object.hasOwn(row, name) ? valueIn(row[name]!, type) : null)),
  }));
}

const isNumeric = (type: ColumnType): boolean => type === 'int64' || type === 'double';

function valueIn(cell: Cell, type: ColumnType): Column['values'][number] {
  switch (type) {
    case 'int64':
      return BigInt((cell as { i: string }).i);
    case 'double':
      return typeof cell === 'number' ? cell : Number((cell as { i: string }).i);
    case 'timestamp':
      return (cell as { t: number }).t;
    case 'bytes':
      return new Uint8Array(Buffer.from((cell as { b: string }).b, 'base64'));
    case 'boolean':
      return cell as boolean;
    case 'string':
      return cell as string;
    case 'json':
      return textOf(cell, true);
  }
}
