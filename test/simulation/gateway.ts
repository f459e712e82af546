// The gateway of a simulated run: the shipped runtime, rules, planner, operators, connectors, store and catalog, put together as daemon/gateway.ts does it,
// without REST, folders and worker threads. Replaced are the clock, the disk below the store, sockets (globals.ts) and randomness.
import { createMemoryLog, type LogFields } from '../../src/base/log.ts';
import { codecs } from '../../src/codecs/index.ts';
import type { ComponentFiles } from '../../src/config/index.ts';
import { connectors } from '../../src/connectors/index.ts';
import type { ConnectorEntry } from '../../src/contract/connector.ts';
import type { FunctionCatalogue } from '../../src/contract/function.ts';
import { createFunctionCatalogue } from '../../src/functions/index.ts';
import { createRuntime, defaultRuleOptions, type Runtime } from '../../src/runtime/index.ts';
import { type ConfKeyStore, openConfKeys } from '../../src/service/conf-keys.ts';
import { openConnections } from '../../src/service/connections.ts';
import { planningLoader } from '../../src/service/rules/planning.ts';
import { createRuleService, type RuleService } from '../../src/service/rules/rule-service.ts';
import { openStreamCatalog } from '../../src/service/streams/stream-catalog.ts';
import { createStreamService, type StreamService } from '../../src/service/streams/stream-service.ts';
import { openTables } from '../../src/service/tables.ts';
import { openStore, type Store } from '../../src/store/index.ts';
import { createWorldClock } from './clock.ts';
import type { Disk } from './disk.ts';
import type { Peers } from './peers.ts';
import type { Process } from './process.ts';
import type { World } from './world.ts';

export interface SimulatedGateway {
  readonly process: Process;
  readonly runtime: Runtime;
  readonly confKeys: ConfKeyStore;
  readonly streams: StreamService;
  readonly rules: RuleService;
  readonly store: Store;
  readonly lines: LogFields[];
  /** Orderly end. */
  close(): Promise<void>;
}

export interface GatewayParts {
  world: World;
  process: Process;
  disk: Disk;
  peers: Peers;
  dataDir: string;
  /** Wall time of the machine's boot and its name: pages of queues are dated by it. */
  boot: { id: string; upMs: number };
}

let catalogue: FunctionCatalogue | undefined;
const noFiles = { read: () => ({}), reload: () => undefined } as unknown as ComponentFiles;

/** Modules that are loaded on first use are loaded now: that takes real time, which does not exist in a simulated world. */
export async function loadModules(): Promise<void> {
  await import('../../src/service/rules/rule-plan.ts');
  for (const name of ['mqtt', 'memory', 'modbus']) await connectors.find((c) => c.name === name)!.load();
  await codecs.find((c) => c.name === 'json')!.load();
  catalogue ??= createFunctionCatalogue();
}

/** Starts it with what is on its disk. Must be awaited while the world runs. */
export async function startGateway({ world, process, disk, peers, dataDir, boot }: GatewayParts): Promise<SimulatedGateway> {
  const clock = createWorldClock(world, process);
  const { log, lines } = createMemoryLog('warn');
  const store = openStore({ dataDir, clock, log, database: disk.opener(process) });
  const versions = new Map<number, ConnectorEntry>();
  const connectorNamed = (name: string): ConnectorEntry | undefined => {
    if (name !== 'sim') return connectors.find((c) => c.name === name);
    let sim = versions.get(peers.version);
    if (!sim) versions.set(peers.version, (sim = peers.connector(process)));
    return sim;
  };
  const runtime = createRuntime({
    clock,
    log,
    store,
    connectors: connectorNamed,
    codecs: async (format) => codecs.find((c) => c.name === format)?.load(),
    rootPath: dataDir,
    dataDir,
    boot,
    random: () => world.random(),
    network: () => ({ enablePrivateNet: true, dataServer: { ip: '127.0.0.1', port: 0 } }),
    settings: { holdSourcesAtStart: true, stopTimeoutMs: 600 },
  });
  runtime.start();
  const tables = openTables(store);
  const confKeys = await openConfKeys(tables.confKeys, noFiles, log);
  const connections = await openConnections({
    table: tables.connections,
    clock,
    log,
    connectors: connectorNamed,
    usedBy: () => [],
    live: (type, id) => runtime.connectionState?.(type, id),
  });
  const catalog = await openStreamCatalog(tables.streams, log);
  const functions = async () => (catalogue ??= createFunctionCatalogue());
  const streams = createStreamService({
    catalog,
    formats: () => codecs.map((c) => c.name),
    usedBy: () => [],
    columnsRead: () => [],
    validate: async () => [],
  });
  const planDeps = {
    log,
    findStream: (name: string) => catalog.get(name),
    streamNames: () => catalog.list().map((d) => d.name),
    confKeys,
    connections,
    resolve: <T>(value: T) => value,
    settings: () => ({ timeZone: 'UTC', ignoreCase: false, sqlCompatibility: 'standard' as const, ruleDefaults: defaultRuleOptions() }),
  };
  const rules = createRuleService({
    ...planDeps,
    planning: planningLoader(planDeps, functions),
    runtime,
    table: tables.rules,
    marks: tables.ruleMarks,
    log,
    clock,
  } as Parameters<typeof createRuleService>[0]);
  await rules.load(false);
  runtime.rulesLoaded();
  return {
    process,
    runtime,
    confKeys,
    streams,
    rules,
    store,
    lines,
    async close() {
      await runtime.close();
      connections.close();
      await store.close();
    },
  };
}
