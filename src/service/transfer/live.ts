// After a transaction that changed the catalog as a whole: memory follows the store. Rules that are gone end, new and changed ones begin, and those whose
// streams, keys, connections or secrets are different now go on with them. Used by importer.ts.
import type { ComponentFiles } from '../../config/index.ts';
import type { PluginRegistry } from '../../plugin-host/index.ts';
import type { Runtime } from '../../runtime/index.ts';
import type { Store } from '../../store/index.ts';
import type { ConfKeyStore } from '../conf-keys.ts';
import type { ConnectionStore } from '../connections.ts';
import type { RuleService } from '../rules/rule-service.ts';
import type { SchemaRegistry } from '../schemas.ts';
import type { SecretStore } from '../secrets/secret-store.ts';
import type { StreamCatalog } from '../streams/stream-catalog.ts';
import type { StreamService } from '../streams/stream-service.ts';
import { placeRestoredState } from './restored-state.ts';

export interface LiveConfiguration {
  /** @param listed rules that the import named: those that cannot run now are tried again */
  takeOver(rules: {
    before: ReadonlyMap<string, string>;
    after: ReadonlyMap<string, string>;
    listed: ReadonlySet<string>;
    /** Rules whose state came with it. */
    restored: readonly string[];
  }): Promise<void>;
  /** The statement with the secrets of the stream of that name that is in effect. */
  withStreamSecrets(name: string, sql: string): Promise<string>;
}

export interface LiveDeps {
  confKeys: ConfKeyStore;
  connections: ConnectionStore;
  secrets: SecretStore;
  catalog: StreamCatalog;
  streams: StreamService;
  schemas: SchemaRegistry;
  rules: RuleService;
  componentFiles: ComponentFiles;
  store: Pick<Store, 'kv' | 'checkpoints' | 'sinkQueues'>;
  runtime: Pick<Runtime, 'stateArrived'>;
  plugins: Pick<PluginRegistry, 'state'>;
}

export function createLiveConfiguration(deps: LiveDeps): LiveConfiguration {
  const { confKeys, connections, secrets, catalog, schemas, rules, componentFiles, store } = deps;
  return {
    withStreamSecrets: (name, sql) => deps.streams.withSecrets(name, sql),
    async takeOver({ before, after, listed, restored }) {
      const prints = rules.fingerprints();
      for (const id of before.keys()) if (!after.has(id) || restored.includes(id)) await rules.adopt(id, undefined);
      await placeRestoredState(store, { runtime: deps.runtime, plugins: deps.plugins.state });
      componentFiles.reload();
      await secrets.reload();
      await confKeys.reload();
      await connections.reload();
      await schemas.reload();
      await catalog.reload();
      for (const [id, text] of after) {
        if (before.get(id) !== text || restored.includes(id) || (listed.has(id) && !prints.has(id))) await rules.adopt(id, text);
      }
      rules.refresh(prints);
    },
  };
}
