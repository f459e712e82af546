// Properties of sources, sinks and connections from YAML files: `default` and further conf keys. mqtt's source file is
// etc/mqtt_source.yaml, all others are etc/sources/TYPE.yaml. Data wins over etc, etc over what is shipped; the environment wins
// over all (MQTT_SOURCE__DEFAULT__SERVER). Read by service/conf-keys.ts, which adds what REST stored.
import { join } from 'node:path';
import { GatewayError } from '../base/errors/gateway-error.ts';
import { applyOverrides, type Environment, isMap, overridesOf } from './environment.ts';
import type { Folders } from './folders.ts';
import { mergeLayers } from './merge.ts';
import { readYamlFile, type YamlFile, type YamlMap } from './yaml-file.ts';

export type ComponentKind = 'sources' | 'sinks' | 'connections';

/** Conf key → properties, as the files have them. */
export type ConfKeys = Record<string, YamlMap>;

export interface ComponentFiles {
  /** @param type connector name; becomes part of a path, so it is checked here whoever calls
   *  @returns {} when there is no file  @throws GatewayError NAME_INVALID, CONFIG_FILE, CONFIG_SYNTAX */
  read(kind: ComponentKind, type: string): ConfKeys;
  /** Forgets what was read (SIGHUP). */
  reload(): void;
}

const TYPE_NAME = /^[a-zA-Z0-9_-]+$/;
/** Names come from calls of REST as well: more than there are connectors need not be kept. */
const MAX_KEPT = 200;

export function createComponentFiles(folders: Folders, env: Environment): ComponentFiles {
  const cache = new Map<string, ConfKeys>();
  return {
    read(kind, type) {
      if (!TYPE_NAME.test(type))
        throw new GatewayError('NAME_INVALID', {
          text: `id '${type}' contains invalid characters: only alphanumeric, hyphens and underscores are allowed`,
        });
      const key = `${kind}/${type}`;
      let found = cache.get(key);
      if (!found) {
        if (cache.size >= MAX_KEPT) cache.clear();
        cache.set(key, (found = readLayers(folders, env, kind, type)));
      }
      return found;
    },
    reload: () => cache.clear(),
  };
}

function readLayers(folders: Folders, env: Environment, kind: ComponentKind, type: string): ConfKeys {
  const stem = kind === 'connections' ? 'connection' : kind === 'sources' && type === 'mqtt' ? 'mqtt_source' : type;
  let merged: YamlMap = {};
  let shipped: YamlFile | undefined;
  for (const base of [folders.shippedEtc, folders.etc, folders.data]) {
    // eKuiper: the one file of etc that is not in a sub-folder
    const file = stem === 'mqtt_source' && base !== folders.data ? join(base, 'mqtt_source.yaml') : join(base, kind, `${stem}.yaml`);
    const yaml = readYamlFile(file, shipped);
    shipped ??= yaml;
    if (yaml) merged = mergeLayers(merged, yaml.data);
  }
  const all = applyOverrides(merged, overridesOf(stem, env));
  // connection.yaml holds all types: `mqtt: {id: {props}}`
  const own = kind === 'connections' ? all[type] : all;
  return isMap(own) ? (Object.fromEntries(Object.entries(own).filter(([, v]) => isMap(v))) as ConfKeys) : {};
}
