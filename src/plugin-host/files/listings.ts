// What lies in folders that are looked at twice a second: a folder is read again only when its own time has changed. Used by folder-watch.ts.
import { statSync } from 'node:fs';
import type { Clock } from '../../base/clock.ts';
import { readEntries } from './scan.ts';

export interface Listings {
  /** Names in a folder, in order. */
  entriesOf(path: string): readonly string[];
  /** The same, read now. */
  fresh(path: string): readonly string[];
}

/** A folder whose time is younger than this may change again without a new time: clocks of file systems are coarse, FAT counts in two seconds. */
const SETTLED_MS = 3000;
/** A file system may not keep such times at all: everything is read again after this. */
const TRUSTED_MS = 10_000;

interface Listing {
  stamp: string;
  entries: readonly string[];
  readAtMs: number;
}

export function createListings(clock: Clock, stampOf: (path: string) => FolderStamp | undefined = folderStamp): Listings {
  const known = new Map<string, Listing>();
  const fresh = (path: string, stamp = stampOf(path)): readonly string[] => {
    const entries = readEntries(path);
    const ageMs = stamp === undefined ? 0 : clock.now() - stamp.changedAtMs;
    if (stamp !== undefined && ageMs >= SETTLED_MS) known.set(path, { stamp: stamp.text, entries, readAtMs: clock.monotonic() });
    else known.delete(path);
    return entries;
  };
  return {
    entriesOf(path) {
      const stamp = stampOf(path);
      const listing = known.get(path);
      const holds = listing !== undefined && listing.stamp === stamp?.text && clock.monotonic() - listing.readAtMs < TRUSTED_MS;
      return holds ? listing.entries : fresh(path, stamp);
    },
    fresh: (path) => fresh(path),
  };
}

export interface FolderStamp {
  text: string;
  /** Wall time of its last change, epoch ms. */
  changedAtMs: number;
}

/** @returns undefined when it is not there, or cannot be looked at: reading it says why */
function folderStamp(path: string): FolderStamp | undefined {
  const s = statSync(path, { bigint: true, throwIfNoEntry: false });
  return s && { text: `${s.dev}:${s.ino}:${s.mtimeNs}:${s.ctimeNs}`, changedAtMs: Number(s.ctimeNs / 1_000_000n) };
}
