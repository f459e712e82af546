// From what lies in the plugin folders to what is wanted: files by plugin, what cannot be a plugin and why, zips that want to be installed.
// Called at each look at the folders (files/folder-watch.ts). Next: resolver.ts, which chooses a version.
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import { type PluginKind, pluginKinds } from '../files/plugin-file.ts';
import type { FolderView, FoundFile, FoundZip } from '../files/scan.ts';
import { within } from '../files/soon.ts';
import type { TopFiles } from '../files/top-files.ts';
import type { PluginEntry } from './plugin-entry.ts';

export interface Problem {
  name: string;
  file: string;
  reason: string;
}

export interface ReconcilerDeps {
  clock: Clock;
  log: Log;
  /** `<root>/plugins` and `<root>/etc` */
  folder: string;
  etc: string;
  known: Map<string, PluginEntry>;
  topFiles: TopFiles;
  namesOf(entry: PluginEntry): string;
  /** Chooses a version among these files. @param force also what is in effect is loaded again */
  resolve(entry: PluginEntry, files: readonly FoundFile[], force: boolean): Promise<void>;
  onZip(): ((zip: FoundZip) => Promise<void>) | undefined;
  /** What lies in the folders and is not a plugin may have changed. */
  onApplied(): void;
}

export interface Reconciler {
  apply(view: FolderView): Promise<void>;
  /** The last look once more. */
  again(): void;
  /** What lies in the folders of a kind and is not a plugin. */
  problemsOf(kind: PluginKind): Problem[];
  /** The same, of all kinds. */
  problems(): { file: string; reason: string }[];
  /** From now on nobody waits long for a load. */
  started(): void;
  /** Waits as long as a look at the folders does. */
  soon<T>(work: Promise<T>): Promise<T | undefined>;
}

const LOADS_AT_ONCE = 4;
/** A load that takes longer is left to itself, so that others come to their turn. */
const SLOW_MS = 300;
/** The same at the start, where rules wait for their plugins. */
const SLOW_AT_START_MS = 2_000;

export function createReconciler(deps: ReconcilerDeps): Reconciler {
  const { clock, log, known, topFiles } = deps;
  let lastView: FolderView | undefined;
  let starting = true;
  /** Files that are not plugins: by kind and shown name. */
  let refused: (Problem & { kinds: readonly PluginKind[] })[] = [];
  /** Paths that were told of in the log. */
  const told = new Set<string>();
  const zipsDone = new Map<string, string>();
  const zipProblems = new Map<string, { zip: FoundZip; reason: string }>();
  const soon = <T>(work: Promise<T>) => within(clock, starting ? SLOW_AT_START_MS : SLOW_MS, work);

  const once = (path: string, tell: () => void) => {
    if (told.has(path)) return;
    told.add(path);
    tell();
  };

  const refuse = (view: FolderView) => {
    for (const [file, reason] of view.refused) {
      const kind = pluginKinds.find((k) => file.startsWith(join(deps.folder, k)));
      refused.push({ kinds: kind ? [kind] : pluginKinds, name: file.slice(file.lastIndexOf('/') + 1), file, reason });
      once(file, () => log.warn({ code: 'PLUGIN_LOAD', file, reason }, 'Not a plugin file; ignored.'));
    }
    for (const folder of view.folders)
      once(folder, () => log.info({ code: 'PLUGIN_FOLDER', folder }, 'Plugins are not looked for in this folder.'));
    for (const file of view.asides)
      once(file, () => {
        const etc = join(deps.etc, file.slice(deps.folder.length + 1));
        if (/\.ya?ml$/.test(file))
          log.warn({ code: 'PLUGIN_FOLDER', file, etc }, 'Conf keys beside a plugin are not read; put them into etc.');
      });
  };

  const kindOf = async (file: FoundFile): Promise<PluginKind | undefined> => {
    if (file.folder !== 'top') return file.folder;
    const found = await soon(topFiles.kindOf(file));
    if (found !== undefined && 'kind' in found) return found.kind;
    refused.push({ kinds: pluginKinds, name: file.name, file: file.path, reason: found?.reason ?? 'it is being loaded' });
    return undefined;
  };

  const installZips = (view: FolderView) => {
    for (const zip of view.zips) {
      const onZip = deps.onZip();
      if (zipsDone.get(zip.path) === zip.stamp || !onZip) continue;
      zipsDone.set(zip.path, zip.stamp);
      // not awaited: an install looks at the folders itself
      void onZip(zip).then(
        () => zipsDone.delete(zip.path),
        (error: unknown) => {
          log.error({ code: 'PLUGIN_ARCHIVE', file: zip.path, reason: messageOf(error) }, 'A zip in a folder of plugins is refused.');
          zipProblems.set(zip.path, { zip, reason: messageOf(error) });
          deps.onApplied();
        },
      );
    }
    for (const path of [...zipProblems.keys()]) if (!view.stamps.has(path)) zipProblems.delete(path);
  };

  const apply = async (view: FolderView): Promise<void> => {
    lastView = view;
    refused = [];
    refuse(view);
    const groups = new Map<string, FoundFile[]>();
    for (const file of view.files) {
      const kind = await kindOf(file);
      if (!kind) continue;
      const key = `${kind}/${file.name}`;
      groups.set(key, [...(groups.get(key) ?? []), file]);
    }
    const changed = [...known].flatMap(([key, entry]) => (groups.has(key) ? [] : [{ entry, files: [] as FoundFile[] }]));
    for (const [key, files] of groups) {
      let entry = known.get(key);
      if (!entry) known.set(key, (entry = newEntry(key)));
      changed.push({ entry, files });
    }
    // several at a time: each waits for its worker to start
    const next = async (): Promise<void> => {
      const item = changed.shift();
      if (!item) return;
      const { entry, files } = item;
      const named = entry.wanted.length > 0 && deps.namesOf(entry) !== entry.names;
      if (named || !sameFiles(entry.wanted, files)) {
        entry.wanted = files;
        await soon(deps.resolve(entry, files, named));
      }
      await next();
    };
    await Promise.all(Array.from({ length: LOADS_AT_ONCE }, next));
    topFiles.keep(view.stamps);
    for (const path of [...told]) if (!view.stamps.has(path)) told.delete(path);
    installZips(view);
    deps.onApplied();
  };

  return {
    apply,
    again() {
      if (lastView) void apply(lastView);
    },
    problemsOf: (kind) => [
      ...refused.filter((r) => r.kinds.includes(kind)),
      ...[...zipProblems.values()]
        .filter(({ zip }) => zip.folder === kind || zip.folder === 'top')
        .map(({ zip, reason }) => ({ name: zip.name, file: zip.path, reason })),
    ],
    problems: () => [...refused, ...[...zipProblems.values()].map(({ zip, reason }) => ({ file: zip.path, reason }))],
    started() {
      starting = false;
    },
    soon,
  };
}

const newEntry = (key: string): PluginEntry => ({
  kind: key.slice(0, key.indexOf('/')) as PluginKind,
  name: key.slice(key.indexOf('/') + 1),
  candidates: [],
  wanted: [],
  names: '',
  active: undefined,
  deaths: [],
  lateErrors: 0,
  lastError: '',
});

function sameFiles(a: readonly FoundFile[], b: readonly FoundFile[]): boolean {
  return a.length === b.length && b.every((f) => a.some((o) => o.path === f.path && o.stamp === f.stamp));
}
