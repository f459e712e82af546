// Small files that survive a power cut: written to a temporary name, synced, renamed, and the folder synced. The one way in which the gateway
// writes state (test/base/durable-file.test.ts looks for any other). Imports nothing of ours: the watchdog's thread loads it as it is.
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Before or in the middle of a write that was cut: `name.123.tmp`, `name.part`. */
const LEFT_OVER = /\.(\d+\.)?(tmp|part)$/;

/** @param mode rights of a file that is new  @throws the error of the system; the old content is there then, and no temporary file */
export function writeDurably(file: string, text: string | Uint8Array, mode = 0o640): void {
  const temp = `${file}.${process.pid}.tmp`;
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  try {
    const fd = openSync(temp, 'w', mode);
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temp, file);
  } catch (error) {
    rmSync(temp, { force: true });
    throw error;
  }
  syncFolder(dirname(file));
}

/** After a rename or a removal: the name itself is on the disk. */
export function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** As {@link writeDurably}, for a file in a folder that may be missing. */
export function writeDurablyBelow(file: string, text: string | Uint8Array, mode = 0o640): void {
  mkdirSync(dirname(file), { recursive: true });
  writeDurably(file, text, mode);
}

/** True for the name of a file whose write was cut, or is under way. */
export const isLeftOver = (name: string): boolean => LEFT_OVER.test(name);

/** Removes what cut writes left in a folder and below it. Call before anything writes there. A folder that is missing or cannot be changed is
 *  left as it is.
 *  @returns paths that were removed */
export function removeLeftOvers(folder: string): string[] {
  const removed: string[] = [];
  let names: string[];
  try {
    names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch {
    return removed; // not there: nothing is left in it
  }
  for (const name of names) {
    if (!isLeftOver(name)) continue;
    try {
      rmSync(join(folder, name));
      removed.push(join(folder, name));
    } catch {
      // a folder of that name, or a disk that is read-only: it stays, and isLeftOver keeps it out of lists
    }
  }
  return removed;
}
