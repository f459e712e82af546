// Puts the files of a checked archive in their places, all or none, and takes them away again. Files in etc that the user has edited stay; what
// the archive brings instead then lies beside them as `<file>.new`.

import { lstat, mkdir, readFile, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeDurablyAsync } from '../../base/durable-file.ts';
import { nodeCrypto } from '../../base/node-builtins.ts';
import type { Folders } from '../../config/index.ts';
import type { PluginDoor, PluginKind } from '../../plugin-host/index.ts';
import type { PluginPackage } from './read-package.ts';
import { hashOf, type ShippedFiles } from './shipped-files.ts';

export interface Placed {
  /** Paths of the plugin files. */
  plugins: string[];
  /** Paths in etc that stayed as the user has them, although the archive has something else. */
  edited: string[];
  /** Everything is in effect: takes away what the version before had shipped and nobody edited. */
  commit(): Promise<void>;
  /** Takes back what was placed; what was there before is there again. */
  undo(): Promise<void>;
}

interface KeptFile {
  path: string;
  content: Buffer;
}

const contentOf = async (path: string): Promise<Buffer | undefined> => {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};

/** @param replaced plugin files that the archive takes the place of  @param door writes below `plugins/` */
export async function placeArchive(
  folders: Folders,
  shipped: ShippedFiles,
  kind: PluginKind,
  name: string,
  content: PluginPackage,
  replaced: readonly string[],
  door: PluginDoor,
): Promise<Placed> {
  const isPlugin = (path: string) => path.startsWith(`${folders.plugins}/`);
  const remove = (path: string) => (isPlugin(path) ? door.remove(path) : rm(path, { force: true }));
  const put = (path: string, bytes: Buffer) => (isPlugin(path) ? door.write(path, bytes) : writeWhole(path, bytes, made));
  const made: string[] = [];
  const madeFolders: string[] = [];
  const before: KeptFile[] = [];
  const edited: string[] = [];
  const known = shipped.of(kind, name);
  const brought: Record<string, string> = {};
  const undo = async () => {
    for (const path of made.toReversed()) await remove(path);
    for (const folder of madeFolders.toReversed()) await rmdir(folder).catch(ignoreFull);
    for (const { path, content: bytes } of before) await (isPlugin(path) ? door.write(path, bytes) : writeWhole(path, bytes, []));
    shipped.set(kind, name, Object.keys(known).length > 0 ? known : undefined);
  };
  const write = async (path: string, bytes: Buffer) => {
    const old = await contentOf(path);
    if (old) before.push({ path, content: old });
    else made.push(path);
    if (!isPlugin(path)) await makeFolders(dirname(path), madeFolders);
    await put(path, bytes);
  };
  const etc = join(folders.etc, kind);
  /** @param path below etc/<kind> */
  const ship = async (path: string, bytes: Buffer) => {
    const place = join(etc, path);
    const hash = hashOf(bytes);
    brought[path] = hash;
    const there = await contentOf(place);
    if (there === undefined || hashOf(there) === known[path]) return write(place, bytes);
    if (hashOf(there) === hash || hash === known[path]) return;
    await write(`${place}.new`, bytes);
    edited.push(place);
  };
  const plugins = content.plugins.map((e) => join(folders.plugins, kind, e.path));
  try {
    for (const e of content.runtime) await ship(join(name, e.path), e.content);
    if (content.confKeys) await ship(`${name}.yaml`, content.confKeys.content);
    if (content.metadata) await ship(`${name}.json`, content.metadata.content);
    shipped.set(kind, name, Object.keys(brought).length > 0 ? brought : undefined);
    // last: everything it may read is there when it is loaded
    for (const [i, e] of content.plugins.entries()) await write(plugins[i]!, e.content);
    for (const path of replaced) {
      const old = plugins.includes(path) ? undefined : await contentOf(path);
      if (!old) continue;
      before.push({ path, content: old });
      await remove(path);
    }
  } catch (error) {
    await undo();
    throw error;
  }
  const commit = async () => {
    for (const [path, hash] of Object.entries(known)) {
      if (path in brought) continue;
      const there = await contentOf(join(etc, path));
      if (there && hashOf(there) === hash) await rm(join(etc, path));
    }
  };
  return { plugins, edited, commit, undo };
}

/** Removes a plugin with its yaml, json and runtime files. */
export async function removeFiles(
  folders: Folders,
  kind: PluginKind,
  name: string,
  plugins: readonly string[],
  door: PluginDoor,
): Promise<void> {
  const etc = join(folders.etc, kind);
  for (const path of plugins) await door.remove(path);
  for (const path of [...[`${name}.yaml`, `${name}.json`].flatMap((f) => [join(etc, f), join(etc, `${f}.new`)])])
    await rm(path, { force: true });
  await rm(join(etc, name), { recursive: true, force: true });
}

/** @param made is told the temporary name, to be cleared away if this fails */
async function writeWhole(path: string, bytes: Buffer, made: string[]): Promise<void> {
  // a dot first: not picked up before it is whole
  const temp = join(dirname(path), `.${nodeCrypto().randomBytes(6).toString('hex')}.part`);
  made.push(temp);
  await writeDurablyAsync(path, bytes, { mode: 0o644, temp });
}

async function makeFolders(folder: string, made: string[]): Promise<void> {
  if (await exists(folder)) return;
  await makeFolders(dirname(folder), made);
  await mkdir(folder);
  made.push(folder);
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** Someone put a file there meanwhile: it stays. */
function ignoreFull(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOTEMPTY' && error.code !== 'ENOENT') throw error;
}
