// Small files that survive a power cut: written to a temporary name, synced, renamed, and the folder synced. The one way in which the gateway
// writes state (test/base/durable-file.test.ts looks for any other). The watchdog's thread
// has a copy of its own, plugin-host/worker/write-durably.ts.
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Of a write that was cut: `name.123.tmp`; `name.part`, `name.proto.tmp` and `name.json.tmp` of earlier versions. No upload may be named so. */
const LEFT_OVER = /\.part$|\.(proto|json|\d+)\.tmp$/;

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
function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** As {@link writeDurably}, in a folder that may be missing. */
export function writeDurablyBelow(file: string, text: string | Uint8Array, mode = 0o640): void {
  mkdirSync(dirname(file), { recursive: true });
  writeDurably(file, text, mode);
}

/** As {@link writeDurably} without holding the gateway up, for what may be large. Makes missing folders.
 *  @param temp name to write under, in the same folder; it must be free */
export async function writeDurablyAsync(
  file: string,
  content: string | Uint8Array,
  { mode = 0o640, temp = `${file}.${process.pid}.tmp` }: { mode?: number; temp?: string } = {},
): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  try {
    const handle = await open(temp, 'w', mode);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temp, file);
  } catch (error) {
    await rm(temp, { force: true });
    throw error;
  }
  const folder = await open(dirname(file), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** True for the name of a file whose write was cut, or is under way. */
export const isLeftOver = (name: string): boolean => LEFT_OVER.test(name);

/** Removes what cut writes left in a folder. Call before anything writes there. A folder that is missing or cannot be changed is left as it is.
 *  @param deep look below it as well  @returns paths that were removed */
export function removeLeftOvers(folder: string, deep: boolean, isOurs: (name: string) => boolean = isLeftOver): string[] {
  const removed: string[] = [];
  let names: string[];
  try {
    names = readdirSync(folder, { recursive: deep, encoding: 'utf8' });
  } catch {
    return removed; // not there: nothing is left in it
  }
  for (const name of names) {
    if (!isOurs(name)) continue;
    try {
      rmSync(join(folder, name));
      removed.push(join(folder, name));
    } catch {
      // a folder of that name, or a disk that is read-only: it stays, and isLeftOver keeps it out of lists
    }
  }
  return removed;
}
