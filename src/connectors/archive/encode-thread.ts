// The thread that turns one journal into one file: started by finish.ts, ends with its work.
import { parentPort, workerData } from 'node:worker_threads';
import { writeDurablyAsync } from '../../base/durable-file.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { ColumnType } from './columns.ts';
import { encodeRows, type Format, readJournal } from './encode.ts';

export interface EncodeWork {
  journal: string;
  /** Where the file is written, and under which name first, in the same folder. */
  file: string;
  temp: string;
  format: Format;
  columns: Record<string, ColumnType>;
}

const { journal, file, temp, format, columns } = workerData as EncodeWork;
try {
  const rows = readJournal(journal);
  if (rows.length > 0) await writeDurablyAsync(file, await encodeRows(rows, format, columns), { temp });
  parentPort!.postMessage({ rows: rows.length });
} catch (error) {
  parentPort!.postMessage({ error: messageOf(error) });
}
