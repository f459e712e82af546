// What a plugin's archive holds: plugin files, conf keys, metadata, runtime files. Other files are refused by name, since nothing would
// ever find them. Used by plugin-admin.ts and by `kuiper plugin check`.
import { GatewayError } from '../../base/errors/gateway-error.ts';
import { nodeCrypto } from '../../base/node-builtins.ts';
import { type ArchiveEntry, GO_PLUGIN, type PluginKind, parsePluginFileName, readArchive, symbolOf } from '../../plugin-host/index.ts';

export interface PluginPackage {
  /** `<name>[@version].ts` … */
  plugins: ArchiveEntry[];
  /** `<name>.yaml`, of a source: default and further conf keys. */
  confKeys: ArchiveEntry | undefined;
  /** `<name>.json`: metadata. */
  metadata: ArchiveEntry | undefined;
  /** Paths below `etc/<type>/<name>/`. */
  runtime: ArchiveEntry[];
  installScript: boolean;
  /** Everything in it, for the install script. */
  entries: readonly ArchiveEntry[];
}

/** Files that people put into archives for themselves. */
const HARMLESS =
  /^(?:readme|license|licence|changelog|notice|copying)(?:\.(?:md|txt))?$|^package(?:-lock)?\.json$|^tsconfig\.json$|\.d\.[cm]?ts$|^sha256sums$|^plugin\.sig$|^third-party-licen[cs]es\.txt$/i;

/** `kuiper plugin pack` puts a list of checksums in. Without one, the zip's own CRC is all there is. */
function checksumFault(entries: readonly ArchiveEntry[]): string | undefined {
  const list = entries.find((e) => e.path === 'SHA256SUMS');
  for (const line of list?.content.toString('utf8').split('\n').filter(Boolean) ?? []) {
    const [, hash, path] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? [];
    const entry = entries.find((e) => e.path === path);
    if (!entry) return `SHA256SUMS names ${path ?? line}, which is not in it: the archive is not whole; pack it again`;
    if (nodeCrypto().createHash('sha256').update(entry.content).digest('hex') !== hash)
      return `${path} is not what SHA256SUMS says: it was changed after it was packed; pack it again`;
  }
  return undefined;
}

/** @param kind undefined: to be found out
 *  @throws PLUGIN_ARCHIVE */
export function readPackage(kind: PluginKind | undefined, name: string, zip: Buffer): PluginPackage {
  const bad = (problem: string) => new GatewayError('PLUGIN_ARCHIVE', { problem });
  const entries = readArchive(zip);
  const out: PluginPackage = { plugins: [], confKeys: undefined, metadata: undefined, runtime: [], installScript: false, entries };
  const others: string[] = [];
  const damaged = checksumFault(entries);
  if (damaged) throw bad(damaged);
  for (const entry of entries) {
    const { path } = entry;
    if (path.startsWith('etc/')) {
      out.runtime.push({ path: path.slice(4), content: entry.content });
      continue;
    }
    const parsed = path.includes('/') ? undefined : parsePluginFileName(path);
    if (parsed?.kind === 'plugin' && parsed.file.name === name) out.plugins.push(entry);
    else if (path === `${name}.yaml` || path === `${symbolOf(name)}.yaml`) out.confKeys = entry;
    else if (path === `${name}.json` || path === `${symbolOf(name)}.json`) out.metadata = entry;
    else if (path === 'install.sh') out.installScript = true;
    else if (/\.so$/.test(path)) throw bad(`${path} is ${GO_PLUGIN}`);
    else if (!HARMLESS.test(path)) others.push(path);
  }
  if (out.plugins.length === 0)
    throw bad(
      `expect a file ${name}.ts or ${name}.js (or ${symbolOf(name)}, with @version if you like) at its top, got [${others.join(', ')}]`,
    );
  if (others.length > 0 && !out.installScript)
    throw bad(`nothing would read [${others.slice(0, 5).join(', ')}]; bundle code into one file and put runtime files below etc/`);
  if (out.confKeys && kind === 'functions') throw bad(`${out.confKeys.path}: functions have no conf keys`);
  if (out.metadata) {
    try {
      JSON.parse(out.metadata.content.toString('utf8'));
    } catch (error) {
      throw bad(`${out.metadata.path} is not JSON: ${(error as Error).message}`);
    }
  }
  return out;
}
