// All plugins: follows the folders, keeps the latest version that works in effect, and gives functions to the planner and connectors to the
// runtime. Made by the daemon. Next: folder-watch.ts (when), function-activation.ts and remote-activation.ts (how).
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { isGatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { ConnectorDefinition, ConnectorEntry } from '../../contract/connector.ts';
import type { ConnectorContext } from '../../contract/context.ts';
import type { FunctionCatalogue } from '../../contract/function.ts';
import type { Sink } from '../../contract/sink.ts';
import type { LookupSource, Source } from '../../contract/source.ts';
import type { Store } from '../../store/index.ts';
import { createGuard, type Suspect } from '../containment/guard.ts';
import { createMemoryWatch } from '../containment/memory-watch.ts';
import { createTamperWatch } from '../containment/tamper-watch.ts';
import { openWatchdog } from '../containment/watchdog.ts';
import { createFolderWatch } from '../files/folder-watch.ts';
import { createFunctionNames } from '../files/function-names.ts';
import { compareVersions, type PluginKind, pluginKinds, symbolOf } from '../files/plugin-file.ts';
import { readPluginSource } from '../files/plugin-source.ts';
import { byVersion, type FolderView, type FoundFile, type FoundZip } from '../files/scan.ts';
import { activateFunctions, deactivateFunctions, nameTaken, tamperText } from '../functions/function-activation.ts';
import { definitionOf, type FunctionSlot } from '../functions/inline-function.ts';
import { createPluginStates } from '../remote/plugin-state.ts';
import { createPluginWorker } from '../remote/plugin-worker.ts';
import { activateRemote, deactivateRemote } from '../remote/remote-activation.ts';
import type { RemotePlugin } from '../remote/remote-instance.ts';
import { createRemoteLookup } from '../remote/remote-lookup.ts';
import { createRemoteSink } from '../remote/remote-sink.ts';
import { createRemoteSource } from '../remote/remote-source.ts';
import { createModuleLoader, type ModuleText } from '../worker/load-module.ts';
import { createModuleUrls } from '../worker/module-urls.ts';
import { type Active, type Candidate, describeEntry, type PluginDescription, type PluginEntry } from './plugin-entry.ts';
import { openQuarantine } from './quarantine.ts';
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

const LOADS_AT_ONCE = 4;
/** A load that takes longer is left to itself, so that others come to their turn. */
const SLOW_MS = 300;
/** The same at the start, where rules wait for their plugins. */
const SLOW_AT_START_MS = 2_000;
/** Old generation of a worker's heap. */
const MAX_HEAP_MB = 128;
/** A worker that is ended so often within a minute is not started again with this version. */
const MAX_DEATHS = 3;
const DEATHS_WITHIN_MS = 60_000;

export function createPluginRegistry(deps: PluginRegistryDeps): PluginRegistry {
  const { clock, log } = deps;
  const guard = createGuard(log);
  const urls = createModuleUrls();
  const loader = createModuleLoader();
  const states = createPluginStates(deps.store.kv('pluginState'), clock, log);
  const functionNames = createFunctionNames(deps.store.kv('pluginFunctions'), [deps.etc, deps.folder], log);
  const quarantine = openQuarantine(join(deps.dataDir, 'plugins', 'quarantine.json'), log);
  const tried = openTriedVersions(join(deps.dataDir, 'plugins', 'tried'), log);
  const watchdog = openWatchdog({ guard, urls, quarantineFile: quarantine.file, log });
  const memoryWatch = createMemoryWatch({ guard, quarantine, clock, log });
  const tamperWatch = createTamperWatch(guard, clock, log);
  const slots = new Map<string, FunctionSlot>();
  const remotes = new Map<string, RemotePlugin>();
  /** Plugins that have been resolved, as lists show them. */
  const entries = new Map<string, PluginEntry>();
  /** These and those that are being loaded for the first time. */
  const known = new Map<string, PluginEntry>();
  let lastView: FolderView | undefined;
  let starting = true;
  /** Files that are no plugins: by kind and shown name. */
  let refused: { kinds: readonly PluginKind[]; name: string; file: string; reason: string }[] = [];
  const sorted = new Map<string, { stamp: string; kind: PluginKind } | { stamp: string; reason: string }>();
  const zipsDone = new Map<string, string>();
  let uninstall: (() => void) | undefined;
  const status = createStatusFiles(deps.folder, () => clock.now(), log);
  let statusDue = false;
  /** Several changes of one turn are one write. */
  const showStatus = () => {
    if (statusDue) return;
    statusDue = true;
    queueMicrotask(() => {
      statusDue = false;
      const others = [...refused, ...[...zipProblems.values()].map(({ zip, reason }) => ({ file: zip.path, reason }))];
      status.write([...statusLines(known.values()), ...others.map(({ file, reason }) => ({ file, text: `NOT USED: ${reason}` }))]);
    });
  };

  const maxHeapMb = MAX_HEAP_MB;
  const onDeath = (entry: PluginEntry, text: { hash: string }, reason: string) => {
    const nowMs = clock.now();
    entry.deaths = [...entry.deaths.filter((atMs) => nowMs - atMs < DEATHS_WITHIN_MS), nowMs];
    entry.lastError = reason;
    if (entry.deaths.length < MAX_DEATHS) return;
    entry.deaths = [];
    const plugin = `${entry.kind}/${entry.name}`;
    quarantine.add({ plugin, version: entry.active?.file.version ?? '', hash: text.hash, reason, atMs: nowMs });
    // a failure is logged by `later`
    void again(entry).catch(() => undefined);
  };
  const read = (entry: PluginEntry, file: FoundFile): ModuleText =>
    readPluginSource(file.path, (hash) => tried.find(`${entry.kind}/${entry.name}`, file.path, hash)?.text);

  const functionDeps = {
    clock,
    log,
    guard,
    urls,
    loader,
    states,
    tried,
    slots,
    maxHeapMb,
    rootPath: deps.rootPath,
    onDeath,
    watch(suspect: Suspect) {
      watchdog.watch(suspect);
      memoryWatch.start();
      tamperWatch.start();
    },
    isBuiltin: async (name: string) => (await deps.isBuiltin?.(name)) === true,
    isolated: (plugin: string, hash: string) => quarantine.isolated(plugin, hash)?.reason,
  };
  guard.onTamper = ({ plugin, version, hash }, changes) => {
    // its calls go on until the worker stands
    if (quarantine.isolated(plugin, hash)) return;
    const reason = tamperText(changes);
    log.error({ code: 'PLUGIN_CALL', plugin, version, reason }, 'A function plugin is moved to a worker.');
    quarantine.add({ plugin, version, hash, reason, isolate: true, atMs: clock.now() });
    const entry = entries.get(plugin);
    if (entry) void again(entry, true).catch(() => undefined);
  };
  const remoteDeps = {
    clock,
    log,
    urls,
    states,
    remotes,
    maxHeapMb,
    onDeath,
  };
  const env = { guard, log, rootPath: deps.rootPath };

  // a plugin that hangs while it is loaded must not keep others waiting: changes of one plugin come one after the other, and no further
  const chains = new Map<string, Promise<unknown>>();
  const later = <T>(plugin: string, work: () => Promise<T>): Promise<T> => {
    const next = (chains.get(plugin) ?? Promise.resolve()).then(work);
    const done = next
      .catch((error: unknown) => log.error({ code: 'INTERNAL', plugin, reason: messageOf(error) }, 'A plugin could not be updated.'))
      .finally(() => {
        if (chains.get(plugin) === done) chains.delete(plugin);
      });
    chains.set(plugin, done);
    return next;
  };
  const allDone = async () => {
    while (chains.size > 0) await Promise.all(chains.values());
  };

  const activate = async (entry: PluginEntry, file: FoundFile, text: ModuleText): Promise<Active> => {
    return entry.kind === 'functions'
      ? activateFunctions(entry, file, text, functionNames.of(entry.name), functionDeps)
      : activateRemote(entry, file, text, remoteDeps);
  };

  const deactivate = async (entry: PluginEntry) => {
    if (entry.kind === 'functions') {
      deactivateFunctions(entry, slots, guard);
      tried.forget(`functions/${entry.name}`);
    } else await deactivateRemote(entry, remotes);
    entry.active = undefined;
  };

  /** What its metadata says of its functions. */
  const namesOf = ({ kind, name }: PluginEntry): string => (kind === 'functions' ? (functionNames.of(name)?.join() ?? '') : '');

  /** Finds the version of a plugin that takes effect: the latest that loads. */
  const resolve = async (entry: PluginEntry, files: readonly FoundFile[], force = false): Promise<void> => {
    const before = entry.active;
    entry.names = namesOf(entry);
    const candidates = [...files].sort(byVersion).map((file): Candidate => ({ file, state: 'superseded', reason: '' }));
    const plugin = `${entry.kind}/${entry.name}`;
    let chosen: Active | undefined;
    for (const c of candidates) {
      const twin = candidates.find((o) => o !== c && compareVersions(o.file.version, c.file.version) === 0);
      if (twin) {
        c.state = 'failed';
        c.reason = `this version is there twice: ${c.file.path} and ${twin.file.path}; remove one of them`;
        if (!chosen && before?.file.path === c.file.path) {
          // a copy that turns up must not stop what runs
          chosen = before;
          c.state = 'running';
        }
        log.error({ code: 'PLUGIN_LOAD', plugin, reason: c.reason }, 'A version of a plugin is there twice.');
        continue;
      }
      if (chosen) continue;
      try {
        const text = read(entry, c.file);
        const { hash } = text;
        const bad = quarantine.find(plugin, hash, c.file.stamp);
        if (bad?.stamp !== undefined) {
          c.state = 'failed';
          c.reason = bad.reason;
          continue;
        }
        if (bad) {
          c.state = 'quarantined';
          const command = `kuiper plugin release ${entry.kind.slice(0, -1)} ${entry.name}`;
          c.reason = `${bad.reason}; quarantined at ${new Date(bad.atMs).toISOString()}: correct the file, or try it again as it is with \`${command}\``;
          continue;
        }
        if (!force && before && before.file.path === c.file.path && before.text.hash === hash) chosen = before;
        else chosen = await activate(entry, c.file, text);
        c.state = 'running';
      } catch (error) {
        c.state = 'failed';
        c.reason = messageOf(error);
        if (before && isGatewayError(error) && error.code === 'PLUGIN_START') {
          // at the next start of the gateway the version before shall be in effect as it is now
          const { hash } = read(entry, c.file);
          quarantine.add({ plugin, version: c.file.version, hash, stamp: c.file.stamp, reason: c.reason, atMs: clock.now() });
        }
        log.error({ code: 'PLUGIN_LOAD', plugin, file: c.file.path, reason: c.reason }, 'A version of a plugin cannot be used.');
        // overwritten in place by something broken: what was there goes on, in memory
        if (before && before.file.path === c.file.path) chosen = before;
      }
    }
    if (before?.close && chosen !== before) await before.close();
    if (chosen) entry.active = chosen;
    else if (before) await deactivate(entry);
    // shown only now: what is being loaded is neither running nor failed yet
    entry.candidates = candidates;
    if (candidates.length > 0) entries.set(plugin, entry);
    else {
      entries.delete(plugin);
      if (entry.wanted.length === 0) known.delete(plugin);
    }
    tell(entry, before);
    showStatus();
  };

  const tell = (entry: PluginEntry, before: Active | undefined) => {
    const now = entry.active;
    if (now === before) return;
    const freed = (before?.functions ?? []).filter((name) => !now?.functions.includes(name));
    if (freed.length > 0) retryRefused(freed);
    const what = !before ? 'added' : !now ? 'removed' : now.shape === before.shape ? 'moved' : 'shape';
    log.info(
      { plugin: `${entry.kind}/${entry.name}`, version: now?.file.version ?? '', was: before?.file.version, what },
      'Plugin changed.',
    );
    registry.onChange?.({
      kind: entry.kind,
      name: entry.name,
      what,
      functions: [...new Set([...(before?.functions ?? []), ...(now?.functions ?? [])])],
    });
  };

  /** Chooses anew among the versions that are known. */
  const again = (entry: PluginEntry, force = false): Promise<void> =>
    later(`${entry.kind}/${entry.name}`, () =>
      resolve(
        entry,
        entry.candidates.map((c) => c.file),
        force,
      ),
    );

  /** A name of a function is free again: who wanted it gets it. */
  const retryRefused = (freed: readonly string[]) => {
    for (const e of entries.values())
      if (e.kind === 'functions' && e.candidates.some((c) => freed.some((name) => c.reason.endsWith(nameTaken(name)))))
        // a failure is logged by `later`
        void again(e).catch(() => undefined);
  };

  /** The kind of a file in the top folder, by what it exports. */
  const sortTopFile = async (file: FoundFile): Promise<PluginKind | undefined> => {
    let found = sorted.get(file.path);
    if (found?.stamp !== file.stamp) {
      const beganMs = clock.monotonic();
      sorted.set(file.path, { stamp: file.stamp, reason: 'it is being loaded' });
      try {
        found = { stamp: file.stamp, kind: await kindOf(file) };
      } catch (error) {
        found = { stamp: file.stamp, reason: messageOf(error) };
        log.error({ code: 'PLUGIN_LOAD', file: file.path, reason: found.reason }, 'A file in the top folder of plugins is refused.');
      }
      sorted.set(file.path, found);
      // nobody waits for the answer any more
      if (clock.monotonic() - beganMs >= SLOW_MS && lastView) void apply(lastView);
    }
    if ('kind' in found) return found.kind;
    refused.push({ kinds: pluginKinds, name: file.name, file: file.path, reason: found.reason });
    return undefined;
  };

  const kindOf = async (file: FoundFile): Promise<PluginKind> => {
    const text = readPluginSource(file.path);
    const symbol = symbolOf(file.name);
    const worker = createPluginWorker({
      plugin: file.name,
      version: file.version,
      text,
      symbols: { main: symbol, lookup: `${symbol}Lookup` },
      urls,
      clock,
      log,
      maxHeapMb,
      onLateError: () => undefined,
      onDeath: () => undefined,
    });
    try {
      const { main, lookup, exports, functions } = await worker.start();
      const has = (m: string) => main?.methods.includes(m) === true;
      if (has('exec') || (!main && !lookup && functions.length > 1)) return 'functions';
      if (has('collect')) return 'sinks';
      if (has('open') || has('pull') || lookup) return 'sources';
      throw new Error(
        `${file.path}: it is neither a function (exec), a sink (collect) nor a source (open); it exports ${exports.join(', ') || 'nothing'}`,
      );
    } finally {
      await worker.close();
    }
  };

  const apply = async (view: FolderView): Promise<void> => {
    lastView = view;
    refused = [];
    for (const [file, reason] of view.refused) {
      const kind = pluginKinds.find((k) => file.startsWith(join(deps.folder, k)));
      refused.push({ kinds: kind ? [kind] : pluginKinds, name: file.slice(file.lastIndexOf('/') + 1), file, reason });
      if (!sorted.has(file)) log.warn({ code: 'PLUGIN_LOAD', file, reason }, 'A file in a folder of plugins is none.');
      sorted.set(file, { stamp: '', reason });
    }
    for (const folder of view.folders) {
      if (sorted.has(folder)) continue;
      sorted.set(folder, { stamp: '', reason: 'folder' });
      log.info({ code: 'PLUGIN_FOLDER', folder }, 'Plugins are not looked for in this folder.');
    }
    for (const file of view.asides) {
      if (sorted.has(file)) continue;
      sorted.set(file, { stamp: '', reason: 'aside' });
      const etc = join(deps.etc, file.slice(deps.folder.length + 1));
      if (/\.ya?ml$/.test(file))
        log.warn({ code: 'PLUGIN_FOLDER', file, etc }, 'Conf keys beside a plugin are not read; put them into etc.');
    }
    const groups = new Map<string, FoundFile[]>();
    for (const file of view.files) {
      const kind = file.folder === 'top' ? await soon(sortTopFile(file)) : file.folder;
      if (!kind) continue;
      const key = `${kind}/${file.name}`;
      groups.set(key, [...(groups.get(key) ?? []), file]);
    }
    const changed = [...known].flatMap(([key, entry]) => (groups.has(key) ? [] : [{ key, entry, files: [] as FoundFile[] }]));
    for (const [key, files] of groups) {
      let entry = known.get(key);
      if (!entry) known.set(key, (entry = newEntry(key)));
      changed.push({ key, entry, files });
    }
    // several at a time: each waits for its worker to start
    const next = async (): Promise<void> => {
      const item = changed.shift();
      if (!item) return;
      const { key, entry, files } = item;
      const named = entry.wanted.length > 0 && namesOf(entry) !== entry.names;
      if (named || !sameFiles(entry.wanted, files)) {
        entry.wanted = files;
        await soon(later(key, () => resolve(entry, files, named)));
      }
      await next();
    };
    await Promise.all(Array.from({ length: LOADS_AT_ONCE }, next));
    for (const path of [...sorted.keys()]) if (!view.stamps.has(path)) sorted.delete(path);
    for (const zip of view.zips) {
      if (zipsDone.get(zip.path) === zip.stamp || !registry.onZip) continue;
      zipsDone.set(zip.path, zip.stamp);
      // not awaited: an install looks at the folders itself
      void registry.onZip(zip).then(
        () => zipsDone.delete(zip.path),
        (error: unknown) => {
          log.error({ code: 'PLUGIN_ARCHIVE', file: zip.path, reason: messageOf(error) }, 'A zip in a folder of plugins is refused.');
          zipProblems.set(zip.path, { zip, reason: messageOf(error) });
          showStatus();
        },
      );
    }
    for (const path of [...zipProblems.keys()]) if (!view.stamps.has(path)) zipProblems.delete(path);
    showStatus();
  };
  /** Waits, but not for what hangs: that goes on by itself. */
  const soon = async <T>(work: Promise<T>): Promise<T | undefined> => {
    const limit = new AbortController();
    const tooLong = clock.sleep(starting ? SLOW_AT_START_MS : SLOW_MS, limit.signal).then(
      () => undefined,
      () => undefined,
    );
    try {
      return await Promise.race([work, tooLong]);
    } finally {
      limit.abort();
    }
  };
  const zipProblems = new Map<string, { zip: FoundZip; reason: string }>();

  const watch = createFolderWatch(deps.folder, join(deps.etc, 'functions'), clock, log, apply);
  const problemsOf = (kind: PluginKind) => [
    ...refused.filter((r) => r.kinds.includes(kind)),
    ...[...zipProblems.values()]
      .filter(({ zip }) => zip.folder === kind || zip.folder === 'top')
      .map(({ zip, reason }) => ({ name: zip.name, file: zip.path, reason })),
  ];

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
      starting = false;
    },
    async stop() {
      await watch.stop();
      // a plugin that hangs while it is loaded must not hold up the end
      await soon(allDone());
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
      await allDone();
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
        ...new Set([...[...entries.values()].filter((e) => e.kind === kind).map((e) => e.name), ...problemsOf(kind).map((p) => p.name)]),
      ].sort(),
    describe(kind, name) {
      const e = entries.get(`${kind}/${name}`);
      const problems = problemsOf(kind).filter((p) => p.name === name);
      if (e) {
        const description = describeEntry(e, kind === 'functions' ? functionNames.registered(name) : undefined);
        // modules cannot be unloaded: how many versions of functions this run has loaded so far
        return kind === 'functions' ? { ...description, modulesLoaded: loader.count } : description;
      }
      const [first] = problems;
      return first && { name, version: '', state: 'failed', reason: first.reason, file: first.file, versions: [] };
    },
    entry: (kind, name) => entries.get(`${kind}/${name}`),
    functionOwners: () =>
      new Map([...entries.values()].flatMap((e) => (e.active?.functions ?? []).map((f): [string, string] => [f, e.name]))),
    async registerFunctions(name, names) {
      await functionNames.set(name, names);
      const e = entries.get(`functions/${name}`);
      if (e) await again(e, true);
    },
    async release(kind, name) {
      const released = quarantine.release(`${kind}/${name}`);
      const e = entries.get(`${kind}/${name}`);
      if (e && released.length > 0) {
        log.warn({ plugin: `${kind}/${name}`, was: released.map((r) => r.reason) }, 'A plugin is let out of quarantine by request.');
        await again(e);
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

const newEntry = (key: string): PluginEntry => ({
  kind: key.slice(0, key.indexOf('/')) as PluginKind,
  name: key.slice(key.indexOf('/') + 1),
  candidates: [],
  wanted: [],
  names: '',
  active: undefined,
  deaths: [],
  lateErrors: 0,
  lastError: '',
});

function sameFiles(a: readonly FoundFile[], b: readonly FoundFile[]): boolean {
  return a.length === b.length && b.every((f) => a.some((o) => o.path === f.path && o.stamp === f.stamp));
}

function mergedEntry(
  name: string,
  source: RemotePlugin | undefined,
  sourceActive: Active | undefined,
  sink: RemotePlugin | undefined,
  builtin: ConnectorEntry | undefined,
): ConnectorEntry {
  const offers = new Set(builtin?.offers ?? []);
  if (source) for (const o of sourceActive?.offers ?? []) offers.add(o);
  if (sink) offers.add('sink');
  return {
    name,
    offers: [...offers],
    async load(): Promise<ConnectorDefinition> {
      const own: ConnectorDefinition = { ...(await builtin?.load()), name };
      const doc = `Plugin ${name}.`;
      if (source && sourceActive?.offers.includes('source')) {
        const methods = source.version.worker.facts?.main?.methods ?? [];
        // a plugin is written for ComponentContext, which every connector's context is
        const create = () => createRemoteSource(source, methods) as Source<ConnectorContext>;
        own.source = { kind: 'source', name, payload: 'rows', shareable: source.version.singleton.main, options: [], doc, create };
      }
      if (source && sourceActive?.offers.includes('lookup'))
        own.lookup = { kind: 'lookup', name, options: [], doc, create: () => createRemoteLookup(source) as LookupSource<ConnectorContext> };
      if (sink)
        own.sink = {
          kind: 'sink',
          name,
          payload: 'rows',
          maxInFlight: 16,
          options: [],
          doc,
          create: () => createRemoteSink(sink) as Sink<ConnectorContext>,
        };
      return own;
    },
  };
}
