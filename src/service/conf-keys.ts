// Named sets of properties of sources, sinks and connections: keys of YAML files (read-only here) and keys made over REST, which are
// stored and win. A stored key may replace one of a file. Used by source-spec.ts, actions.ts and rest/routes/metadata.

import { GatewayError, messageOf } from '../base/errors/gateway-error.ts';
import type { Log } from '../base/log.ts';
import { bigintAsNumber } from '../base/raw-json.ts';
import { placesOfMasks, restoreSecrets } from '../base/secrets.ts';
import type { ComponentFiles, ComponentKind } from '../config/index.ts';
import type { Props } from '../contract/props.ts';
import { newTold, settle, type Told } from '../contract/told.ts';
import type { KvTable } from '../store/index.ts';
import { parseKeepingIntegers } from './json-text.ts';
import { checkName } from './names.ts';

export interface ConfKeyStore {
  /** Properties of one key, `default` included; undefined when there is no such key. */
  find(kind: ComponentKind, type: string, key: string): Props | undefined;
  /** All keys of a type, files and store. */
  list(kind: ComponentKind, type: string): Record<string, Props>;
  /** Keys made over REST: [kind, type, key, properties]. */
  stored(): readonly { kind: ComponentKind; type: string; key: string; props: Props }[];
  /** Creates or replaces a key as a whole.
   *  @param text JSON as posted  @throws GatewayError SERVICE_CONF_KEY */
  put(kind: ComponentKind, type: string, key: string, text: string, told?: Told): Promise<void>;
  delete(kind: ComponentKind, type: string, key: string): Promise<void>;
  /** After the rows were changed by somebody else. */
  reload(): Promise<void>;
}

/** Sentences about properties that would have no effect. */
export type ConfKeyLook = (kind: ComponentKind, type: string, key: string, props: Props) => Promise<string[]>;

export async function openConfKeys(
  table: KvTable,
  files: ComponentFiles,
  log: Log,
  untakenOf: ConfKeyLook = async () => [],
): Promise<ConfKeyStore> {
  const stored = new Map<string, Props>();
  const reload = async () => {
    const rows = await table.all();
    stored.clear();
    for (const [id, text] of rows) {
      try {
        stored.set(id, parseKeepingIntegers(text) as Props);
      } catch (error) {
        log.error({ code: 'CATALOG_ENTRY', confKey: id, reason: messageOf(error) }, 'A stored conf key cannot be read; skipping it.');
      }
    }
  };
  await reload();
  const idOf = (kind: ComponentKind, type: string, key: string) => `${kind}.${type}.${key}`;
  const find = (kind: ComponentKind, type: string, key: string): Props | undefined => {
    const all = files.read(kind, type);
    // eKuiper looks the lower-case spelling up first
    return stored.get(idOf(kind, type, key)) ?? all[key.toLowerCase()] ?? all[key];
  };
  return {
    find,
    list(kind, type) {
      const prefix = `${kind}.${type}.`;
      const own = [...stored].filter(([id]) => id.startsWith(prefix)).map(([id, props]) => [id.slice(prefix.length), props] as const);
      return { ...files.read(kind, type), ...Object.fromEntries(own) };
    },
    stored: () =>
      [...stored].map(([id, props]) => {
        const [kind, type, ...key] = id.split('.') as [ComponentKind, string, ...string[]];
        return { kind, type, key: key.join('.'), props };
      }),
    async put(kind, type, key, text, told = newTold()) {
      checkName(key);
      checkName(type);
      let props: unknown;
      try {
        props = parseKeepingIntegers(text);
      } catch (error) {
        throw new GatewayError('SERVICE_CONF_KEY', { text: `Type conversion failed:${type}.${messageOf(error)}` });
      }
      if (typeof props !== 'object' || props === null || Array.isArray(props))
        throw new GatewayError('SERVICE_CONF_KEY', { text: `Type conversion failed:${type}.expected a JSON object of properties` });
      // read, edited, written back: what is masked stays as it was
      const renamed = restoreSecrets(renameLegacy(type, props as Props), find(kind, type, key)) as Props;
      const missing = placesOfMasks(renamed);
      if (missing.length) log.warn({ code: 'SECRET_MISSING', confKey: idOf(kind, type, key), missing }, SECRET_MISSING);
      told.warnings.push(...(await untakenOf(kind, type, key, renamed)));
      settle(told);
      await table.set(idOf(kind, type, key), JSON.stringify(renamed, bigintAsNumber));
      stored.set(idOf(kind, type, key), renamed);
    },
    async delete(kind, type, key) {
      await table.delete(idOf(kind, type, key));
      stored.delete(idOf(kind, type, key));
    },
    reload,
  };
}

export const SECRET_MISSING = 'Secrets are not part of what was imported; set them again.';

const DURATIONS = ['cacheTtl', 'timeout', 'expiration', 'interval'];

/** Old spellings that eKuiper rewrites when a key is stored. */
function renameLegacy(type: string, props: Props): Props {
  const out: Props = {};
  for (const [name, value] of Object.entries(props)) {
    const target = type === 'sql' && name === 'url' ? 'dburl' : type === 'kafka' && name === 'saslPassword' ? 'password' : name;
    out[target] = DURATIONS.includes(name) && typeof value === 'number' ? `${value}ms` : value;
  }
  return out;
}
