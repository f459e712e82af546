// What belongs to the gateway and is never data: its configuration, plugins, program, logs, databases, keys. One list, asked by everything that
// opens a file for a rule or a request: connectors/file, connectors/sql, service/download.ts. Paths are compared where they really
// lie: links are followed, and a bind mount or an overlay's upper folder is the same place under another name. Next: open-below.ts.
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';

/** Folders below the root that no rule writes to. */
const OWN_FOLDERS = ['etc', 'plugins', 'log', 'bin', 'lib', 'src', 'node_modules', 'image', 'systemd', 'scripts'];
/** Files and folders directly below the root. */
const OWN_ROOT_NAME = /^(\..*|package(-lock)?\.json|kuiperd?(\..*)?)$/i;
/** Folders of `data` that hold what the gateway keeps for itself. */
const OWN_DATA_FOLDERS = [
  'sources',
  'sinks',
  'connections',
  'functions',
  'services',
  'schemas',
  'uploads',
  'cache',
  'plugins',
  'mgmt',
  'transfer',
  'backups',
  'archive',
  'audit',
  'fleet',
  'portable',
  'scripts',
];
/** Files of `data` itself: databases with what SQLite puts beside them, state of the process, copies and leftovers of both. A rule may keep its own
 *  `mine.db` there. */
const OWN_DATA_NAME =
  /^(sqlitekv|checkpoint|cache|trial|catalog|history)\.(db|journal|copy)|^(gateway-id|changed-defaults|crash-guard|quarantine|suspects?|init|shipped(-etc)?|kuiperd?|tokens|reserve)(\.[a-z]+)*$|^(last-good|suspects?|crash)[-.]|\.damaged-|^\./i;

/** Never read for a rule or a request, whatever the settings say. Profiles and metadata in etc are read by their own connectors. */
const SECRET_FOLDERS = [
  'etc',
  'data/sources',
  'data/sinks',
  'data/connections',
  'data/services',
  'data/mgmt',
  'data/cache',
  'data/plugins',
  'data/transfer',
  'data/backups',
  'data/audit',
  'data/fleet',
];
/** Where the kernel shows processes: environment, memory, open files. */
const PROC = '/proc';

const PROGRAM = resolve(import.meta.dirname, '../../..');
const PROGRAM_FOLDERS = ['src', 'node_modules', 'plugins', 'etc', 'systemd', 'image', 'scripts', 'test', 'bench', 'docs', '.git', 'bin'];

export interface OwnPlaces {
  /** @param folder where the file will lie, as it really is (no links)  @param name its name there
   *  @returns why nothing of a rule may be written there, or undefined */
  writeRefusal(folder: string, name: string): Promise<string | undefined>;
  /** @param file as it really is  @returns why a rule or a request may not read it, or undefined */
  readRefusal(file: string): Promise<string | undefined>;
}

/** @param root root folder of the gateway  @param alsoOwn further files that are never read or written: keys named by the settings */
export function ownPlaces(root: string, alsoOwn: readonly string[] = [], program = PROGRAM, mountInfo = kernelMounts): OwnPlaces {
  const base = resolve(root);
  const data = join(base, 'data');
  const programFolders = base === program || base.startsWith(program + sep) ? PROGRAM_FOLDERS.map((f) => join(program, f)) : [program];
  const written = [
    ...OWN_FOLDERS.map((f) => join(base, f)),
    ...OWN_DATA_FOLDERS.map((f) => join(data, f)),
    ...programFolders.filter((f) => f !== sep),
    PROC,
  ];
  const read = [...SECRET_FOLDERS.map((f) => join(base, f)), PROC];
  const refusal = (place: string, what: string) => `${place} belongs to the gateway: ${what}`;
  const known = new Map<readonly string[], Trees>();
  /** Places of the gateway hardly ever move, and a rule may open files often. */
  const treesOf = (list: readonly string[]): Trees => {
    const old = known.get(list);
    if (old && performance.now() - old.atMs < KNOWN_FOR_MS) return old;
    const trees = readTrees(list, [base, data], readMounts(mountInfo()));
    known.set(list, trees);
    return trees;
  };

  const judge = async (folder: string, name: string, list: readonly string[], what: string, writing: boolean) => {
    const { mounts, trees, placesOf, ids } = treesOf(list);
    const whole = join(folder, name);
    const wholeHere = mounts.placesOf(folder).map((p) => joinPlace(p, name));
    /** What stands behind the tree in the path, by name or as the file system knows it; undefined: it is not in the tree. */
    const below = (tree: string): string | undefined => {
      const real = trees.get(tree)!;
      if (isWithin(whole, real)) return whole.slice(real.length).replace(/^\/+/, '');
      for (const here of wholeHere)
        for (const p of placesOf.get(tree)!)
          if (p.device === here.device && isWithin(here.path, p.path)) return here.path.slice(p.path.length).replace(/^\/+/, '');
      return undefined;
    };
    for (const tree of list) if (below(tree) !== undefined) return refusal(tree, what);
    for (const own of alsoOwn) if (whole === realOf(resolve(base, own))) return refusal(own, what);
    const inData = below(data)?.split(sep)[0];
    if (inData !== undefined && OWN_DATA_NAME.test(inData)) return refusal(join(data, inData), what);
    const inRoot = below(base)?.split(sep)[0];
    if (writing && inRoot !== undefined && OWN_ROOT_NAME.test(inRoot)) return refusal(join(base, inRoot), what);
    // the last word, whatever the names say: is the folder, or one above it, one of these?
    for (let at = folder; ; at = dirname(at)) {
      const found = await stat(at, { bigint: true }).catch(() => undefined); // one that is not there holds nothing
      if (found && ids.has(`${found.dev}:${found.ino}`)) return refusal(folder, what);
      if (at === dirname(at)) return undefined;
    }
  };

  return {
    writeRefusal: (folder, name) => judge(realOf(folder), name, written, 'no rule writes there', true),
    readRefusal: (file) => judge(dirname(file), basename(file), read, 'it is not read for rules or requests', false),
  };
}

const KNOWN_FOR_MS = 1000;

interface Trees {
  atMs: number;
  mounts: Mounts;
  /** Real path, places and inodes of each. */
  trees: ReadonlyMap<string, string>;
  placesOf: ReadonlyMap<string, readonly Place[]>;
  ids: ReadonlySet<string>;
}

/** @param marks folders that are known without being forbidden themselves */
function readTrees(list: readonly string[], marks: readonly string[], mounts: Mounts): Trees {
  const trees = new Map<string, string>();
  const placesOf = new Map<string, readonly Place[]>();
  const ids = new Set<string>();
  for (const tree of [...list, ...marks]) {
    const real = realOf(tree);
    trees.set(tree, real);
    placesOf.set(tree, mounts.placesOf(real));
  }
  for (const tree of list) {
    const found = statSync(tree, { bigint: true, throwIfNoEntry: false });
    if (found) ids.add(`${found.dev}:${found.ino}`);
  }
  return { atMs: performance.now(), mounts, trees, placesOf, ids };
}

/** For a path as it was written: a folder of the gateway that it names below the root, or undefined. Links are not followed yet. */
export function ownFolderOf(written: string): string | undefined {
  if (written.startsWith(sep)) return undefined;
  const [first = '', second = ''] = join('.', written).split(sep);
  if (OWN_FOLDERS.includes(first) && written.includes(sep)) return first;
  return first === 'data' && OWN_DATA_FOLDERS.includes(second) ? join(first, second) : undefined;
}

/** True for the folder itself and what lies in it. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** Where links lead; of what does not exist, as far as it does. */
export function realOf(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    // not there yet: its folder decides
    const up = dirname(path);
    return up === path ? path : join(realOf(up), basename(path));
  }
}

/** A folder as the file system knows it, below whatever mount it is seen. */
interface Place {
  readonly device: string;
  readonly path: string;
}

interface Mounts {
  placesOf(path: string): Place[];
}

const joinPlace = (p: Place, name: string): Place => ({ device: p.device, path: join(p.path, name) });

function kernelMounts(): string {
  try {
    return readFileSync('/proc/self/mountinfo', 'utf8');
  } catch {
    return ''; // no Linux: names and inodes have to do
  }
}

/** @source Linux, filesystems/proc.rst 3.5 */
function readMounts(text: string): Mounts {
  const mounts = text
    .split('\n')
    .map((line) => line.split(' '))
    .filter((f) => f.length > 6)
    .map((f) => ({ device: f[2]!, root: plain(f[3]!), point: plain(f[4]!), options: f.at(-1)! }));
  const placesOf = (path: string, depth = 0): Place[] => {
    // of equal points the last one lies on top
    const mount = mounts.reduce<(typeof mounts)[number] | undefined>(
      (best, m) => (isWithin(path, m.point) && (!best || m.point.length >= best.point.length) ? m : best),
      undefined,
    );
    if (!mount) return [];
    const rest = path.slice(mount.point === sep ? 1 : mount.point.length + 1);
    const here = { device: mount.device, path: join(mount.root, rest) };
    const upper = /(?:^|,)upperdir=([^,]+)/.exec(mount.options)?.[1];
    // what is written through an overlay lies in its upper folder
    return upper && depth < 4 ? [here, ...placesOf(join(realOf(plain(upper)), mount.root, rest), depth + 1)] : [here];
  };
  return { placesOf };
}

const plain = (text: string): string => text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
