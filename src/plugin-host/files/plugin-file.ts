// Names of plugin files: `<name>[@version].<ext>`, the symbol that a plugin exports, and the order of versions. The one place where a file
// name becomes a plugin name. Next: scan.ts.

export const pluginKinds = ['sources', 'sinks', 'functions'] as const;
/** Folder below `<root>/plugins` and `<root>/etc`, and the REST path. */
export type PluginKind = (typeof pluginKinds)[number];

export const pluginExtensions = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs'] as const;

const NAME = /^[A-Za-z][A-Za-z0-9_]{0,99}$/;
/** Parts of a version end up in file names and in answers: no separators, no blanks, no control characters. */
const VERSION = /^[A-Za-z0-9._+~-]{1,100}$/;
/** What editors and copy programs leave for a moment: `.x.ts.Ab12Cd` (rsync), `x.ts~`, `#x.ts#`, `4913` (vim), `sedAb12Cd`. */
const TEMPORARY = /^\.|~$|^#.*#$|\.(?:part|partial|tmp|temp|swp|swx|bak|orig|crdownload|filepart|rej|old)$|^\d+$|^sed[A-Za-z0-9]{6}$/;

/** What we write (status-file.ts) and what tools of authors leave. Signatures (`x.ts.sig`) are read together with their file. */
const IGNORED = new Set(['STATUS.txt', 'package.json', 'tsconfig.json']);

export interface PluginFileName {
  /** Lower-case first letter. */
  name: string;
  /** As written after `@`; '' = none. */
  version: string;
  extension: string;
}

export type FileNameResult =
  | { kind: 'plugin'; file: PluginFileName }
  | { kind: 'ignored' }
  | { kind: 'aside' }
  | { kind: 'refused'; reason: string };

/** A library of Go (.so): what it is here, and what to do. */
export const GO_PLUGIN =
  'a plugin in Go; this gateway runs plugins in TypeScript and JavaScript: `kuiper plugin port FILE.go` makes a skeleton of its source (docs/plugins/porting.md)';

/** What a file in a plugin folder is by its name. `ignored`: temporary files, type declarations. `aside`: metadata and conf keys of a plugin, whose
 *  place is etc; metadata is read here too. */
export function parsePluginFileName(fileName: string): FileNameResult {
  if (TEMPORARY.test(fileName) || /\.d\.[cm]?ts$/.test(fileName) || IGNORED.has(fileName) || fileName.endsWith('.sig'))
    return { kind: 'ignored' };
  const extension = pluginExtensions.find((e) => fileName.endsWith(e));
  if (extension === undefined && /\.(?:json|ya?ml)$/.test(fileName)) return { kind: 'aside' };
  if (fileName.endsWith('.so')) return { kind: 'refused', reason: `it is ${GO_PLUGIN}` };
  if (extension === undefined) return { kind: 'refused', reason: `files of plugins end in ${pluginExtensions.join(', ')} or .zip` };
  const stem = fileName.slice(0, -extension.length);
  const at = stem.indexOf('@');
  const name = at < 0 ? stem : stem.slice(0, at);
  const version = at < 0 ? '' : stem.slice(at + 1);
  if (!isPluginName(name))
    return { kind: 'refused', reason: `"${name}" is not a plugin name: a letter, then letters, digits and _, as in mySource@v1.2.ts` };
  if (at >= 0 && !VERSION.test(version))
    return { kind: 'refused', reason: `"${version}" is not a version: letters, digits and . _ + ~ -, as in mySource@v1.2.ts` };
  return { kind: 'plugin', file: { name: pluginNameOf(name), version, extension } };
}

export const isPluginName = (name: string): boolean => NAME.test(name);

/** `MySource` → `mySource` */
export const pluginNameOf = (name: string): string => name.slice(0, 1).toLowerCase() + name.slice(1);

/** `mySource` → `MySource` */
export const symbolOf = (name: string): string => name.slice(0, 1).toUpperCase() + name.slice(1);

/** As it is reported: without one leading `v`. */
export const shownVersion = (version: string): string => (version.startsWith('v') ? version.slice(1) : version);

/** Order of versions: none is earliest; runs of digits compare as numbers of any length, the rest bytewise.
 *  @returns < 0 when a is earlier */
export function compareVersions(a: string, b: string): number {
  const left = partsOf(a);
  const right = partsOf(b);
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const x = left[i];
    const y = right[i];
    if (x === undefined) return -1;
    if (y === undefined) return 1;
    const order = /^\d/.test(x) && /^\d/.test(y) ? compareDigits(x, y) : Buffer.compare(Buffer.from(x), Buffer.from(y));
    if (order !== 0) return order;
  }
  return 0;
}

const partsOf = (version: string): string[] => shownVersion(version).match(/\d+|\D+/g) ?? [];

function compareDigits(a: string, b: string): number {
  const x = a.replace(/^0+(?=\d)/, '');
  const y = b.replace(/^0+(?=\d)/, '');
  return x.length - y.length || (x < y ? -1 : x > y ? 1 : 0);
}
