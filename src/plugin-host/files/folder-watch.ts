// Sees when plugin files come, change and go, and says so when they have been quiet for a moment, so that half-copied files are not picked up.
// Events of the system make it quick; a look now and then makes it sure, twice a second where events cannot be relied on (folder-events.ts).
// Calls `apply` with the files to use, one call at a time.
import { join } from 'node:path';
import type { Clock, TimerHandle } from '../../base/clock.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import { createFolderEvents, type WatchFolder } from './folder-events.ts';
import { createListings } from './listings.ts';
import { pluginKinds } from './plugin-file.ts';
import { type FolderView, scanPluginFolders } from './scan.ts';

export interface FolderWatch {
  /** First look: everything that lies there counts, however new. */
  start(): Promise<void>;
  /** Looks now and takes everything as it is (after an install). */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

/** A file counts when nothing about it has changed for so long. */
const QUIET_MS = 300;
/** Looks where every change is announced … */
const SURE_MS = 5_000;
/** … and where it may not be. */
const POLL_MS = 500;
const SOON_MS = 60;

/** @param metadata see scan.ts  @param onMoving something is being written: it will be wanted in a moment */
export function createFolderWatch(
  root: string,
  metadata: string,
  clock: Clock,
  log: Log,
  apply: (view: FolderView) => Promise<void>,
  onMoving: () => void = () => undefined,
  watchFolder?: WatchFolder,
): FolderWatch {
  /** path → what was seen last, and since when. A missing file has the stamp ''. */
  const seen = new Map<string, { stamp: string; sinceMs: number }>();
  /** path → stamp that is in effect. */
  let applied = new Map<string, string>();
  let lastView: FolderView | undefined;
  let timer: TimerHandle | undefined;
  let dueMs = 0;
  let running: Promise<void> = Promise.resolve();
  let stopped = true;
  const listings = createListings(clock);
  /** Something was announced since the look before. */
  let announced = false;
  let links = false;
  const events = createFolderEvents(
    [root, ...pluginKinds.map((k) => join(root, k)), metadata],
    log,
    () => {
      announced = true;
      if (!stopped) arm(SOON_MS);
    },
    watchFolder,
  );

  /** @param now true: takes everything as it is */
  const look = async (now: boolean): Promise<boolean> => {
    const view = scanPluginFolders(root, metadata, now ? listings.fresh : listings.entriesOf);
    const atMs = clock.monotonic();
    let moving = false;
    let news = false;
    links = false;
    const use = new Map<string, string>();
    for (const path of new Set([...view.stamps.keys(), ...applied.keys()])) {
      const stamp = view.stamps.get(path) ?? '';
      let fact = seen.get(path);
      if (!fact || fact.stamp !== stamp) {
        seen.set(path, (fact = { stamp, sinceMs: atMs }));
        news = true;
      }
      const link = events.isLink(path, stamp);
      if (link) links = true;
      const quiet = now || atMs - fact.sinceMs >= QUIET_MS || applied.get(path) === stamp;
      if (!quiet) moving = true;
      const chosen = quiet ? stamp : (applied.get(path) ?? '');
      if (chosen !== '') use.set(path, chosen);
      else if (quiet) seen.delete(path);
    }
    if (lastView && !now && !links) events.looked(news, announced);
    announced = false;
    if (!lastView || !sameMap(use, applied)) {
      applied = use;
      lastView = only(view, use, lastView);
      await apply(lastView);
    }
    return moving;
  };

  const run = (now: boolean): Promise<void> => {
    clock.clear(timer);
    timer = undefined;
    const work = running.then(async () => {
      let moving = true;
      try {
        moving = await look(now);
      } catch (error) {
        log.error({ code: 'PLUGIN_FOLDER', root, reason: messageOf(error) }, 'The folder of plugins cannot be read.');
      }
      if (moving) onMoving();
      if (!stopped) arm(moving ? SOON_MS : !links && events.ready() ? SURE_MS : POLL_MS);
    });
    running = work;
    return work;
  };

  /** A look that comes sooner stays: steady writing must not put it off. */
  const arm = (delayMs: number) => {
    const atMs = clock.monotonic() + delayMs;
    if (timer !== undefined && dueMs <= atMs) return;
    clock.clear(timer);
    dueMs = atMs;
    timer = clock.setTimer(delayMs, () => void run(false));
  };

  return {
    async start() {
      stopped = false;
      events.ready();
      await run(true);
    },
    settle: () => run(true),
    async stop() {
      stopped = true;
      clock.clear(timer);
      events.stop();
      await running;
    },
  };
}

/** The view of the files in use. A file that moves right now is represented by what was in effect. */
function only(view: FolderView, use: ReadonlyMap<string, string>, before: FolderView | undefined): FolderView {
  const pick = <T extends { path: string; stamp: string }>(now: T[], old: T[] | undefined): T[] => [
    ...now.filter((f) => use.get(f.path) === f.stamp),
    ...(old ?? []).filter((f) => use.get(f.path) === f.stamp && !now.some((n) => n.path === f.path && n.stamp === f.stamp)),
  ];
  return {
    files: pick(view.files, before?.files),
    zips: pick(view.zips, before?.zips),
    asides: view.asides.filter((path) => use.has(path)),
    folders: view.folders.filter((path) => use.has(path)),
    refused: new Map([...view.refused].filter(([path]) => use.has(path))),
    stamps: new Map(use),
  };
}

function sameMap(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  if (a.size !== b.size) return false;
  for (const [k, v] of a) if (b.get(k) !== v) return false;
  return true;
}
