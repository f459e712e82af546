// Ties the use cases together. The order of creation is the order of dependence: conf keys, connections, streams, rules.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createExtensions } from '../extensions/index.ts';
import { createPluginRegistry } from '../plugin-host/index.ts';
import { readGatewayId } from '../runtime/index.ts';
import { STATUS } from '../system/network/request.ts';
import type { ApplyService } from './apply/apply-service.ts';
import { createAsyncTasks } from './async-tasks.ts';
import { createAuditTrail } from './audit/trail.ts';
import type { BackupService } from './backup/backup-service.ts';
import { copyNames } from './backup/copies.ts';
import { noBackups, openScheduledBackups } from './backup/scheduled.ts';
import { confKeyLook } from './conf-key-look.ts';
import { openConfKeys } from './conf-keys.ts';
import { openConnections } from './connections.ts';
import { createDownloader } from './download.ts';
import { createExternalServices } from './external-services.ts';
import { WATCHED } from './guarded/record.ts';
import { createMetricsDump } from './metrics-dump.ts';
import { createNetworkChanges } from './network-changes.ts';
import { createOtlpExport } from './otlp.ts';
import { createPluginAdmin, createPortableAdmin, heldBackCauses, rulesTouchedBy } from './plugins/index.ts';
import { type PlanningDeps, planningLoader } from './rules/planning.ts';
import { createRuleHistory } from './rules/rule-history.ts';
import { createRuleService, type RuleService } from './rules/rule-service.ts';
import { openSchemas } from './schemas.ts';
import { createScriptService } from './scripts.ts';
import { secretsIn } from './secrets/references.ts';
import { openSecrets, type SecretStore } from './secrets/secret-store.ts';
import type { Service, ServiceDeps } from './service-api.ts';
import { sourceSpecOf } from './source-spec.ts';
import type { SourceDefinition } from './streams/definition.ts';
import { createStandingTables } from './streams/standing-tables.ts';
import { openStreamCatalog } from './streams/stream-catalog.ts';
import { createStreamService } from './streams/stream-service.ts';
import { streamValidator } from './streams/validate-stream.ts';
import { openTables, resealAll } from './tables.ts';
import { createDataTransfer } from './transfer/data-transfer.ts';
import { fileAccess } from './transfer/file-access.ts';
import type { Importer } from './transfer/importer.ts';
import { importInitRulesets } from './transfer/init-ruleset.ts';
import { createRulesetTransfer } from './transfer/ruleset.ts';
import { createYamlTransfer } from './transfer/yaml-transfer.ts';
import { createTrialService } from './trial/trial-service.ts';
import { createUploads } from './uploads.ts';

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
  const specDeps = { confKeys, connections, log, resolve };
  const specOf = (definition: SourceDefinition) => sourceSpecOf(definition, specDeps);
  const standing = createStandingTables({ connectors: deps.connectors, runtime, specOf, log });
  const catalog = await openStreamCatalog(tables.streams, log, (all) => standing.follow(all));
  const validate = streamValidator(deps.connectors, runtime, specDeps, deps.connectorNames);
  const streams = createStreamService({
    catalog,
    formats: deps.formats,
    usedBy: (name) => rules.rulesReading(name),
    columnsRead: (name) => rules.columnsRead(name),
    validate,
  });
  const extensions = deps.extensions ?? createExtensions({ folders: deps.folders, log });
  const planDeps: PlanningDeps = {
    log,
    scripts: extensions.scripts,
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
  const audit = createAuditTrail({ folder: join(deps.folders.data, 'audit'), clock: deps.clock, log });
  registry.onChange = (change) => {
    // yaml files of a plugin come and go with it
    deps.componentFiles.reload();
    rules.pluginChanged((all) => rulesTouchedBy(change, all), change.what === 'moved');
    const target = `${change.kind}/${change.name}`;
    audit.record({ who: 'files', from: '', what: `plugin ${change.what}`, target, outcome: 'done', detail: '' });
  };
  const scripts = createScriptService(extensions.scripts, rules);
  const isBuiltin = async (name: string) => {
    const found = (await deps.functions()).get(name);
    return found !== undefined && !['plugin', 'portable', 'script', 'service'].includes(found.group);
  };
  const portables = createPortableAdmin({
    extensions,
    download,
    rules,
    isBuiltin,
    allowsScripts: () => deps.settings().enableInstallScript,
    rootPath: deps.folders.root,
    log,
  });
  extensions.useSecrets(secrets.resolve);
  const externalServices = createExternalServices({ extensions, download, rules, isBuiltin, log });
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
      extensions,
      portables,
      externalServices,
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
        runtime,
        plugins: registry,
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
      runtime,
      registry,
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
    resealCopies: async () => (await backingUp()).resealCopies(),
    copies: () => copyNames(folders.data),
  };
  const scheduledBackups = await openScheduledBackups({
    settings: () => deps.settings().backups ?? noBackups,
    backup,
    table: deps.store.kv('scheduledBackup'),
    clock,
    log,
    gatewayId: () => readGatewayId(folders.data, log),
    read: (path) => readFileSync(path, 'utf8'),
  });
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
    scripts: extensions.scripts,
    portables,
    externalServices,
    importer,
    secrets,
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
  const guard = once(async () => {
    const { createGuard } = await import('./guarded/guard.ts');
    const made = createGuard({ rules, ruleHistory, ruleset, streams, table: watched, clock, log });
    endGuard = made.close;
    return made;
  });
  const watched = deps.store.kv('watchedChanges');
  let endGuard: (() => void) | undefined;
  const live = once(async () => (await import('./live/index.ts')).createLive({ clock, log, rules, streams, trials, hub: deps.trialHub }));
  const otlp = createOtlpExport({ traces: runtime.traces, clock: deps.clock, log });
  return {
    confKeys,
    connections,
    secrets,
    async rekey() {
      deps.vault?.turn();
      const sealed = await resealAll(tables);
      await backup.resealCopies();
      await deps.store.scrub();
      deps.vault?.forgetOld();
      return sealed;
    },
    streams,
    rules,
    editor,
    ruleHistory,
    ruleset,
    translate: async (id, to) =>
      (await import('./translate/index.ts')).translateRule(id, rules.texts().get(id), to, (name) => catalog.get(name)),
    data,
    apply,
    audit,
    network: createNetworkChanges(deps.folders.data, deps.networkStatus ?? STATUS),
    backup,
    yaml: createYamlTransfer(data),
    tasks: createAsyncTasks(deps.clock),
    uploads,
    download,
    schemas,
    plugins,
    scripts,
    portables,
    externalServices,
    trials,
    traces: runtime.traces,
    otlp,
    metricsDump,
    scheduledBackups,
    live,
    guard,
    async devices() {
      const { listDevices } = await import('./devices/list-devices.ts');
      return [...listDevices(), ...(runtime.devices?.() ?? []).map((d) => ({ kind: 'bus' as const, ...d }))];
    },
    deadLetters: () => deps.deadLetters?.(),
    historian: deps.historian,
    async begin(safe) {
      await rules.load(safe);
      // what a gateway that ended had on watch; a gateway that watches over itself leaves it for its next start
      if (!safe && (await watched.get(WATCHED)) !== undefined) await (await guard()).recover();
      if (!safe) await importInitRulesets([deps.folders.data, deps.folders.etc], ruleset, log);
    },
    async close() {
      standing.close();
      endGuard?.();
      connections.close();
      await otlp.stop();
      await trials.close();
      scheduledBackups.close();
      await metricsDump.close();
    },
  };
}

/** Makes a thing at the first call, and gives out the same from then on. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
