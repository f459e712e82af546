// Plugins in an export of the configuration: each as the archive that would install it, so that one file clones a gateway. eKuiper exports the
// request of the install, whose URL may be gone by then; such requests are taken on import as well.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parse } from 'yaml';
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { Folders } from '../../config/index.ts';
import { maskSecrets } from '../../contract/props.ts';
import { type ArchiveEntry, type PluginKind, type PluginRegistry, pluginKinds, writeArchive } from '../../plugin-host/index.ts';

export interface PluginTransferDeps {
  registry: PluginRegistry;
  folders: Folders;
  log: Log;
}

/** What an import installs. */
export interface ImportedPlugin {
  kind: PluginKind;
  name: string;
  functions: readonly string[] | undefined;
  /** The archive itself, or where it is. */
  zip: Buffer | { file: string };
}

const DATA = 'data:application/zip;base64,';
/** An export is read and sent as one text. */
const MAX_BYTES = 4 * 1024 * 1024;
/** Keys do not leave the gateway. */
const KEY_FILE = /\.(?:key|p12|pfx|jks|keystore)$/i;

/** The version in effect of each plugin; `sources_random` → JSON. @param wanted which ones */
export function exportPlugins(
  { registry, folders, log }: PluginTransferDeps,
  wanted: (kind: PluginKind, name: string, functions: readonly string[]) => boolean,
): Record<string, string> {
  const out: Record<string, string> = {};
  for (const kind of pluginKinds)
    for (const name of registry.names(kind)) {
      const active = registry.entry(kind, name)?.active;
      if (!active || !wanted(kind, name, active.functions)) continue;
      try {
        const zip = writeArchive(entriesOf(folders, kind, name, active.file.path));
        if (zip.length > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
        const functions = registry.describe(kind, name)?.['functions'] as readonly string[] | undefined;
        out[`${kind}_${name}`] = JSON.stringify({ name, file: DATA + zip.toString('base64'), ...(functions ? { functions } : {}) });
      } catch (error) {
        log.warn({ plugin: `${kind}/${name}`, reason: messageOf(error) }, 'A plugin could not be exported; skipping it.');
      }
    }
  return out;
}

/** @param key `sources_random`  @throws GatewayError SERVICE_REFUSED when it is no such entry */
export function parseImportedPlugin(key: string, json: string): ImportedPlugin {
  const refuse = (problem: string) => new GatewayError('SERVICE_REFUSED', { text: `plugin ${key}: ${problem}` });
  const kind = pluginKinds.find((k) => key.startsWith(`${k}_`));
  if (!kind) throw refuse(`expected sources_, sinks_ or functions_ and a name`);
  let value: { name?: unknown; file?: unknown; functions?: unknown };
  try {
    value = JSON.parse(json) as typeof value;
  } catch (error) {
    throw refuse(messageOf(error));
  }
  if (typeof value?.name !== 'string' || typeof value.file !== 'string') throw refuse('name and file are missing');
  const { name, file, functions } = value;
  return {
    kind,
    name,
    functions: Array.isArray(functions) && functions.length > 0 ? functions.map(String) : undefined,
    zip: file.startsWith(DATA) ? Buffer.from(file.slice(DATA.length), 'base64') : { file },
  };
}

function entriesOf(folders: Folders, kind: PluginKind, name: string, plugin: string): ArchiveEntry[] {
  const etc = join(folders.etc, kind);
  const entries: ArchiveEntry[] = [{ path: plugin.slice(plugin.lastIndexOf('/') + 1), content: readFileSync(plugin) }];
  const metadata = contentOf(join(etc, `${name}.json`));
  if (metadata) entries.push({ path: `${name}.json`, content: metadata });
  const confKeys = contentOf(join(etc, `${name}.yaml`));
  if (confKeys && kind !== 'functions' && !holdsSecrets(confKeys)) entries.push({ path: `${name}.yaml`, content: confKeys });
  const runtime = join(etc, name);
  for (const path of filesBelow(runtime)) {
    const content = readFileSync(path);
    if (KEY_FILE.test(path) || content.includes('PRIVATE KEY')) continue;
    entries.push({ path: `etc/${relative(runtime, path)}`, content });
  }
  return entries;
}

function contentOf(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function filesBelow(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((e) => e.isFile())
      .map((e) => join(e.parentPath, e.name))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Conf keys with a password stay here: an export holds none. */
function holdsSecrets(yaml: Buffer): boolean {
  const value: unknown = parse(yaml.toString('utf8'));
  return JSON.stringify(maskSecrets(value)) !== JSON.stringify(value);
}
