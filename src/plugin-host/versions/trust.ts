// How a version of a plugin runs: trusted (inside the gateway), contained (in a plugin host) or restricted (in a host of its own, with the
// grants that the owner confirmed), and why. Marks and confirmations belong to a content, not to a name: another file is another decision.
// Asked by plugin-registry.ts before anything of a file is loaded.
import type { KeyObject } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeDurably } from '../../base/durable-file.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import { nodeCrypto } from '../../base/node-builtins.ts';
import type { HostLimits } from '../containment/launch.ts';
import { type PluginKind, pluginExtensions } from '../files/plugin-file.ts';
import { contentHash } from '../files/plugin-source.ts';

export const pluginModes = ['trusted', 'contained', 'restricted'] as const;
export type PluginMode = (typeof pluginModes)[number];

/** What a restricted plugin asks for, in `etc/<kind>/<name>.json` under `grants`. */
export interface Grants {
  read: readonly string[];
  write: readonly string[];
  net: boolean;
}

export interface Placement {
  readonly mode: PluginMode;
  /** Why it is this one, for describe. */
  readonly why: string;
  /** Set for restricted ones. */
  readonly limits?: HostLimits;
}

export interface TrustSettings {
  /** `plugins.default`: for files that nobody has decided on. */
  readonly default: PluginMode;
  /** `plugins.trust`: `keys` = files with a valid signature are trusted. */
  readonly trust: 'marks' | 'keys';
}

export interface Trust {
  placementOf(kind: PluginKind, name: string, path: string, hash: string): Placement;
  /** The owner's decision on a content. @param mode undefined: takes it back  @returns what was decided before */
  mark(kind: PluginKind, name: string, hash: string, mode: PluginMode | undefined): PluginMode | undefined;
  /** What the plugin asks for; undefined: it has no manifest. */
  grantsOf(kind: PluginKind, name: string): Grants | undefined;
}

export interface TrustDeps {
  settings(): TrustSettings;
  /** `<data>/plugins/trust.json` */
  file: string;
  /** `<root>/etc` */
  etc: string;
  /** Folder of the plugins that come with the gateway. */
  shipped: string;
  log: Log;
}

interface Mark {
  plugin: string;
  hash: string;
  mode: PluginMode;
  /** The grants that were confirmed, as text; others need a new decision. */
  grants?: string;
}

/** In one plain sentence each. */
export const modeTexts: Readonly<Record<PluginMode, string>> = {
  trusted: 'It runs inside the gateway, as fast as a built-in function and with every right that the gateway has.',
  contained:
    'It runs in a process of its own beside the gateway: it can use the network and read files, but not the gateway, its tokens or its data.',
  restricted: 'It runs in a process of its own that may do only what was confirmed for it.',
};

export function createTrust(deps: TrustDeps): Trust {
  const { log } = deps;
  let marks = readMarks(deps.file, log);
  let shipped: Set<string> | undefined;
  const grantsOf = (kind: PluginKind, name: string) => readGrants(join(deps.etc, kind, `${name}.json`), log);
  const limitsOf = (kind: PluginKind, name: string, path: string, grants: Grants): HostLimits => ({
    read: [join(deps.etc, kind, name), dirname(path), ...grants.read],
    write: [...grants.write],
    net: grants.net,
  });
  const nothing: Grants = { read: [], write: [], net: false };

  return {
    grantsOf,
    placementOf(kind, name, path, hash) {
      const plugin = `${kind}/${name}`;
      const mark = marks.find((m) => m.plugin === plugin && m.hash === hash);
      const settings = deps.settings();
      const placed = (mode: PluginMode, why: string): Placement => {
        if (mode !== 'restricted') return { mode, why };
        const wanted = grantsOf(kind, name);
        const confirmed = mark?.mode === 'restricted' && mark.grants === JSON.stringify(wanted ?? nothing);
        const grants = confirmed ? (wanted ?? nothing) : nothing;
        const unconfirmed = wanted !== undefined && !confirmed ? '; what it asks for is not confirmed, so it has none of it' : '';
        return { mode, why: why + unconfirmed, limits: limitsOf(kind, name, path, grants) };
      };
      if (mark) return placed(mark.mode, 'its owner decided so for this file');
      shipped ??= hashesBelow(deps.shipped);
      if (shipped.has(hash)) return placed('trusted', 'it comes with the gateway');
      const key = settings.trust === 'keys' ? signerOf(path, join(deps.etc, 'plugin-keys'), log) : undefined;
      if (key !== undefined) return placed('trusted', `it is signed with the key ${key}`);
      return placed(settings.default, settings.default === 'contained' ? 'no other decision has been made' : 'plugins.default says so');
    },
    mark(kind, name, hash, mode) {
      const plugin = `${kind}/${name}`;
      const before = marks.find((m) => m.plugin === plugin && m.hash === hash)?.mode;
      marks = marks.filter((m) => m.plugin !== plugin || m.hash !== hash);
      if (mode !== undefined)
        marks.push({ plugin, hash, mode, ...(mode === 'restricted' ? { grants: JSON.stringify(grantsOf(kind, name) ?? nothing) } : {}) });
      mkdirSync(dirname(deps.file), { recursive: true });
      writeDurably(deps.file, JSON.stringify(marks.slice(-1_000)));
      return before;
    },
  };
}

function readMarks(file: string, log: Log): Mark[] {
  try {
    const list = JSON.parse(readFileSync(file, 'utf8')) as unknown;
    if (!Array.isArray(list)) return [];
    return (list as Mark[]).filter((m) => typeof m?.plugin === 'string' && typeof m.hash === 'string' && pluginModes.includes(m.mode));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      log.error(
        { code: 'PLUGIN_TRUST', file, reason: messageOf(error) },
        'The decisions on plugins cannot be read: plugins that were marked as trusted run contained until they are marked again.',
      );
    return [];
  }
}

function readGrants(file: string, log: Log): Grants | undefined {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      log.warn({ code: 'PLUGIN_TRUST', file, reason: messageOf(error) }, 'The manifest of a plugin cannot be read; it has no grants.');
    return undefined;
  }
  const g = (content as { grants?: unknown } | null)?.grants as Partial<Record<'read' | 'write' | 'net', unknown>> | undefined;
  if (typeof g !== 'object' || g === null) return undefined;
  const paths = (v: unknown) =>
    Array.isArray(v) ? v.filter((p): p is string => typeof p === 'string' && p.startsWith('/') && !p.includes(',')) : [];
  return { read: paths(g.read), write: paths(g.write), net: g.net === true };
}

function hashesBelow(folder: string): Set<string> {
  const out = new Set<string>();
  if (!existsSync(folder)) return out;
  for (const e of readdirSync(folder, { recursive: true, withFileTypes: true }))
    if (e.isFile() && pluginExtensions.some((x) => e.name.endsWith(x))) out.add(contentHash(readFileSync(join(e.parentPath, e.name))));
  return out;
}

/** Name of the key whose signature stands in `<path>.sig`; the format is in docs/plugins/signing.md. */
function signerOf(path: string, keysFolder: string, log: Log): string | undefined {
  let lines: string[];
  try {
    lines = readFileSync(`${path}.sig`, 'latin1')
      .split('\n')
      .filter((l) => l.trim() !== '')
      .slice(0, 10);
  } catch {
    return undefined; // no signature
  }
  const content = readFileSync(path);
  for (const [name, key] of publicKeys(keysFolder, log))
    for (const line of lines) {
      const signature = Buffer.from(line.trim(), 'base64');
      if (signature.length === 64 && nodeCrypto().verify(null, content, key, signature)) return name;
    }
  return undefined;
}

function publicKeys(folder: string, log: Log): [name: string, key: KeyObject][] {
  if (!existsSync(folder)) return [];
  const keys: [string, KeyObject][] = [];
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('.pub') && !file.endsWith('.pem')) continue;
    try {
      const key = nodeCrypto().createPublicKey(readFileSync(join(folder, file)));
      if (key.asymmetricKeyType !== 'ed25519') throw new Error(`it is a key of type ${key.asymmetricKeyType}, not ed25519`);
      keys.push([file, key]);
    } catch (error) {
      log.warn(
        { code: 'PLUGIN_TRUST', file: join(folder, file), reason: messageOf(error) },
        'A key for signatures of plugins cannot be used.',
      );
    }
  }
  return keys;
}
