// The second copy of the catalog: a text file beside the database to which each change is added as one line with its number and checksum. A page
// of it that is destroyed costs the lines on it and nothing else; the database has those. Rewritten as a whole when most of it is outdated.
// Used by catalog.ts only.
import { readFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { textSum } from '../base/checksum.ts';
import { writeDurably } from '../base/durable-file.ts';

export interface JournalRecord {
  /** Number of the change; grows by one with each. */
  seq: number;
  table: string;
  key: string;
  /** undefined: deleted */
  value: string | undefined;
}

export interface JournalContent {
  /** False when there is no file, or nothing in it. */
  found: boolean;
  /** The last record of each key, by `table\0key`. */
  records: Map<string, JournalRecord>;
  /** Highest number seen. */
  seq: number;
  /** Lines that are damaged. */
  bad: number;
  bytes: number;
}

export const entryOf = (table: string, key: string): string => `${table}\0${key}`;

/** What plugins keep changes every second and is not a configuration: one copy is enough. */
export const isJournaled = (table: string): boolean => table !== 'pluginState';

const HEAD = 'kuiper-catalog 1';

const lineOf = (r: JournalRecord): string => {
  const body = `${r.seq} ${JSON.stringify(r.value === undefined ? [r.table, r.key] : [r.table, r.key, r.value])}`;
  return `${textSum(body)} ${body}\n`;
};

/** Never throws for content; @throws the system's error when the file is there and cannot be read */
export function readJournal(file: string): JournalContent {
  const out: JournalContent = { found: false, records: new Map(), seq: 0, bad: 0, bytes: 0 };
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return out;
    throw error;
  }
  if (text === '') return out;
  out.found = true;
  out.bytes = Buffer.byteLength(text);
  const lines = text.split('\n');
  // the end of a line is the end of its write: what has none was cut
  if (lines.pop() !== '') out.bad++;
  if (lines.shift() !== HEAD) out.bad++;
  for (const line of lines) {
    const record = parse(line);
    if (!record) {
      out.bad++;
      continue;
    }
    out.seq = Math.max(out.seq, record.seq);
    if (record.table === '') continue;
    const entry = entryOf(record.table, record.key);
    if (record.seq >= (out.records.get(entry)?.seq ?? 0)) out.records.set(entry, record);
  }
  return out;
}

function parse(line: string): JournalRecord | undefined {
  if (line[16] !== ' ') return undefined;
  const body = line.slice(17);
  if (textSum(body) !== line.slice(0, 16)) return undefined;
  const gap = body.indexOf(' ');
  try {
    const [table, key, value] = JSON.parse(body.slice(gap + 1)) as [string, string, string | undefined];
    return { seq: Number(body.slice(0, gap)), table, key, value };
  } catch {
    return undefined; // the checksum fits by chance
  }
}

export interface Journal {
  /** Resolves when the records are on disk. One call at a time. @throws the system's error; nothing was added then */
  append(records: readonly JournalRecord[]): Promise<void>;
  /** Writes the whole file afresh. @param seq number of the last change, also when it was a deletion  @throws the system's error; the old file stays */
  rewrite(records: Iterable<JournalRecord>, seq: number): Promise<void>;
  /** Bytes of the file as far as known. */
  readonly bytes: number;
  close(): Promise<void>;
}

export function openJournal(file: string, bytesNow: number): Journal {
  let handle: FileHandle | undefined;
  let bytes = bytesNow;
  const close = async () => {
    const open = handle;
    handle = undefined;
    await open?.close();
  };
  return {
    async append(records) {
      handle ??= await open(file, 'a', 0o640);
      const text = Buffer.from((bytes === 0 ? `${HEAD}\n` : '') + records.map(lineOf).join(''));
      try {
        for (let at = 0; at < text.length; ) at += (await handle.write(text, at)).bytesWritten;
        await handle.datasync();
      } catch (error) {
        // half a line would spoil the next one
        await handle.truncate(bytes).finally(close);
        throw error;
      }
      bytes += text.length;
    },
    async rewrite(records, seq) {
      await close();
      let text = `${HEAD}\n`;
      for (const r of records) text += lineOf(r);
      text += lineOf({ seq, table: '', key: '', value: undefined });
      writeDurably(file, text);
      bytes = Buffer.byteLength(text);
    },
    get bytes() {
      return bytes;
    },
    close,
  };
}
