// All plugins: follows the folders, keeps the latest version that works in effect, and gives functions to the planner and connectors to the
// runtime. Made by the daemon; here the parts are put together. Next: reconcile.ts (what is wanted), resolver.ts (which version),
// functions/function-activation.ts and remote/remote-activation.ts (how it takes effect).
import { join } from 'node:path';
import { messageOf } from '../../base/errors/gateway-error.ts';
import { createGuard, type Suspect } from '../containment/guard.ts';
import { createMemoryWatch } from '../containment/memory-watch.ts';
import type { Pens } from '../containment/pens.ts';
import { createTamperWatch } from '../containment/tamper-watch.ts';
import { openWatchdog } from '../containment/watchdog.ts';
import { installerDoor, ownDoor } from '../files/door.ts';
import { createFolderWatch } from '../files/folder-watch.ts';
import { createFunctionNames } from '../files/function-names.ts';
import { readPluginSource } from '../files/plugin-source.ts';
import { createTopFiles } from '../files/top-files.ts';
import { activateFunctions, deactivateFunctions, tamperText } from '../functions/function-activation.ts';
import { definitionOf, type FunctionSlot } from '../functions/inline-function.ts';
import { activateOutside } from '../functions/outside-activation.ts';
import { createQuestions } from '../functions/outside-definition.ts';
import type { OutsidePlugin } from '../functions/outside-function.ts';
import { mergedEntry } from '../remote/merged-entry.ts';
import { createPluginStates } from '../remote/plugin-state.ts';
import { createPluginWorker } from '../remote/plugin-worker.ts';
import { activateRemote, deactivateRemote } from '../remote/remote-activation.ts';
import type { RemotePlugin } from '../remote/remote-instance.ts';
import { createLocalThreads, type LaunchThread } from '../remote/thread.ts';
import { createModuleLoader } from '../worker/load-module.ts';
import { createModuleUrls } from '../worker/module-urls.ts';
import { heldBackOf } from './held-back.ts';
import { describeEntry, type PluginEntry } from './plugin-entry.ts';
import { createPluginLogs } from './plugin-logs.ts';
import { openQuarantine } from './quarantine.ts';
import { createReconciler } from './reconcile.ts';
import type { PluginHostSettings, PluginRegistry, PluginRegistryDeps } from './registry-api.ts';
import { createResolver } from './resolver.ts';
import { createStatusFiles, statusLines } from './status-file.ts';
import { openTriedVersions } from './tried.ts';
import { createTrust, type Placement } from './trust.ts';

const defaultHostSettings: PluginHostSettings = { default: 'contained', trust: 'marks', socket: '', installer: '', maxRssMb: 256 };

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
  const settings = deps.settings ?? (() => defaultHostSettings);
  const { installer } = settings();
  const door = installer === '' ? ownDoor() : installerDoor(deps.folder, installer, clock);
  const status = createStatusFiles(deps.folder, () => clock.now(), log, installer === '' ? undefined : door);
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
  const trust = createTrust({
    settings,
    file: join(deps.dataDir, 'plugins', 'trust.json'),
    etc: deps.etc,
    shipped: join(import.meta.dirname, '../../../plugins'),
    log,
  });
  const local = createLocalThreads({ urls, clock, log, maxHeapMb });
  /** Made with the first plugin that is not trusted. */
  let pens: Pens | undefined;
  const threadsOf = async (placement: Placement): Promise<LaunchThread> => {
    if (placement.mode === 'trusted') return local;
    if (!pens) {
      const [{ createPens }, { socketPens, spawnPens }] = await Promise.all([
        import('../containment/pens.ts'),
        import('../containment/launch.ts'),
      ]);
      const { socket, maxRssMb } = settings();
      pens ??= createPens({ launch: socket === '' ? spawnPens() : socketPens(socket), urls, clock, log, maxHeapMb, maxRssMb });
    }
    return pens.threads(placement.limits);
  };
  /** A file is being written: the host that it will need starts meanwhile. */
  const warm = () => {
    if (settings().default === 'contained') void threadsOf({ mode: 'contained', why: '' }).then(() => pens?.warm());
  };
  const outsides = new Map<string, OutsidePlugin>();
  const questions = createQuestions();
  const shared = { clock, log, urls, states, maxHeapMb, onDeath };
  const functionDeps = {
    ...shared,
    guard,
    local,
    outsides,
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
  const env = { guard, log, rootPath: deps.rootPath, questions };
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
    async activate(entry, file, text) {
      const placement = trust.placementOf(entry.kind, entry.name, file.path, text.hash);
      const launch = await threadsOf(placement);
      if (entry.kind !== 'functions') return { ...(await activateRemote(entry, file, text, launch, remoteDeps)), placement };
      const names = functionNames.of(entry.name);
      if (placement.mode !== 'trusted') return { ...(await activateOutside(entry, file, text, names, launch, functionDeps)), placement };
      const active = await activateFunctions(entry, file, text, names, functionDeps);
      outsides.get(`functions/${entry.name}`)?.drop();
      return { ...active, placement };
    },
    async deactivate(entry) {
      if (entry.kind === 'functions') {
        deactivateFunctions(entry, slots, guard);
        outsides.get(`functions/${entry.name}`)?.drop();
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
    // what it is is not known yet, nor whether it may be trusted
    tryOut: async (file, text, symbols) =>
      createPluginWorker({
        plugin: file.name,
        version: file.version,
        text,
        symbols,
        launch: await threadsOf({ mode: 'contained', why: '' }),
        clock,
        log,
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
  const watch = createFolderWatch(deps.folder, join(deps.etc, 'functions'), clock, log, reconciler.apply, warm);

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
      pens?.close();
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
    door,
    pendingQuestions: questions.pending,
    untrustedThreads: () => threadsOf({ mode: 'contained', why: '' }),
    async decide(kind, name, mode) {
      const e = entries.get(`${kind}/${name}`);
      const { file, text } = e?.active ?? {};
      if (!e || !file || !text) return false;
      trust.mark(kind, name, text.hash, mode);
      log.warn({ plugin: `${kind}/${name}`, file: file.path, mode: mode ?? 'undecided' }, 'It was decided how a plugin runs.');
      await resolver.again(e, true);
      return true;
    },
    hosts: () => pens?.describe() ?? { hosts: 0, rssMb: 0, apart: [] },
    describe(kind, name) {
      const e = entries.get(`${kind}/${name}`);
      const problems = reconciler.problemsOf(kind).filter((p) => p.name === name);
      if (e) {
        const grants = trust.grantsOf(kind, name);
        const description = {
          ...describeEntry(e, kind === 'functions' ? functionNames.registered(name) : undefined),
          ...(grants ? { asksFor: grants } : {}),
          ...(pens && e.active && e.active.placement?.mode !== 'trusted' ? { host: pens.describe() } : {}),
        };
        // modules cannot be unloaded: how many versions of functions this run has loaded so far
        return kind === 'functions' ? { ...description, modulesLoaded: loader.count } : description;
      }
      const [first] = problems;
      return first && { name, version: '', state: 'failed', reason: first.reason, file: first.file, versions: [] };
    },
    entry: (kind, name) => entries.get(`${kind}/${name}`),
    heldBack: () => heldBackOf(entries.values()),
    logs: (kind, name, after) => logs.of(`${kind}/${name}`, after),
    functionOwners: () =>
      new Map([...entries.values()].flatMap((e) => (e.active?.functions ?? []).map((f): [string, string] => [f, e.name]))),
    async registerFunctions(name, names) {
      await functionNames.set(name, names);
      const e = entries.get(`functions/${name}`);
      if (e) await resolver.again(e, true);
    },
    async reread() {
      await functionNames.open();
      await registry.settle();
      for (const e of entries.values()) if (e.kind === 'functions') await resolver.again(e, true);
    },
    state: states,
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
