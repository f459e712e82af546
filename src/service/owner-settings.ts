// Keys of kuiper.yaml that the owner reads and sets at run time: each change is checked, written durably, and taken by a reload; one that the next
// start would refuse is taken back. Called by rest/routes/settings.ts. The file: config/owner-settings.ts.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeDurably } from '../base/durable-file.ts';
import { GatewayError } from '../base/errors/gateway-error.ts';
import { MASK } from '../base/secrets.ts';
import {
  checkOwnerSettings,
  type Environment,
  type Folders,
  loadSettings,
  OWNER_FILE,
  passedSections,
  settingSpecs,
} from '../config/index.ts';
import { suggest } from '../sql/suggest.ts';

export interface ShownSetting {
  /** `basic.logLevel` */
  path: string;
  /** In effect; durations in ms, sizes in bytes. Secrets are masked. */
  value: unknown;
  default: unknown;
  /** File and line, or variable, that it comes from; `default`. */
  place: string;
  /** Whether the owner has set it. */
  owner: boolean;
  /** `now`, or `at the next start`. */
  takesEffect: string;
  doc: string;
}

export interface OwnerSettings {
  list(): ShownSetting[];
  /** @throws GatewayError SERVICE_NOT_FOUND */
  get(path: string): ShownSetting;
  /** @throws GatewayError CONFIG_VALUE, or why the gateway would not start with it; nothing is changed then */
  set(path: string, value: unknown): ShownSetting;
  /** Back to what kuiper.yaml says. */
  unset(path: string): ShownSetting;
}

/** Read once, at the start. */
const AT_START = [
  'basic.rest',
  'basic.prometheus',
  'basic.runtimefolder',
  'basic.rulepatrolinterval',
  'basic.rowbudget',
  'basic.timezone',
  'basic.aeskey',
  'basic.gracefulshutdowntimeout',
  'basic.sql',
  'source.',
  'store.',
  'sink.',
];

type Tree = Record<string, unknown>;

/** @param reload takes what the files say now; throws what the next start would refuse */
export function createOwnerSettings({ folders, env, reload }: { folders: Folders; env: Environment; reload: () => void }): OwnerSettings {
  const file = join(folders.etc, OWNER_FILE);
  const read = (): { text: string | undefined; data: Tree } => {
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { text: undefined, data: {} };
      throw error;
    }
    return { text, data: JSON.parse(text) as Tree };
  };
  const paths = [
    ...settingSpecs.map((s) => s.path),
    ...Object.entries(passedSections).flatMap(([name, keys]) => keys.map((k) => `${name}.${k}`)),
  ];
  const known = (path: string): string => {
    const found = paths.find((p) => p.toLowerCase() === path.toLowerCase());
    if (found !== undefined) return found;
    const near = suggest(path, paths);
    throw new GatewayError('SERVICE_NOT_FOUND', { text: `there is no setting ${path}${near ? `; did you mean ${near}?` : ''}` });
  };
  const show = (path: string, loaded = loadSettings(folders, env)): ShownSetting => {
    const spec = settingSpecs.find((s) => s.path === path);
    const [section, key] = path.split('.') as ['rule' | 'sink', string];
    const value = spec ? loaded.valueOf(path) : (loaded.settings[section] as Tree)[key];
    const place = loaded.placeOf(path);
    return {
      path,
      value: spec?.secret && value !== undefined ? MASK : (value ?? null),
      default: spec?.default ?? null,
      place: place === 'kuiper.yaml' ? 'default' : place,
      owner: lookUp(read().data, path) !== undefined,
      takesEffect: AT_START.some((p) => path.toLowerCase().startsWith(p)) ? 'at the next start' : 'now',
      doc: spec?.doc ?? `Default of the option ${key} of every ${section}.`,
    };
  };
  const change = (path: string, value: unknown): ShownSetting => {
    const name = known(path);
    const { text, data } = read();
    const next = structuredClone(data);
    put(next, name.split('.'), value);
    const [problem] = checkOwnerSettings(next, suggest);
    if (problem) throw new GatewayError('CONFIG_VALUE', { place: 'setting', key: problem.path.join('.'), problem: problem.text });
    writeDurably(file, `${JSON.stringify(next, null, 2)}\n`, 0o644);
    try {
      reload();
    } catch (error) {
      // the next start would refuse it
      writeDurably(file, text ?? '{}\n', 0o644);
      reload();
      throw error;
    }
    return show(name);
  };
  return {
    list() {
      const loaded = loadSettings(folders, env);
      return paths.map((path) => show(path, loaded));
    },
    get: (path) => show(known(path)),
    set(path, value) {
      if (value === undefined || value === null)
        throw new GatewayError('CONFIG_VALUE', { place: 'setting', key: path, problem: 'a value is needed' });
      return change(path, value);
    },
    unset: (path) => change(path, undefined),
  };
}

function lookUp(data: Tree, path: string): unknown {
  let at: unknown = data;
  for (const part of path.toLowerCase().split('.')) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = Object.entries(at).find(([name]) => name.toLowerCase() === part)?.[1];
  }
  return at;
}

/** @param value undefined: the key goes, and what is empty then */
function put(data: Tree, path: readonly string[], value: unknown): void {
  const [first, ...rest] = path;
  const name = Object.keys(data).find((k) => k.toLowerCase() === first!.toLowerCase()) ?? first!;
  if (rest.length > 0) {
    const below = data[name];
    const map: Tree = typeof below === 'object' && below !== null ? (below as Tree) : {};
    put(map, rest, value);
    if (Object.keys(map).length > 0) data[name] = map;
    else delete data[name];
  } else if (value === undefined) delete data[name];
  else data[name] = value;
}
