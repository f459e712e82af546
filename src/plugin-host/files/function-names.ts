// Names of the SQL functions of a plugin: as given on install or registration (kept in the store), else as `etc/functions/<name>.json` lists them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { KvTable } from '../../store/index.ts';

export interface FunctionNames {
  /** Reads what is stored; again after somebody else has changed it. */
  open(): Promise<void>;
  /** undefined: nothing is said */
  of(plugin: string): readonly string[] | undefined;
  /** As given by REST; undefined when it never was. */
  registered(plugin: string): readonly string[] | undefined;
  set(plugin: string, names: readonly string[] | undefined): Promise<void>;
}

/** @param folders where `functions/<name>.json` is looked for, in this order */
export function createFunctionNames(table: KvTable, folders: readonly string[], log: Log): FunctionNames {
  const known = new Map<string, readonly string[]>();
  return {
    async open() {
      const rows = await table.all();
      known.clear();
      for (const [plugin, text] of rows) known.set(plugin, JSON.parse(text) as string[]);
    },
    of(plugin) {
      let names = known.get(plugin);
      for (const folder of folders) names ??= fromMetadata(join(folder, 'functions', `${plugin}.json`), log);
      return names;
    },
    registered: (plugin) => known.get(plugin),
    async set(plugin, names) {
      if (names) {
        known.set(plugin, names);
        await table.set(plugin, JSON.stringify(names));
      } else if (known.delete(plugin)) await table.delete(plugin);
    },
  };
}

function fromMetadata(file: string, log: Log): readonly string[] | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const list = (JSON.parse(text) as { functions?: unknown }).functions;
    if (!Array.isArray(list)) return undefined;
    const names = list
      .map((f: unknown) => (typeof f === 'string' ? f : (f as { name?: unknown } | null)?.name))
      .filter((n) => typeof n === 'string');
    return names.length ? names : undefined;
  } catch (error) {
    log.warn({ code: 'CONFIG_SYNTAX', file, reason: messageOf(error) }, 'Metadata of a plugin cannot be read; it is ignored.');
    return undefined;
  }
}
