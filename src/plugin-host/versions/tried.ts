// What trying a version of a function plugin has told, kept over restarts: the JavaScript made of it and what it exports. A start of the gateway
// with plugins then needs neither the stripper of types (16 MB) nor a worker for the trial, which on a slow board take seconds.
// One small file per plugin; another content, path or Node means a new trial. What hangs all the same is the watchdog's to notice.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeDurably } from '../../base/durable-file.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { ModuleText } from '../worker/load-module.ts';
import type { WorkerFacts } from '../worker/protocol.ts';

export interface TriedVersion {
  text: ModuleText;
  facts: WorkerFacts;
}

export interface TriedVersions {
  /** @param plugin `functions/x`  @param hash of the file's content */
  find(plugin: string, path: string, hash: string): TriedVersion | undefined;
  /** A failure to write is logged: the next start tries again. */
  keep(plugin: string, version: TriedVersion): void;
  forget(plugin: string): void;
}

/** Changes with what a trial looks at. */
const FORMAT = `3 ${process.version}`;

/** Larger ones are tried at each start: a card should not be written for them. */
const MAX_KEPT_CHARS = 1_000_000;

export function openTriedVersions(folder: string, log: Log): TriedVersions {
  const fileOf = (plugin: string) => join(folder, `${plugin.replace('/', '-')}.json`);
  return {
    find(plugin, path, hash) {
      try {
        const kept = JSON.parse(readFileSync(fileOf(plugin), 'utf8')) as Partial<TriedVersion> & { format?: string };
        const { text, facts } = kept;
        return kept.format === FORMAT && text?.hash === hash && text.path === path && facts ? { text, facts } : undefined;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') log.warn({ plugin, reason: messageOf(error) }, 'A plugin is tried again.');
        return undefined;
      }
    },
    keep(plugin, version) {
      if (version.text.code.length > MAX_KEPT_CHARS) return;
      try {
        mkdirSync(folder, { recursive: true });
        writeDurably(fileOf(plugin), JSON.stringify({ format: FORMAT, ...version }));
      } catch (error) {
        log.warn(
          { plugin, reason: messageOf(error) },
          'The result of trial-loading a plugin cannot be stored; the next start will take longer.',
        );
      }
    },
    forget(plugin) {
      rmSync(fileOf(plugin), { force: true });
    },
  };
}
