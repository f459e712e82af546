// What lies in the plugin folders: candidates by plugin, latest version first; files that cannot be plugins, with the reason; zips.
// Reads names and file facts only. Called by the loader at each look. Next: plugin-loader.ts.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { compareVersions, type PluginFileName, type PluginKind, parsePluginFileName, pluginKinds } from './plugin-file.ts';

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

/** @param root `<root>/plugins`. Folders that do not exist are empty. */
export function scanPluginFolders(root: string): FolderView {
  const view: FolderView = { files: [], zips: [], asides: [], refused: new Map(), stamps: new Map() };
  for (const folder of ['top', ...pluginKinds] as const) scanFolder(view, folder, folder === 'top' ? root : join(root, folder));
  return view;
}

function scanFolder(view: FolderView, folder: PluginKind | 'top', path: string): void {
  for (const entry of entriesOf(path)) {
    const file = join(path, entry);
    const stamp = stampOf(file);
    // a folder, or gone meanwhile; a dangling link is looked at again when it leads somewhere
    if (stamp === undefined) continue;
    const parsed = /\.zip$/i.test(entry) ? parseZipName(entry) : parsePluginFileName(entry);
    if (parsed.kind === 'ignored') continue;
    view.stamps.set(file, stamp);
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

function entriesOf(path: string): string[] {
  try {
    return readdirSync(path).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function stampOf(path: string): string | undefined {
  try {
    const s = statSync(path, { bigint: true });
    return s.isFile() ? `${s.ino}:${s.size}:${s.mtimeNs}:${s.ctimeNs}` : undefined;
  } catch (error) {
    if (['ENOENT', 'EACCES', 'ELOOP', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/** Latest first. Files of one version stand side by side. */
export const byVersion = (a: FoundFile, b: FoundFile): number => compareVersions(b.version, a.version) || (a.path < b.path ? -1 : 1);
