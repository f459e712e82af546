// Where the files of a sink are: the name that a template gave becomes a folder of the owner and names below it, opened so that nothing leads elsewhere.
// Used by sink.ts. Which names are allowed: templates/rendered/file-path.ts; the opening: base/files/open-below.ts.
import { open } from 'node:fs/promises';
import path from 'node:path';
import { openBelow } from '../../base/files/open-below.ts';
import { type OwnPlaces, ownPlaces, realOf } from '../../base/files/own-places.ts';
import { placeOf } from '../../templates/rendered/index.ts';
import type { Opened } from './out-file.ts';

/** A folder that the owner named, and what lies below it. */
export interface Target {
  readonly base: string;
  readonly names: readonly string[];
}

/** Folders of which is known that their own names are safe. */
const MAX_FOLDERS = 1000;

export class Places {
  private readonly configured: string;
  private readonly chosenByMessage: boolean;
  private own: OwnPlaces | undefined;
  private readonly safeFolders = new Set<string>();

  /** @param configured path of the sink as the owner wrote it  @param chosenByMessage it holds a template */
  constructor(configured: string, chosenByMessage: boolean) {
    this.configured = configured;
    this.chosenByMessage = chosenByMessage;
  }

  /** One path is one file, however it is written. @throws rowError when a message may not choose it */
  targetOf(rendered: string, root: string): Target {
    if (this.chosenByMessage) {
      const { base, names } = placeOf(this.configured, rendered);
      return { base: path.resolve(root, base), names };
    }
    // links of a constant path are the owner's
    const real = realOf(path.resolve(root, rendered));
    return { base: path.dirname(real), names: [path.basename(real)] };
  }

  /** @throws rowError when the place is not one for results; ioError when it may pass */
  async open(target: Target, root: string, append: boolean, readable: boolean): Promise<Omit<Opened, 'resumed'>> {
    this.own ??= ownPlaces(root);
    const opened = await openBelow({ ...target, places: this.own, append, readable, chosenByMessage: this.chosenByMessage });
    return { ...opened, syncName: () => this.syncFolders(path.dirname(opened.path), root) };
  }

  /** The file's own folder each time, those above it once: they may be new as well. */
  private async syncFolders(folder: string, root: string): Promise<void> {
    await syncFolder(folder);
    for (let at = folder; !this.safeFolders.has(at) && at !== root && at !== path.dirname(at); at = path.dirname(at)) {
      if (this.safeFolders.size < MAX_FOLDERS) this.safeFolders.add(at);
      await syncFolder(path.dirname(at));
    }
  }
}

/** A folder that may be passed but not read cannot be opened, and one on a file system without fsync cannot be synced: its name is as safe as it gets. */
const CANNOT = new Set(['EACCES', 'EPERM', 'EINVAL', 'ENOTSUP', 'EISDIR']);

async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!CANNOT.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
