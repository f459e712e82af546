// A journal of rows becomes a file of its format. Runs in a thread of its own (encode-thread.ts), so that a large file does not hold rules up; the library of
// Parquet is loaded there.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { avroOf } from './avro.ts';
import { type Cell, type Column, type ColumnType, columnsOf } from './columns.ts';

export type Format = 'parquet' | 'avro' | 'jsonl';
export const extensionOf: Readonly<Record<Format, string>> = { parquet: 'parquet', avro: 'avro', jsonl: 'jsonl.gz' };

type CellRow = Record<string, Cell>;

/** Whole lines of a journal; the rest of a line that was cut by a crash was confirmed to nobody. */
export function readJournal(file: string): CellRow[] {
  const text = readFileSync(file, 'utf8');
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as CellRow);
}

export async function encodeRows(
  rows: readonly CellRow[],
  format: Format,
  declared: Readonly<Record<string, ColumnType>>,
): Promise<Uint8Array> {
  switch (format) {
    case 'parquet':
      return parquetOf(columnsOf(rows, declared));
    case 'avro':
      return avroOf(columnsOf(rows, declared), rows.length);
    case 'jsonl':
      return gzipSync(rows.map((row) => `${plainLine(row)}\n`).join(''));
  }
}

const parquetTypes: Readonly<Record<ColumnType, 'BOOLEAN' | 'INT64' | 'DOUBLE' | 'STRING' | 'BYTE_ARRAY' | 'TIMESTAMP' | 'JSON'>> = {
  boolean: 'BOOLEAN',
  int64: 'INT64',
  double: 'DOUBLE',
  string: 'STRING',
  bytes: 'BYTE_ARRAY',
  timestamp: 'TIMESTAMP',
  json: 'STRING',
};

async function parquetOf(columns: readonly Column[]): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import('hyparquet-writer');
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: columns.map(({ name, type, values }) => ({
        name,
        type: parquetTypes[type],
        nullable: true,
        data: type === 'timestamp' ? values.map((v) => (v === null ? null : new Date(v as number))) : values,
      })),
      createdBy: 'kuiper-gateway',
    }),
  );
}

/** As the file action writes it: int64 as a number with all its digits. */
function plainLine(row: CellRow): string {
  const members = Object.entries(row).map(([name, cell]) => {
    let text: string;
    if (typeof cell !== 'object') text = JSON.stringify(cell);
    else if ('i' in cell) text = cell.i;
    else if ('j' in cell) text = cell.j;
    else text = JSON.stringify('b' in cell ? cell.b : new Date(cell.t).toISOString());
    return `${JSON.stringify(name)}:${text}`;
  });
  return `{${members.join(',')}}`;
}
