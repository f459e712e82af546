// All plugins: follows the folders, keeps the latest version that works in effect, and gives functions to the planner and connectors to the
// runtime. Made by the daemon; here the parts are put together. Next: reconcile.ts (what is wanted), resolver.ts (which version),
// functions/function-activation.ts and remote/remote-activation.ts (how it takes effect).
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { ConnectorEntry } from '../../contract/connector.ts';
import type { FunctionCatalogue } from '../../contract/function.ts';
import type { Store } from '../../store/index.ts';
import { createGuard, type Suspect } from '../containment/guard.ts';
import { createMemoryWatch } from '../containment/memory-watch.ts';
import { createTamperWatch } from '../containment/tamper-watch.ts';
import { openWatchdog } from '../containment/watchdog.ts';
import { createFolderWatch } from '../files/folder-watch.ts';
import { createFunctionNames } from '../files/function-names.ts';
import type { PluginKind } from '../files/plugin-file.ts';
import { readPluginSource } from '../files/plugin-source.ts';
import type { FoundZip } from '../files/scan.ts';
import { createTopFiles } from '../files/top-files.ts';
import { activateFunctions, deactivateFunctions, tamperText } from '../functions/function-activation.ts';
import { definitionOf, type FunctionSlot } from '../functions/inline-function.ts';
import { mergedEntry } from '../remote/merged-entry.ts';
import { createPluginStates } from '../remote/plugin-state.ts';
import { createPluginWorker } from '../remote/plugin-worker.ts';
import { activateRemote, deactivateRemote } from '../remote/remote-activation.ts';
import type { RemotePlugin } from '../remote/remote-instance.ts';
import { createModuleLoader } from '../worker/load-module.ts';
import { createModuleUrls } from '../worker/module-urls.ts';
import { describeEntry, type PluginDescription, type PluginEntry } from './plugin-entry.ts';
import { createPluginLogs, type PluginLogLine } from './plugin-logs.ts';
import { openQuarantine } from './quarantine.ts';
import { createReconciler } from './reconcile.ts';
import { createResolver } from './resolver.ts';
import { createStatusFiles, statusLines } from './status-file.ts';
import { openTriedVersions } from './tried.ts';

export interface PluginChange {
  kind: PluginKind;
  name: string;
  /** `moved`: another version took over without a restart; `shape`: rules must be planned anew. */
  what: 'added' | 'removed' | 'shape' | 'moved';
  /** Names of SQL functions that came, went or changed. */
  functions: readonly string[];
}

export interface PluginRegistryDeps {
  rootPath: string;
  /** `<root>/plugins` */
  folder: string;
  etc: string;
  dataDir: string;
  clock: Clock;
  log: Log;
  store: Store;
  /** True for names of built-in SQL functions. */
  isBuiltin?(name: string): Promise<boolean>;
  /** A zip lies in a plugin folder; installs or refuses it (the file is gone afterwards). Given later by the service. */
  onZip?(zip: FoundZip): Promise<void>;
}

export interface PluginRegistry {
  /** Loads what lies there. @param safe nothing is loaded (safe mode) */
  start(safe: boolean): Promise<void>;
  stop(): Promise<void>;
  /** Looks at the folders now and resolves when everything there is in effect or refused. */
  settle(): Promise<void>;
  readonly functions: FunctionCatalogue;
  /** A plugin's connector; merged with the built-in one of the same name, whose other side stays. */
  connector(name: string, builtin: ConnectorEntry | undefined): ConnectorEntry | undefined;
  connectorNames(): string[];
  names(kind: PluginKind): string[];
  /** undefined: nothing of this name */
  describe(kind: PluginKind, name: string): PluginDescription | undefined;
  entry(kind: PluginKind, name: string): PluginEntry | undefined;
  /** Its last log lines. @param after number of the last one that is known */
  logs(kind: PluginKind, name: string, after: number): readonly PluginLogLine[];
  /** Names of functions and the plugin that has them. */
  functionOwners(): Map<string, string>;
  registerFunctions(name: string, names: readonly string[] | undefined): Promise<void>;
  /** Gives quarantined versions a new chance, as if their files had just come. @returns how many */
  release(kind: PluginKind, name: string): Promise<number>;
  /** Whose fault an uncaught error is; undefined: not a plugin's. */
  blame(error: unknown): Suspect | undefined;
  onChange: ((change: PluginChange) => void) | undefined;
  onZip: ((zip: FoundZip) => Promise<void>) | undefined;
  /** ES modules of functions that were loaded; each stays in memory. */
  readonly modules: number;
}

/** Old generation of a worker's heap. */
const MAX_HEAP_MB = 128;
/** A worker that is ended so often within a minute is not started again with this version. */
const MAX_DEATHS = 3;
const DEATHS_WITHIN_MS = 60_000;

export function createPluginRegistry(deps: PluginRegistryDeps): PluginRegistry {
  const { clock } = deps;
  const logs = createPluginLogs(deps.log, () => clock.now());
  const { log } = logs;
  const guard = createGuard(log);
  const urls = createModuleUrls();
  const loader = createModuleLoader(() => urls.of('kit'));
  const states = createPluginStates(deps.store.kv('pluginState'), clock, log);
  const functionNames = createFunctionNames(deps.store.kv('pluginFunctions'), [deps.etc, deps.folder], log);
  const quarantine = openQuarantine(join(deps.dataDir, 'plugins', 'quarantine.json'), log);
  const tried = openTriedVersions(join(deps.dataDir, 'plugins', 'tried'), log);
  const watchdog = openWatchdog({ guard, urls, quarantineFile: quarantine.file, log });
  const memoryWatch = createMemoryWatch({ guard, quarantine, clock, log });
  const tamperWatch = createTamperWatch(guard, clock, log);
  const slots = new Map<string, FunctionSlot>();
  const remotes = new Map<string, RemotePlugin>();
  const entries = new Map<string, PluginEntry>();
  const known = new Map<string, PluginEntry>();
  const maxHeapMb = MAX_HEAP_MB;
  let uninstall: (() => void) | undefined;
  const status = createStatusFiles(deps.folder, () => clock.now(), log);
  let statusDue = false;
  /** Several changes of one turn are one write. */
  const showStatus = () => {
    if (statusDue) return;
    statusDue = true;
    queueMicrotask(() => {
      statusDue = false;
      status.write([
        ...statusLines(known.values()),
        ...reconciler.problems().map(({ file, reason }) => ({ file, text: `NOT USED: ${reason}` })),
      ]);
    });
  };
  /** Again, for whom nobody waits: a failure is logged by the resolver. */
  const laterAgain = (entry: PluginEntry, force = false) => void resolver.again(entry, force).catch(() => undefined);

  const onDeath = (entry: PluginEntry, text: { hash: string }, reason: string) => {
    const nowMs = clock.now();
    entry.deaths = [...entry.deaths.filter((atMs) => nowMs - atMs < DEATHS_WITHIN_MS), nowMs];
    entry.lastError = reason;
    if (entry.deaths.length < MAX_DEATHS) return;
    entry.deaths = [];
    const plugin = `${entry.kind}/${entry.name}`;
    quarantine.add({ plugin, version: entry.active?.file.version ?? '', hash: text.hash, reason, atMs: nowMs });
    laterAgain(entry);
  };
  guard.onTamper = ({ plugin, version, hash }, changes) => {
    // its calls go on until the worker stands
    if (quarantine.isolated(plugin, hash)) return;
    const reason = tamperText(changes);
    log.error({ code: 'PLUGIN_CALL', plugin, version, reason }, 'A function plugin is moved to a worker.');
    quarantine.add({ plugin, version, hash, reason, isolate: true, atMs: clock.now() });
    const entry = entries.get(plugin);
    if (entry) laterAgain(entry, true);
  };
  const shared = { clock, log, urls, states, maxHeapMb, onDeath };
  const functionDeps = {
    ...shared,
    guard,
    loader,
    tried,
    slots,
    rootPath: deps.rootPath,
    watch(suspect: Suspect) {
      watchdog.watch(suspect);
      memoryWatch.start();
      tamperWatch.start();
    },
    isBuiltin: async (name: string) => (await deps.isBuiltin?.(name)) === true,
    isolated: (plugin: string, hash: string) => quarantine.isolated(plugin, hash)?.reason,
  };
  const remoteDeps = { ...shared, remotes };
  const env = { guard, log, rootPath: deps.rootPath };
  /** What its metadata says of its functions. */
  const namesOf = ({ kind, name }: PluginEntry): string => (kind === 'functions' ? (functionNames.of(name)?.join() ?? '') : '');

  const resolver = createResolver({
    clock,
    log,
    quarantine,
    entries,
    known,
    namesOf,
    read: (entry, file) => readPluginSource(file.path, (hash) => tried.find(`${entry.kind}/${entry.name}`, file.path, hash)?.text),
    activate: async (entry, file, text) =>
      entry.kind === 'functions'
        ? activateFunctions(entry, file, text, functionNames.of(entry.name), functionDeps)
        : activateRemote(entry, file, text, remoteDeps),
    async deactivate(entry) {
      if (entry.kind === 'functions') {
        deactivateFunctions(entry, slots, guard);
        tried.forget(`functions/${entry.name}`);
      } else await deactivateRemote(entry, remotes);
      entry.active = undefined;
    },
    onChange: (change) => registry.onChange?.(change),
    onResolved: showStatus,
  });
  const topFiles = createTopFiles({
    clock,
    log,
    tryOut: (file, text, symbols) =>
      createPluginWorker({
        plugin: file.name,
        version: file.version,
        text,
        symbols,
        urls,
        clock,
        log,
        maxHeapMb,
        onLateError: () => undefined,
        onDeath: () => undefined,
      }),
    onLate: () => reconciler.again(),
  });
  const reconciler = createReconciler({
    clock,
    log,
    folder: deps.folder,
    etc: deps.etc,
    known,
    topFiles,
    namesOf,
    resolve: resolver.resolve,
    onZip: () => registry.onZip,
    onApplied: showStatus,
  });
  const watch = createFolderWatch(deps.folder, join(deps.etc, 'functions'), clock, log, reconciler.apply);

  const registry: PluginRegistry = {
    onChange: undefined,
    onZip: deps.onZip,
    async start(safe) {
      if (safe) {
        status.write([], 'Safe mode: no plugin is loaded. Correct or remove the one at fault and restart.');
        return;
      }
      uninstall = guard.install();
      await states.open();
      await functionNames.open();
      await watch.start();
      reconciler.started();
    },
    async stop() {
      await watch.stop();
      // a plugin that hangs while it is loaded must not hold up the end
      await reconciler.soon(resolver.allDone());
      memoryWatch.stop();
      tamperWatch.stop();
      await watchdog.close();
      for (const r of remotes.values()) await r.version.worker.close();
      for (const e of entries.values()) await e.active?.close?.();
      await states.close();
      uninstall?.();
    },
    async settle() {
      await watch.settle();
      await resolver.allDone();
    },
    functions: {
      get(name) {
        const slot = slots.get(name);
        return slot && definitionOf(slot, env);
      },
      names: () => [...slots.values()].filter((s) => s.current).map((s) => s.name),
    },
    connector(name, builtin) {
      const source = remotes.get(`sources/${name}`);
      const sink = remotes.get(`sinks/${name}`);
      if (!source && !sink) return builtin;
      return mergedEntry(name, source, source && entries.get(`sources/${name}`)?.active, sink, builtin);
    },
    connectorNames: () => [...new Set([...remotes.values()].map((r) => r.name))],
    names: (kind) =>
      [
        ...new Set([
          ...[...entries.values()].filter((e) => e.kind === kind).map((e) => e.name),
          ...reconciler.problemsOf(kind).map((p) => p.name),
        ]),
      ].sort(),
    describe(kind, name) {
      const e = entries.get(`${kind}/${name}`);
      const problems = reconciler.problemsOf(kind).filter((p) => p.name === name);
      if (e) {
        const description = describeEntry(e, kind === 'functions' ? functionNames.registered(name) : undefined);
        // modules cannot be unloaded: how many versions of functions this run has loaded so far
        return kind === 'functions' ? { ...description, modulesLoaded: loader.count } : description;
      }
      const [first] = problems;
      return first && { name, version: '', state: 'failed', reason: first.reason, file: first.file, versions: [] };
    },
    entry: (kind, name) => entries.get(`${kind}/${name}`),
    logs: (kind, name, after) => logs.of(`${kind}/${name}`, after),
    functionOwners: () =>
      new Map([...entries.values()].flatMap((e) => (e.active?.functions ?? []).map((f): [string, string] => [f, e.name]))),
    async registerFunctions(name, names) {
      await functionNames.set(name, names);
      const e = entries.get(`functions/${name}`);
      if (e) await resolver.again(e, true);
    },
    async release(kind, name) {
      const released = quarantine.release(`${kind}/${name}`);
      const e = entries.get(`${kind}/${name}`);
      if (e && released.length > 0) {
        log.warn({ plugin: `${kind}/${name}`, was: released.map((r) => r.reason) }, 'A plugin is let out of quarantine by request.');
        await resolver.again(e);
      }
      return released.length;
    },
    blame(error) {
      const suspect = guard.blame(error);
      const e = suspect && entries.get(suspect.plugin);
      if (e) {
        e.lateErrors++;
        e.lastError = messageOf(error);
      }
      return suspect;
    },
    get modules() {
      return loader.count;
    },
  };
  return registry;
}
