// Files of the device, each written whole or not at all, and secrets taken off the boot partition. Called by main.ts.
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { chmod, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Places } from './main.ts';
import type { DeviceFile } from './render.ts';

export async function put({ root, own }: Places, { path, text, mode, owner = 'root', group = 'root' }: DeviceFile): Promise<void> {
  const target = join(root, path);
  await mkdir(dirname(target), { recursive: true });
  const temp = join(dirname(target), `.${basename(target)}.new`);
  await rm(temp, { force: true });
  try {
    await writeFile(temp, text, { mode: 0o600, flush: true });
    await own(temp, owner, group);
    await chmod(temp, mode);
    await rename(temp, target);
  } catch (error) {
    await rm(temp, { force: true });
    throw error;
  }
  await syncFolder(dirname(target));
}

export async function writeDurably(file: string, text: string, mode = 0o600): Promise<void> {
  const handle = await open(`${file}.new`, 'w', mode);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.new`, file);
  await syncFolder(dirname(file));
}

/** After a rename or a removal: the name itself is on the disk. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The old bytes are written over in place first, so that they do not stay in freed clusters. A card's own wear levelling may still
 *  keep a copy; no software can change that. @param text undefined: the file is removed */
export async function replaceSecretFile(file: string, text: string | undefined): Promise<void> {
  const { size } = await stat(file);
  const fd = openSync(file, 'r+');
  try {
    writeSync(fd, Buffer.alloc(size, 0x20), 0, size, 0);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  if (text !== undefined) return writeDurably(file, text);
  await rm(file);
  await syncFolder(dirname(file));
}

export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
