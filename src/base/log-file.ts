// A log file that is rotated by size: `name`, `name.1` (newer) … `name.N`. Lines are gathered and written off the event loop; a disk that is
// slow or full costs lines, which are counted in the file, never the gateway. Used by runtime/rule/rule-log.ts.
import { mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf } from './errors/gateway-error.ts';

export interface LogFile {
  /** @param line without the line break */
  write(line: string): void;
  /** Resolves when what is gathered is written. */
  close(): Promise<void>;
}

export interface LogFileOptions {
  path: string;
  /** Size at which a new file is begun; 0 = never. */
  maxBytes: number;
  /** Older files kept. */
  keep: number;
  /** The file cannot be written; called at the first failure of a row of them. */
  failed(reason: string): void;
}

const MAX_GATHERED_BYTES = 1024 * 1024;

export function createLogFile({ path, maxBytes, keep, failed }: LogFileOptions): LogFile {
  let gathered = '';
  let lost = 0;
  let writing: Promise<void> = Promise.resolve();
  let busy = false;
  let failing = false;
  let closed = false;
  let bytes = sizeOf(path);

  const take = (): string => {
    const text = lost > 0 ? `${gathered}${JSON.stringify({ level: 'warn', msg: 'Lines are missing here.', lines: lost })}\n` : gathered;
    gathered = '';
    lost = 0;
    return text;
  };
  const rotate = (more: number) => {
    if (maxBytes <= 0 || bytes === 0 || bytes + more <= maxBytes) return;
    if (keep < 1) rmSync(path, { force: true });
    else {
      rmSync(`${path}.${keep}`, { force: true });
      for (let i = keep - 1; i >= 1; i--) renameIfThere(`${path}.${i}`, `${path}.${i + 1}`);
      renameIfThere(path, `${path}.1`);
    }
    bytes = 0;
  };
  const trouble = (error: unknown, text: string) => {
    lost += text.split('\n').length - 1;
    if (!failing) failed(messageOf(error));
    failing = true;
  };
  const flush = async () => {
    while (gathered !== '') {
      const text = take();
      try {
        const size = Buffer.byteLength(text);
        rotate(size);
        await appendFile(path, text, { mode: 0o640 });
        bytes += size;
        failing = false;
      } catch (error) {
        trouble(error, text);
      }
    }
    busy = false;
  };

  try {
    mkdirSync(dirname(path), { recursive: true });
  } catch (error) {
    trouble(error, '');
  }
  return {
    write(line) {
      if (closed) return;
      if (gathered.length >= MAX_GATHERED_BYTES) {
        lost++;
        return;
      }
      gathered += `${line}\n`;
      if (!busy) writing = Promise.resolve().then(flush);
      busy = true;
    },
    close() {
      closed = true;
      return writing;
    },
  };
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0; // not there yet; other trouble shows at the first write
  }
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
