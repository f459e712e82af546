// Ties the use cases together. The order of creation is the order of dependence: conf keys, connections, streams, rules.
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { SqlCompatibility } from '../base/sql-compatibility.ts';
import type { ComponentFiles, Folders } from '../config/index.ts';
import type { ConnectorEntry } from '../contract/connector.ts';
import type { FunctionCatalogue } from '../contract/function.ts';
import type { Historian } from '../contract/history.ts';
import { createPluginRegistry, type PluginRegistry } from '../plugin-host/index.ts';
import { type LetterBox, type RuleOptions, type Runtime, readGatewayId, type TraceStore } from '../runtime/index.ts';
import type { Store } from '../store/index.ts';
import type { ApplyService } from './apply/apply-service.ts';
import { type AsyncTasks, createAsyncTasks } from './async-tasks.ts';
import type { BackupService } from './backup/backup-service.ts';
import { copyNames } from './backup/copies.ts';
import { confKeyLook } from './conf-key-look.ts';
import { type ConfKeyStore, openConfKeys } from './conf-keys.ts';
import { type ConnectionStore, openConnections } from './connections.ts';
import type { Device } from './devices/list-devices.ts';
import { createDownloader, type Downloader } from './download.ts';
import type { Editor } from './editor/index.ts';
import type { Live } from './live/index.ts';
import { createMetricsDump, type MetricsDump } from './metrics-dump.ts';
import { createOtlpExport, type OtlpExport } from './otlp.ts';
import { createPluginAdmin, heldBackCauses, type PluginAdmin, rulesTouchedBy } from './plugins/index.ts';
import { type PlanningDeps, planningLoader } from './rules/planning.ts';
import { createRuleHistory, type RuleHistory } from './rules/rule-history.ts';
import { createRuleService, type RuleService } from './rules/rule-service.ts';
import { openSchemas, type SchemaRegistry } from './schemas.ts';
import { secretsIn } from './secrets/references.ts';
import { openSecrets, type SecretStore } from './secrets/secret-store.ts';
import type { Vault } from './secrets/vault.ts';
import { openStreamCatalog } from './streams/stream-catalog.ts';
import { createStreamService, type StreamService } from './streams/stream-service.ts';
import { streamValidator } from './streams/validate-stream.ts';
import { openTables, resealAll } from './tables.ts';
import { createDataTransfer, type DataTransfer } from './transfer/data-transfer.ts';
import { fileAccess } from './transfer/file-access.ts';
import type { Importer } from './transfer/importer.ts';
import { importInitRulesets } from './transfer/init-ruleset.ts';
import { createRulesetTransfer, type RulesetTransfer } from './transfer/ruleset.ts';
import { createYamlTransfer, type YamlTransfer } from './transfer/yaml-transfer.ts';
import type { TrialHub } from './trial/hub.ts';
import { createTrialService, type TrialService } from './trial/trial-service.ts';
import { createUploads, type Uploads } from './uploads.ts';

export interface ServiceDeps {
  clock: Clock;
  log: Log;
  store: Store;
  runtime: Runtime;
  /** Loads the catalogue of SQL functions, on first use. */
  functions(): Promise<FunctionCatalogue>;
  folders: Folders;
  componentFiles: ComponentFiles;
  connectors(name: string): ConnectorEntry | undefined;
  connectorNames(): readonly string[];
  /** Formats that there are. */
  formats(): readonly string[];
  /** Asked at each use: PATCH /configs and SIGHUP change them. */
  settings(): ServiceSettings;
  /** Where results of trial rules go; the connector `trialConnector(hub)` must be among `connectors`. */
  trialHub: TrialHub;
  /** Messages that ended the gateway. Absent: none are kept. */
  deadLetters?(): LetterBox | undefined;
  /** Values over time. Absent: none are kept. */
  historian?: Historian;
  /** Of the program, for backups. */
  version?: string;
  /** Seals secrets. Absent: they are stored as they are. */
  vault?: Vault | undefined;
  /** Takes the settings that the files say now. Absent: they count at the next start. */
  reloadSettings?(): void;
  /** Told after each step of an import, for tests that end the process there. */
  importStep?(name: string): void;
  /** Plugins, loaded before the service. Absent: there are none. */
  plugins?: PluginRegistry;
}

export interface ServiceSettings {
  /** basic.metricsDumpConfig */
  metricsDump?: { enabled: boolean; retainedMs: number };
  timeZone: string;
  ignoreCase: boolean;
  sqlCompatibility: SqlCompatibility;
  ruleDefaults: RuleOptions;
  enablePrivateNet: boolean;
  allowExternalFileAccess: boolean;
  /** install.sh in archives of plugins is run. */
  enableInstallScript: boolean;
  dataServerPort: number;
}

export interface Service {
  readonly confKeys: ConfKeyStore;
  readonly connections: ConnectionStore;
  readonly secrets: SecretStore;
  /** Seals everything under a new key. @returns rows that were sealed anew */
  rekey(): Promise<number>;
  readonly streams: StreamService;
  readonly rules: RuleService;
  /** Help for those who write SQL; loaded on use. */
  editor(): Promise<Editor>;
  readonly ruleHistory: RuleHistory;
  readonly ruleset: RulesetTransfer;
  readonly data: DataTransfer;
  readonly apply: ApplyService;
  readonly backup: BackupService;
  readonly yaml: YamlTransfer;
  readonly tasks: AsyncTasks;
  readonly uploads: Uploads;
  readonly download: Downloader;
  readonly schemas: SchemaRegistry;
  readonly plugins: PluginAdmin;
  readonly trials: TrialService;
  readonly traces: TraceStore;
  readonly otlp: OtlpExport;
  readonly metricsDump: MetricsDump;
  /** Live views; loaded with the first viewer. */
  live(): Promise<Live>;
  /** Serial ports of this machine, and devices behind the sources that are read now. */
  devices(): Promise<Device[]>;
  deadLetters(): LetterBox | undefined;
  readonly historian: Historian | undefined;
  /** Creates stored rules, tells triggered ones to start, and imports init.json where it is new. @param safe nothing is started */
  begin(safe: boolean): Promise<void>;
  close(): Promise<void>;
}

/** Reads the catalog. Rules are created by `service.rules.load`. */
export async function createService(deps: ServiceDeps): Promise<Service> {
  const { log, runtime } = deps;
  const tables = openTables(deps.store, deps.vault && { vault: deps.vault, log });
  // what an earlier version left in clear; what was written over may still lie in pages and lines of the files
  if ((await resealAll(tables)) > 0) await deps.store.scrub();
  const confKeys = await openConfKeys(tables.confKeys, deps.componentFiles, log, confKeyLook(deps.connectors));
  const connections = await openConnections({
    table: tables.connections,
    clock: deps.clock,
    log,
    connectors: deps.connectors,
    usedBy: (id) => rules.rulesSelecting(id),
    live: (type, id) => runtime.connectionState?.(type, id),
    resolve: (value) => secrets.resolve(value),
  });
  /** Names that are asked for, while somebody wants to know them. */
  let asked: Set<string> | undefined;
  const resolve = <T>(value: T): T => {
    if (asked) for (const name of secretsIn(value)) asked.add(name);
    return secrets.resolve(value);
  };
  const secrets: SecretStore = await openSecrets({
    table: tables.secrets,
    clock: deps.clock,
    usedBy: (name) => rules.ids().filter((id) => secretsOf(id).has(name)),
    changed: (prints) => rules.refresh(prints),
    fingerprints: () => rules.fingerprints(),
  });
  const secretsOf = (id: string): ReadonlySet<string> => {
    const found = new Set<string>();
    asked = found;
    try {
      rules.touchSpecs(id);
    } finally {
      asked = undefined;
    }
    return found;
  };
  const catalog = await openStreamCatalog(tables.streams, log);
  const validate = streamValidator(deps.connectors, runtime, { confKeys, connections, log, resolve }, deps.connectorNames);
  const streams = createStreamService({
    catalog,
    formats: deps.formats,
    usedBy: (name) => rules.rulesReading(name),
    columnsRead: (name) => rules.columnsRead(name),
    validate,
  });
  const planDeps: PlanningDeps = {
    log,
    findStream: (name) => catalog.get(name),
    streamNames: () => catalog.list().map((d) => d.name),
    confKeys,
    connections,
    resolve,
    settings: deps.settings,
    outside: (rule) => heldBackCauses(registry.heldBack(), rule),
  };
  const planning = planningLoader(planDeps, deps.functions);
  const ruleHistory = createRuleHistory({ rules: tables.rules, versions: tables.ruleVersions, store: deps.store, clock: deps.clock });
  const rules: RuleService = createRuleService({
    ...planDeps,
    planning,
    runtime,
    table: ruleHistory.table,
    marks: tables.ruleMarks,
    log,
    clock: deps.clock,
    questions: () => deps.plugins?.pendingQuestions() ?? [],
  });
  // conf keys of connections are connections, as in eKuiper; an earlier version kept them apart
  for (const { kind, type, key, props } of confKeys.stored()) {
    if (kind !== 'connections') continue;
    if (!connections.list().some((c) => c.id === key)) await connections.put(key, type, props);
    await confKeys.delete(kind, type, key);
  }
  const declared = Object.fromEntries(deps.connectorNames().map((type) => [type, deps.componentFiles.read('connections', type)]));
  await connections.provision(declared, tables.provisioned);
  const download = createDownloader(deps.folders.data, deps.settings);
  const schemas = await openSchemas(tables.schemas, deps.folders, download);
  const registry =
    deps.plugins ??
    createPluginRegistry({
      rootPath: deps.folders.root,
      folder: deps.folders.plugins,
      etc: deps.folders.etc,
      dataDir: deps.folders.data,
      clock: deps.clock,
      log,
      store: deps.store,
    });
  const plugins = createPluginAdmin({
    registry,
    folders: deps.folders,
    log,
    clock: deps.clock,
    allowsScripts: () => deps.settings().enableInstallScript,
    download,
    async isBuiltin(name) {
      const found = (await deps.functions()).get(name);
      return found !== undefined && found.group !== 'plugin';
    },
  });
  registry.onChange = (change) => {
    // yaml files of a plugin come and go with it
    deps.componentFiles.reload();
    rules.pluginChanged((all) => rulesTouchedBy(change, all), change.what === 'moved');
  };
  const ruleset = createRulesetTransfer(streams, rules);
  const uploads = createUploads(deps.folders.data);
  const metricsDump = createMetricsDump({
    folder: join(deps.folders.log, 'metrics'),
    clock: deps.clock,
    log,
    text: () => runtime.metricsText(),
    settings: () => deps.settings().metricsDump ?? { enabled: false, retainedMs: 0 },
  });
  const { componentFiles, folders, connectors, formats, functions, settings, clock } = deps;
  // imports and backups are rare: their parts are loaded on use, and cost nothing idle
  const importing = once(async () => {
    const [{ createImporter }, { createLiveConfiguration }] = await Promise.all([
      import('./transfer/importer.ts'),
      import('./transfer/live.ts'),
    ]);
    return createImporter({
      tables,
      componentFiles,
      connectors,
      formats,
      functions,
      runtime,
      settings,
      clock,
      log,
      store: deps.store,
      folders,
      files: fileAccess(folders, registry.door),
      plugins,
      schemas,
      uploads,
      rules,
      live: createLiveConfiguration({
        confKeys,
        connections,
        secrets,
        catalog,
        streams,
        schemas,
        rules,
        componentFiles,
        store: deps.store,
      }),
      takeCopy: () => backup.takeCopy(),
      ...(deps.reloadSettings ? { reloadSettings: deps.reloadSettings } : {}),
      ...(deps.importStep ? { step: deps.importStep } : {}),
    });
  });
  const importer: Importer = { run: async (target, options) => (await importing()).run(target, options) };
  const backingUp = once(async () => {
    const { createBackupService } = await import('./backup/backup-service.ts');
    return createBackupService({
      tables,
      store: deps.store,
      folders,
      importer,
      vault: deps.vault,
      clock,
      version: deps.version ?? '',
      gatewayId: () => readGatewayId(folders.data, log),
    });
  });
  const backup: BackupService = {
    create: async (request) => (await backingUp()).create(request),
    restore: async (request) => (await backingUp()).restore(request),
    takeCopy: async () => (await backingUp()).takeCopy(),
    copies: () => copyNames(folders.data),
  };
  const applying = once(async () => {
    const { createApplyService } = await import('./apply/apply-service.ts');
    return createApplyService({ importer, ruleset, confKeys, connections, schemas, folders, store: deps.store, clock });
  });
  const apply: ApplyService = {
    run: async (tree, options) => (await applying()).run(tree, options),
    exportTree: async () => (await applying()).exportTree(),
    last: async () => (await applying()).last(),
  };
  const data = createDataTransfer({
    ruleset,
    streams,
    rules,
    confKeys,
    connections,
    schemas,
    uploads,
    plugins,
    importer,
    nowMs: () => clock.now(),
  });
  const trials = createTrialService({ runtime, planning, hub: deps.trialHub, clock: deps.clock, log });
  const editor = once(async () =>
    (await import('./editor/index.ts')).createEditor({
      functions,
      sources: () => catalog.list(),
      lastRows: () => runtime.lastRows?.() ?? [],
      columnsRead: (name) => rules.columnsRead(name),
      planning: (local) =>
        planningLoader(
          {
            ...planDeps,
            findStream: (n) => local.get(n) ?? catalog.get(n),
            streamNames: () => [...local.keys(), ...planDeps.streamNames()],
          },
          functions,
        )(),
      checkSource: validate,
      formats,
      timeZone: () => settings().timeZone,
      sourceTypes: () => deps.connectorNames().filter((name) => connectors(name)?.offers.some((o) => o !== 'sink')),
    }),
  );
  const live = once(async () => (await import('./live/index.ts')).createLive({ clock, log, rules, streams, trials, hub: deps.trialHub }));
  const otlp = createOtlpExport({ traces: runtime.traces, clock: deps.clock, log });
  return {
    confKeys,
    connections,
    secrets,
    async rekey() {
      deps.vault?.turn();
      const sealed = await resealAll(tables);
      await deps.store.scrub();
      deps.vault?.forgetOld();
      return sealed;
    },
    streams,
    rules,
    editor,
    ruleHistory,
    ruleset,
    data,
    apply,
    backup,
    yaml: createYamlTransfer(data),
    tasks: createAsyncTasks(deps.clock),
    uploads,
    download,
    schemas,
    plugins,
    trials,
    traces: runtime.traces,
    otlp,
    metricsDump,
    live,
    async devices() {
      const { listDevices } = await import('./devices/list-devices.ts');
      return [...listDevices(), ...(runtime.devices?.() ?? []).map((d) => ({ kind: 'bus' as const, ...d }))];
    },
    deadLetters: () => deps.deadLetters?.(),
    historian: deps.historian,
    async begin(safe) {
      await rules.load(safe);
      if (!safe) await importInitRulesets([deps.folders.data, deps.folders.etc], ruleset, log);
    },
    async close() {
      connections.close();
      await otlp.stop();
      await trials.close();
      await metricsDump.close();
    },
  };
}

/** Makes a thing at the first call, and gives out the same from then on. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
