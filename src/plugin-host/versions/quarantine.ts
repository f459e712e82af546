// Versions of plugins that made the gateway hang or run out of memory: kept by content, so that a corrected file gets a new chance.
// Written durably also by the watchdog thread (worker/watchdog.ts), moments before the process ends.
import { readFileSync } from 'node:fs';
import { writeDurablyBelow } from '../../base/durable-file.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';

export interface QuarantineEntry {
  plugin: string;
  version: string;
  hash: string;
  reason: string;
  /** Set: it only did not start, and counts as failed until the file is written again. */
  stamp?: string;
  /** True: it runs, but in a worker, since it changed what everything in the main thread shares. */
  isolate?: true;
  /** Epoch ms. */
  atMs: number;
}

export interface Quarantine {
  readonly file: string;
  /** @param stamp of the file, scan.ts */
  find(plugin: string, hash: string, stamp: string): QuarantineEntry | undefined;
  /** Set when it must run in a worker. */
  isolated(plugin: string, hash: string): QuarantineEntry | undefined;
  /** Durable when it returns. */
  add(entry: QuarantineEntry): void;
  /** Gives every version of a plugin a new chance. @returns those that had none */
  release(plugin: string): readonly QuarantineEntry[];
}

export function openQuarantine(file: string, log: Log): Quarantine {
  let entries = read(file, log);
  const save = () => writeDurablyBelow(file, JSON.stringify(entries));
  return {
    file,
    find: (plugin, hash, stamp) =>
      entries.find((e) => e.plugin === plugin && e.hash === hash && !e.isolate && (e.stamp === undefined || e.stamp === stamp)),
    isolated: (plugin, hash) => entries.find((e) => e.plugin === plugin && e.hash === hash && e.isolate),
    add(entry) {
      entries = [...entries.filter((e) => e.plugin !== entry.plugin || e.hash !== entry.hash), entry].slice(-200);
      save();
    },
    release(plugin) {
      const released = entries.filter((e) => e.plugin === plugin);
      if (released.length === 0) return released;
      entries = entries.filter((e) => e.plugin !== plugin);
      save();
      return released;
    },
  };
}

function read(file: string, log: Log): QuarantineEntry[] {
  try {
    const list = JSON.parse(readFileSync(file, 'utf8')) as unknown;
    return Array.isArray(list)
      ? (list as QuarantineEntry[]).filter((e) => typeof e?.plugin === 'string' && typeof e.hash === 'string')
      : [];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      log.warn(
        { code: 'QUARANTINE_READ', file, reason: messageOf(error) },
        'The list of quarantined plugins is damaged; starting a new one.',
      );
    return [];
  }
}
