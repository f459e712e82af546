// Files in the top folder of plugins are sorted by what they export: each is loaded once in a worker to see. Used by versions/reconcile.ts.
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { PluginWorker } from '../remote/plugin-worker.ts';
import type { ModuleText } from '../worker/load-module.ts';
import { type PluginKind, symbolOf } from './plugin-file.ts';
import { readPluginSource } from './plugin-source.ts';
import type { FoundFile } from './scan.ts';

export interface TopFilesDeps {
  clock: Clock;
  log: Log;
  /** A worker that loads the file to see what it is. */
  tryOut(file: FoundFile, text: ModuleText, symbols: { main: string; lookup: string }): Promise<PluginWorker>;
  /** A file took so long that nobody waits for its answer any more. */
  onLate(): void;
}

export interface TopFiles {
  /** The file's kind, or why it is none. */
  kindOf(file: FoundFile): Promise<{ kind: PluginKind } | { reason: string }>;
  /** Files that are gone are forgotten. */
  keep(paths: { has(path: string): boolean }): void;
}

/** Longer than this, and the look at the folders went on without the answer. */
const SLOW_MS = 300;

export function createTopFiles(deps: TopFilesDeps): TopFiles {
  const { clock, log } = deps;
  const sorted = new Map<string, { stamp: string; found: { kind: PluginKind } | { reason: string } }>();

  const look = async (file: FoundFile): Promise<PluginKind> => {
    const text = readPluginSource(file.path);
    const symbol = symbolOf(file.name);
    const worker = await deps.tryOut(file, text, { main: symbol, lookup: `${symbol}Lookup` });
    try {
      const { main, lookup, exports, functions } = await worker.start();
      const has = (m: string) => main?.methods.includes(m) === true;
      if (has('exec') || (!main && !lookup && functions.length > 1)) return 'functions';
      if (has('collect')) return 'sinks';
      if (has('open') || has('pull') || lookup) return 'sources';
      throw new Error(
        `${file.path}: it is neither a function (exec), a sink (collect) nor a source (open); it exports ${exports.join(', ') || 'nothing'}`,
      );
    } finally {
      await worker.close();
    }
  };

  return {
    async kindOf(file) {
      const known = sorted.get(file.path);
      if (known?.stamp === file.stamp) return known.found;
      const beganMs = clock.monotonic();
      sorted.set(file.path, { stamp: file.stamp, found: { reason: 'it is being loaded' } });
      let found: { kind: PluginKind } | { reason: string };
      try {
        found = { kind: await look(file) };
      } catch (error) {
        found = { reason: messageOf(error) };
        log.error({ code: 'PLUGIN_LOAD', file: file.path, reason: found.reason }, 'A file in the top folder of plugins is refused.');
      }
      sorted.set(file.path, { stamp: file.stamp, found });
      if (clock.monotonic() - beganMs >= SLOW_MS) deps.onLate();
      return found;
    },
    keep(paths) {
      for (const path of [...sorted.keys()]) if (!paths.has(path)) sorted.delete(path);
    },
  };
}
