// What lies in the plugin folders: candidates by plugin, latest version first; files that cannot be plugins, with the reason; zips.
// Reads names and file facts only. Called by the loader at each look. Next: plugin-loader.ts.
import { readdirSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { compareVersions, type PluginFileName, type PluginKind, parsePluginFileName, pluginKinds, pluginNameOf } from './plugin-file.ts';

export interface FoundFile extends PluginFileName {
  /** 'top': the plugin folder itself; the kind is known when the file is loaded. */
  folder: PluginKind | 'top';
  path: string;
  /** Changes with every write: inode, size, mtime. */
  stamp: string;
}

export interface FolderView {
  files: FoundFile[];
  zips: FoundZip[];
  /** Metadata and conf keys that lie beside plugins. */
  asides: string[];
  /** Folders in which nobody looks. */
  folders: string[];
  /** path → reason */
  refused: Map<string, string>;
  /** path → stamp of everything above, to see that nothing moves any more. */
  stamps: Map<string, string>;
}

export interface FoundZip {
  folder: PluginKind | 'top';
  path: string;
  /** Name of the plugin, by the file's name. */
  name: string;
  stamp: string;
}

/** @param root `<root>/plugins`. Folders that do not exist are empty.
 *  @param metadata `<root>/etc/functions`, whose .json files name functions: only seen to change
 *  @param entriesOf names in a folder; listings.ts remembers those of folders that did not change */
export function scanPluginFolders(
  root: string,
  metadata?: string,
  entriesOf: (path: string) => readonly string[] = readEntries,
): FolderView {
  const view: FolderView = { files: [], zips: [], asides: [], folders: [], refused: new Map(), stamps: new Map() };
  for (const folder of ['top', ...pluginKinds] as const) scanFolder(view, folder, folder === 'top' ? root : join(root, folder), entriesOf);
  for (const entry of metadata === undefined ? [] : entriesOf(metadata)) {
    const fact = entry.endsWith('.json') ? factOf(join(metadata!, entry)) : undefined;
    if (fact) view.stamps.set(join(metadata!, entry), fact.stamp);
  }
  return view;
}

function scanFolder(view: FolderView, folder: PluginKind | 'top', path: string, entriesOf: (path: string) => readonly string[]): void {
  for (const entry of entriesOf(path)) {
    const file = join(path, entry);
    const parsed = /\.zip$/i.test(entry) ? parseZipName(entry) : parsePluginFileName(entry);
    if (parsed.kind === 'ignored') continue;
    const fact = factOf(file);
    // gone meanwhile
    if (fact === undefined) continue;
    const { stamp } = fact;
    if (fact.folder) {
      if (folder === 'top' && OWN_FOLDERS.has(entry)) continue;
      view.stamps.set(file, stamp);
      if (parsed.kind === 'plugin' || parsed.kind === 'zip' || looksLikePlugin(file, entry))
        view.refused.set(
          file,
          'a folder is not a plugin: put one file here, with what it imports bundled into it, or a zip made by `kuiper plugin pack`',
        );
      else view.folders.push(file);
      continue;
    }
    view.stamps.set(file, stamp);
    if (fact.problem !== undefined) {
      view.refused.set(file, fact.problem);
      continue;
    }
    if (parsed.kind === 'aside') {
      view.asides.push(file);
      continue;
    }
    if (parsed.kind === 'refused') view.refused.set(file, parsed.reason);
    else if (parsed.kind === 'zip') view.zips.push({ folder, path: file, name: parsed.name, stamp });
    else view.files.push({ ...parsed.file, folder, path: file, stamp });
  }
}

function parseZipName(
  entry: string,
): { kind: 'zip'; name: string } | { kind: 'ignored' } | { kind: 'aside' } | { kind: 'refused'; reason: string } {
  const parsed = parsePluginFileName(entry.replace(/\.zip$/i, '.js'));
  return parsed.kind === 'plugin' ? { kind: 'zip', name: parsed.file.name } : parsed;
}

/** Names in a folder, in order; none when it is not there. @throws the system's error when it cannot be read */
export function readEntries(path: string): string[] {
  try {
    return readdirSync(path).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

interface FileFact {
  stamp: string;
  folder?: boolean;
  /** Why it cannot be looked at. */
  problem?: string;
}

/** @returns undefined when there is nothing */
function factOf(path: string): FileFact | undefined {
  try {
    const s = statSync(path, { bigint: true });
    if (s.isFile()) return { stamp: `${s.ino}:${s.size}:${s.mtimeNs}:${s.ctimeNs}` };
    return s.isDirectory() ? { stamp: 'folder', folder: true } : { stamp: 'special', problem: 'it is not an ordinary file' };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (code === 'EACCES' || code === 'ELOOP') return { stamp: code, problem: `it cannot be read (${code})` };
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
    const target = linkTarget(path);
    return target === undefined ? undefined : { stamp: `link:${target}`, problem: `it is a link to ${target}, where nothing is` };
  }
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined; // no link: it has gone meanwhile
  }
}

/** Folders beside the plugins that have their own readers, or none. */
const OWN_FOLDERS = new Set<string>([...pluginKinds, 'portable', 'wasm', 'node_modules']);

/** A package or an unpacked archive, which someone may take for a plugin; not the folder of files that a plugin imports. */
function looksLikePlugin(path: string, name: string): boolean {
  if (name === 'node_modules') return false;
  return readEntries(path).some((e) => {
    const parsed = parsePluginFileName(e);
    return e === 'package.json' || (parsed.kind === 'plugin' && (parsed.file.name === 'index' || parsed.file.name === pluginNameOf(name)));
  });
}

/** Latest first. Files of one version stand side by side. */
export const byVersion = (a: FoundFile, b: FoundFile): number => compareVersions(b.version, a.version) || (a.path < b.path ? -1 : 1);
