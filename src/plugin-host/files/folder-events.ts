// Whether the system tells us of changes in the folders of plugins, so that they need no looking at twice a second. Folders that come, go or are
// replaced are watched again; a change that nobody announced ends the trust (network file systems, a bind mount changed from outside).
// Used by folder-watch.ts.
import { type FSWatcher, lstatSync, statSync, watch } from 'node:fs';
import type { Log } from '../../base/log.ts';

export type WatchFolder = (folder: string, onEvent: () => void) => Pick<FSWatcher, 'on' | 'close' | 'unref'>;

export interface FolderEvents {
  /** Watches what is not watched yet. @returns true when every folder was watched before and events have told everything so far */
  ready(): boolean;
  /** A look has ended. @param news it found a change  @param announced an event came since the look before */
  looked(news: boolean, announced: boolean): void;
  /** A link: what it leads to changes without an event. @param stamp of the file; asked for once for each */
  isLink(path: string, stamp: string): boolean;
  stop(): void;
}

/** @param onEvent something happened in one of the folders */
export function createFolderEvents(
  folders: readonly string[],
  log: Log,
  onEvent: () => void,
  watchFolder: WatchFolder = (folder, heard) => watch(folder, heard),
): FolderEvents {
  const watched = new Map<string, { inode: string; watcher: ReturnType<WatchFolder> }>();
  const links = new Map<string, { stamp: string; link: boolean }>();
  const refused = new Set<string>();
  let trusted = true;
  /** A change that no event has announced yet; the event may be under way. */
  let unannounced = false;

  const heard = () => {
    unannounced = false;
    onEvent();
  };
  const drop = (folder: string) => {
    watched.get(folder)?.watcher.close();
    watched.delete(folder);
  };
  const ensure = (folder: string): boolean => {
    const inode = inodeOf(folder);
    if (inode !== undefined && watched.get(folder)?.inode === inode) return true;
    drop(folder);
    if (inode === undefined) return false;
    try {
      const watcher = watchFolder(folder, heard);
      watcher.on('error', () => drop(folder));
      watcher.unref();
      watched.set(folder, { inode, watcher });
      refused.delete(folder);
    } catch (error) {
      // no inotify watches left: looking often sees everything a little later
      if (!refused.has(folder)) log.debug({ folder, cause: error }, 'A folder is polled instead of watched.');
      refused.add(folder);
    }
    // what came before it was watched was not announced: one more look soon
    return false;
  };

  return {
    ready() {
      let all = true;
      for (const folder of folders) all = ensure(folder) && all;
      return all && trusted;
    },
    looked(news, announced) {
      if (announced) unannounced = false;
      else if (news) unannounced = true;
      else if (unannounced) {
        unannounced = false;
        if (trusted)
          log.info({ folder: folders[0] }, 'Changes in the folders of plugins are not announced here: they are looked at twice a second.');
        trusted = false;
      }
    },
    isLink(path, stamp) {
      const known = links.get(path);
      if (known?.stamp === stamp) return known.link;
      if (stamp === '') {
        links.delete(path);
        return false;
      }
      const link = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
      links.set(path, { stamp, link });
      return link;
    },
    stop() {
      for (const folder of [...watched.keys()]) drop(folder);
    },
  };
}

function inodeOf(folder: string): string | undefined {
  const s = statSync(folder, { bigint: true, throwIfNoEntry: false });
  return s && `${s.dev}:${s.ino}`;
}
