// Ties the use cases together. The order of creation is the order of dependence: conf keys, connections, streams, rules.
import type { Clock } from '../base/clock.ts';
import { GatewayError } from '../base/errors/gateway-error.ts';
import type { Log } from '../base/log.ts';
import type { ComponentFiles, Folders } from '../config/index.ts';
import type { ConnectorEntry } from '../contract/connector.ts';
import type { FunctionCatalogue } from '../contract/function.ts';
import type { RuleOptions, Runtime } from '../runtime/index.ts';
import type { Store } from '../store/index.ts';
import { type ConfKeyStore, openConfKeys } from './conf-keys.ts';
import { type ConnectionStore, openConnections } from './connections.ts';
import { createRuleService, type RuleService } from './rules/rule-service.ts';
import { sourceSpecOf } from './source-spec.ts';
import { openStreamCatalog } from './streams/stream-catalog.ts';
import { createStreamService, type StreamService } from './streams/stream-service.ts';
import { openTables } from './tables.ts';

export interface ServiceDeps {
  clock: Clock;
  log: Log;
  store: Store;
  runtime: Runtime;
  functions: FunctionCatalogue;
  folders: Folders;
  componentFiles: ComponentFiles;
  connectors(name: string): ConnectorEntry | undefined;
  connectorNames(): readonly string[];
  /** Asked at each use: PATCH /configs and SIGHUP change them. */
  settings(): ServiceSettings;
}

export interface ServiceSettings {
  timeZone: string;
  ignoreCase: boolean;
  ruleDefaults: RuleOptions;
  enablePrivateNet: boolean;
  allowExternalFileAccess: boolean;
  dataServerPort: number;
}

export interface Service {
  readonly confKeys: ConfKeyStore;
  readonly connections: ConnectionStore;
  readonly streams: StreamService;
  readonly rules: RuleService;
  close(): void;
}

/** Reads the catalog. Rules are created by `service.rules.load`. */
export async function createService(deps: ServiceDeps): Promise<Service> {
  const { log, runtime } = deps;
  const tables = openTables(deps.store);
  const confKeys = await openConfKeys(tables.confKeys, deps.componentFiles, log);
  const connections = await openConnections({
    table: tables.connections,
    clock: deps.clock,
    log,
    connectors: deps.connectors,
    usedBy: (id) => rules.rulesSelecting(id),
  });
  const catalog = await openStreamCatalog(tables.streams, log);
  const streams = createStreamService({
    catalog,
    usedBy: (name) => rules.rulesReading(name),
    columnsRead: (name) => rules.columnsRead(name),
    async validate(definition) {
      if (!definition.lookup) return;
      if (!deps.connectors(definition.type)?.offers.includes('lookup'))
        throw new GatewayError('STREAM_COMMAND', { text: `lookup source type ${definition.type} not found` });
      await runtime.validateSource(sourceSpecOf(definition, { confKeys, connections, log }));
    },
  });
  const rules: RuleService = createRuleService({
    runtime,
    table: tables.rules,
    log,
    functions: deps.functions,
    findStream: (name) => catalog.get(name),
    streamNames: () => catalog.list().map((d) => d.name),
    confKeys,
    connections,
    settings: deps.settings,
  });
  const declared = Object.fromEntries(deps.connectorNames().map((type) => [type, deps.componentFiles.read('connections', type)]));
  await connections.provision(declared, tables.provisioned);
  return { confKeys, connections, streams, rules, close: () => connections.close() };
}
