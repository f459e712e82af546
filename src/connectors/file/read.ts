// Reading one file into rows or bytes, by type. Lines are streamed, so that a large file does not sit in memory.
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { messageOf, rowError } from '../../base/errors/gateway-error.ts';
import { createDecompressor } from '../../codecs/compression.ts';
import type { Row } from '../../data/value.ts';
import type { FileSourceProps } from './options.ts';

/** What the source emits: rows (json, csv) or bytes for the stream's FORMAT (lines and other types). */
export type FileItem = Row | Uint8Array;

/** @param decode JSON of a whole file → rows */
export async function* readItems(
  file: string,
  props: FileSourceProps,
  decode: (bytes: Uint8Array) => Row | Row[],
): AsyncGenerator<FileItem> {
  if (props.fileType === 'csv' || props.fileType === 'lines') {
    yield* props.fileType === 'csv' ? csvRows(file, props) : lineItems(file, props);
    return;
  }
  let bytes: Uint8Array = await readFile(file);
  if (bytes.length === 0) return;
  if (props.decompression) bytes = createDecompressor(props.decompression)(bytes);
  if (props.fileType !== 'json') {
    yield bytes;
    return;
  }
  let rows: Row | Row[];
  try {
    rows = decode(bytes);
  } catch (error) {
    throw rowError(`file ${file} must hold an object or an array of objects: ${messageOf(error)}`, 'DECODE_FAILED');
  }
  if (Array.isArray(rows)) yield* rows;
  else yield rows;
}

/** Lines without the ones to be ignored at both ends. */
async function* lines(file: string, props: FileSourceProps): AsyncGenerator<string> {
  const reader = createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Number.POSITIVE_INFINITY });
  const held: string[] = [];
  let n = 0;
  for await (const line of reader) {
    if (n++ < props.ignoreStartLines) continue;
    held.push(line);
    if (held.length > props.ignoreEndLines) yield held.shift()!;
  }
}

async function* lineItems(file: string, props: FileSourceProps): AsyncGenerator<FileItem> {
  for await (const line of lines(file, props)) if (line !== '') yield Buffer.from(line);
}

/** Values are texts. A row that is shorter than the columns has the columns it has (eKuiper dies there). */
async function* csvRows(file: string, props: FileSourceProps): AsyncGenerator<FileItem> {
  let names: string[] | undefined = props.columns.length ? props.columns : undefined;
  let headerDue = props.hasHeader;
  for await (const record of csvRecords(lines(file, props), props.delimiter[0] ?? ',')) {
    if (headerDue) {
      headerDue = false;
      names ??= record;
      continue;
    }
    yield Object.fromEntries(record.map((v, i) => [names ? (names[i] ?? `cols${i}`) : `cols${i}`, v] as const));
  }
}

/** RFC 4180 records: quoted fields may hold separators, doubled quotes and line breaks. */
export async function* csvRecords(source: AsyncIterable<string>, delimiter: string): AsyncGenerator<string[]> {
  let fields: string[] = [];
  let field = '';
  let quoted = false;
  for await (const line of source) {
    if (!quoted && line === '') continue;
    if (quoted) field += '\n';
    for (let i = 0; i < line.length; i++) {
      const c = line[i]!;
      if (quoted) {
        if (c !== '"') field += c;
        else if (line[i + 1] === '"') {
          field += '"';
          i++;
        } else quoted = false;
      } else if (c === '"' && field === '') quoted = true;
      else if (c === delimiter) {
        fields.push(field);
        field = '';
      } else field += c;
    }
    if (quoted) continue;
    fields.push(field);
    yield fields;
    fields = [];
    field = '';
  }
  if (quoted) {
    fields.push(field);
    yield fields;
  }
}
