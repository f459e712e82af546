// What archives have put into etc, by hash: tells a file as it was shipped from one that the user has edited. Kept in
// `<data>/plugins/shipped.json`. Used by place-archive.ts.

import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeDurably } from '../../base/durable-file.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import { nodeCrypto } from '../../base/node-builtins.ts';
import type { PluginKind } from '../../plugin-host/index.ts';

/** Path below etc → hash of the content that was shipped last. */
export type Shipped = Readonly<Record<string, string>>;

export interface ShippedFiles {
  /** {} when nothing is known: then every file counts as the user's. */
  of(kind: PluginKind, name: string): Shipped;
  /** Durable when it returns. @param files undefined: the plugin is gone */
  set(kind: PluginKind, name: string, files: Shipped | undefined): void;
  /** After the file was changed by somebody else. */
  reload(): void;
}

export const hashOf = (content: Uint8Array): string => nodeCrypto().createHash('sha256').update(content).digest('hex');

export function openShippedFiles(dataDir: string, log: Log): ShippedFiles {
  const file = join(dataDir, 'plugins', 'shipped.json');
  let all = read(file, log);
  return {
    of: (kind, name) => all[`${kind}/${name}`] ?? {},
    set(kind, name, files) {
      const key = `${kind}/${name}`;
      if (files === undefined && all[key] === undefined) return;
      if (files === undefined) delete all[key];
      else all[key] = files;
      mkdirSync(dirname(file), { recursive: true });
      writeDurably(file, JSON.stringify(all));
    },
    reload() {
      all = read(file, log);
    },
  };
}

function read(file: string, log: Log): Record<string, Shipped> {
  try {
    const value = JSON.parse(readFileSync(file, 'utf8')) as unknown;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, Shipped>;
    throw new Error('it is not an object');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      log.warn(
        { code: 'CONFIG_SYNTAX', file, reason: messageOf(error) },
        'The list of shipped files is damaged; all files of plugins count as edited.',
      );
    return {};
  }
}
