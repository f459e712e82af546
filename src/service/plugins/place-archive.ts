// Puts the files of a checked archive in their places, all or none, and takes them away again. Files that lie in etc already are the user's
// and win over those of the archive.
import { randomBytes } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Folders } from '../../config/index.ts';
import type { PluginKind } from '../../registry/index.ts';
import type { PluginPackage } from './read-package.ts';

export interface Placed {
  /** Paths of the plugin files. */
  plugins: string[];
  /** Takes back what was placed; what was there before is there again. */
  undo(): Promise<void>;
}

export interface KeptFile {
  path: string;
  content: Buffer;
}

const exists = async (path: string): Promise<boolean> => {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
};

export async function placeArchive(folders: Folders, kind: PluginKind, name: string, content: PluginPackage): Promise<Placed> {
  const made: string[] = [];
  const madeFolders: string[] = [];
  const overwritten: KeptFile[] = [];
  const undo = async () => {
    for (const path of made.toReversed()) await rm(path, { force: true });
    for (const folder of madeFolders.toReversed()) await rmdir(folder).catch(ignoreFull);
    await restoreFiles(overwritten);
  };
  const write = async (path: string, bytes: Buffer, replace: boolean) => {
    if (await exists(path)) {
      if (!replace) return;
      overwritten.push({ path, content: await readFile(path) });
    }
    await makeFolders(dirname(path), madeFolders);
    // a dot first: not picked up before it is whole
    const temp = join(dirname(path), `.${randomBytes(6).toString('hex')}.part`);
    made.push(temp);
    await writeFile(temp, bytes, { flag: 'wx', mode: 0o644, flush: true });
    await rename(temp, path);
    made.push(path);
  };
  const etc = join(folders.etc, kind);
  const plugins = content.plugins.map((e) => join(folders.plugins, kind, e.path));
  try {
    for (const e of content.runtime) await write(join(etc, name, e.path), e.content, false);
    if (content.confKeys) await write(join(etc, `${name}.yaml`), content.confKeys.content, false);
    if (content.metadata) await write(join(etc, `${name}.json`), content.metadata.content, false);
    // last: everything it may read is there when it is loaded
    for (const [i, e] of content.plugins.entries()) await write(plugins[i]!, e.content, true);
  } catch (error) {
    await undo();
    throw error;
  }
  return { plugins, undo };
}

/** Removes a plugin with its yaml, json and runtime files. @returns what it was, for restoreFiles */
export async function removeFiles(folders: Folders, kind: PluginKind, name: string, plugins: readonly string[]): Promise<KeptFile[]> {
  const etc = join(folders.etc, kind);
  const runtime = join(etc, name);
  const paths = [...plugins, join(etc, `${name}.yaml`), join(etc, `${name}.json`)];
  if (await exists(runtime))
    for (const e of await readdir(runtime, { recursive: true, withFileTypes: true }))
      if (e.isFile()) paths.push(join(e.parentPath, e.name));
  const kept: KeptFile[] = [];
  for (const path of paths) {
    if (!(await exists(path))) continue;
    kept.push({ path, content: await readFile(path) });
    await rm(path);
  }
  await rm(runtime, { recursive: true, force: true });
  return kept;
}

export async function restoreFiles(kept: readonly KeptFile[]): Promise<void> {
  for (const { path, content } of kept) {
    await mkdir(dirname(path), { recursive: true });
    const temp = join(dirname(path), `.${randomBytes(6).toString('hex')}.part`);
    await writeFile(temp, content, { flush: true });
    await rename(temp, path);
  }
}

async function makeFolders(folder: string, made: string[]): Promise<void> {
  if (await exists(folder)) return;
  await makeFolders(dirname(folder), made);
  await mkdir(folder);
  made.push(folder);
}

/** Someone put a file there meanwhile: it stays. */
function ignoreFull(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOTEMPTY' && error.code !== 'ENOENT') throw error;
}
