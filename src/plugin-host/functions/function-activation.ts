// Puts a version of a function plugin into effect: tried in a worker first (a loop or process.exit while it loads must not hang the gateway),
// then loaded into this thread, then handed to the slots that the planner and running rules look at.
import type { Clock } from '../../base/clock.ts';
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { Guard, Suspect } from '../containment/guard.ts';
import { checkApiVersion } from '../files/api-version.ts';
import { missingExport } from '../files/missing-export.ts';
import { pluginNameOf, shownVersion, symbolOf } from '../files/plugin-file.ts';
import { placed } from '../files/plugin-source.ts';
import type { FoundFile } from '../files/scan.ts';
import type { PluginStates } from '../remote/plugin-state.ts';
import { createPluginWorker } from '../remote/plugin-worker.ts';
import type { LaunchThread } from '../remote/thread.ts';
import type { Active, PluginEntry } from '../versions/plugin-entry.ts';
import type { TriedVersions } from '../versions/tried.ts';
import type { ModuleLoader, ModuleText } from '../worker/load-module.ts';
import type { ModuleUrls } from '../worker/module-urls.ts';
import type { WorkerFacts } from '../worker/protocol.ts';
import { type FunctionSlot, type LoadedFunction, loadFunction } from './inline-function.ts';
import type { OutsidePlugin } from './outside-function.ts';
import { createSyncFunctions, type SyncFunctions } from './sync-function.ts';

export interface FunctionActivationDeps {
  clock: Clock;
  log: Log;
  guard: Guard;
  urls: ModuleUrls;
  /** Threads of this process, for trying. */
  local: LaunchThread;
  /** Contained plugins, by name. */
  outsides: Map<string, OutsidePlugin>;
  loader: ModuleLoader;
  states: PluginStates;
  tried: TriedVersions;
  slots: Map<string, FunctionSlot>;
  /** Tells the watchdog whom a number stands for. */
  watch(suspect: Suspect): void;
  maxHeapMb: number;
  rootPath: string;
  onDeath(entry: PluginEntry, text: ModuleText, reason: string): void;
  /** Why this content must run in a worker. */
  isolated(plugin: string, hash: string): string | undefined;
  /** True for names of built-in SQL functions, which win over plugins. */
  isBuiltin(name: string): Promise<boolean>;
}

/** @param registered names of its functions, from an install or `<name>.json`
 *  @throws what is wrong with this version; nothing has changed then */
export async function activateFunctions(
  entry: PluginEntry,
  file: FoundFile,
  text: ModuleText,
  registered: readonly string[] | undefined,
  deps: FunctionActivationDeps,
): Promise<Active> {
  const { guard, slots } = deps;
  const fail = (problem: string, cause?: unknown) => new GatewayError('PLUGIN_LOAD', { file: text.path, problem }, { cause });
  const plugin = `functions/${entry.name}`;
  const known = deps.tried.find(plugin, text.path, text.hash);
  const facts = known?.facts ?? (await probe(entry, file, text, deps));
  refuseLater(facts, fail);
  const suspect = guard.add({ plugin, version: shownVersion(file.version), path: text.path, hash: text.hash });
  deps.watch(suspect);
  const loaded = new Map<string, LoadedFunction>();
  let made: SyncFunctions | undefined;
  const workers = () =>
    (made ??= createSyncFunctions({
      plugin,
      version: suspect.version,
      text,
      urls: deps.urls,
      rootPath: deps.rootPath,
      log: deps.log,
      maxHeapMb: deps.maxHeapMb,
      onDeath: (reason) => deps.onDeath(entry, text, reason),
    }));
  const reason = facts.worker ? undefined : facts.tampers.length > 0 ? tamperText(facts.tampers) : deps.isolated(plugin, text.hash);
  const apart = facts.worker || reason !== undefined;
  if (reason) deps.log.warn({ code: 'PLUGIN_LOAD', plugin, version: suspect.version, reason }, 'A function plugin is run in a worker.');
  try {
    if (!apart) guard.watchIntrinsics();
    const symbols = apart
      ? Object.fromEntries(facts.exports.map((n) => [n, n]))
      : await guard.run(suspect, () => loadHere(text, deps.loader));
    if (!apart) guard.lookAtIntrinsics(suspect);
    for (const name of functionNames(entry.name, facts, registered)) {
      if (await deps.isBuiltin(name)) throw fail(`${nameTaken(name)}: it is built in; give the plugin another name`);
      // eKuiper: one symbol per function name; the name itself is taken as well
      const symbol = [symbolOf(name), name].find((s) => symbols[s] !== undefined);
      if (symbol === undefined) throw fail(missingExport(symbolOf(name), Object.keys(symbols)));
      const exported = apart ? workers().exportedAs(symbol, facts.singletons.includes(symbol)) : symbols[symbol];
      loaded.set(name, loadFunction(exported, symbol, suspect, guard));
    }
  } catch (error) {
    await made?.close();
    if ((error as { code?: unknown }).code === 'PLUGIN_LOAD') throw error;
    throw fail(placed(error, text.path), error);
  }
  refuseTaken(plugin, loaded, text, slots);
  putInSlots(entry, file, loaded, deps);
  if (!known) deps.tried.keep(plugin, { text, facts });
  return {
    file,
    text,
    functions: [...loaded.keys()],
    offers: [],
    ...(reason ? { note: `it runs in a worker, where a call takes longer: ${reason}` } : {}),
    ...(made ? { close: () => made!.close() } : {}),
    shape: [...loaded].map(([n, f]) => `${n}:${f.aggregate}`).join(),
  };
}

const nameTaken = (name: string): string => `function name ${name} already exists`;

/** What would fail with each row is said at once. @throws PLUGIN_LOAD */
function refuseLater(facts: WorkerFacts, fail: (problem: string, cause?: unknown) => GatewayError): void {
  try {
    checkApiVersion(facts.apiVersion);
  } catch (error) {
    throw fail(messageOf(error), error);
  }
}

/** @throws when another plugin has one of the names */
export function refuseTaken(
  plugin: string,
  loaded: ReadonlyMap<string, LoadedFunction>,
  text: ModuleText,
  slots: ReadonlyMap<string, FunctionSlot>,
): void {
  for (const name of loaded.keys()) {
    const other = slots.get(name);
    if (other?.current && other.current.suspect.plugin !== plugin)
      throw new GatewayError('PLUGIN_LOAD', { file: text.path, problem: nameTaken(name), taken: name });
  }
}

/** From here on the planner and running rules meet this version. */
export function putInSlots(
  entry: PluginEntry,
  file: FoundFile,
  loaded: ReadonlyMap<string, LoadedFunction>,
  deps: FunctionActivationDeps,
): void {
  const { slots, guard } = deps;
  const plugin = `functions/${entry.name}`;
  const before = entry.active?.functions ?? [];
  const replaced = new Set(before.map((name) => slots.get(name)?.current?.suspect));
  for (const name of before) if (!loaded.has(name)) drop(slots, name);
  for (const [name, current] of loaded) {
    let slot = slots.get(name);
    if (!slot) {
      slot = { name, generation: 0, current: undefined, state: deps.states.of(plugin), startFailed: () => undefined };
      slots.set(name, slot);
    }
    slot.current = current;
    slot.startFailed = (reason) => {
      const c = entry.candidates.find((x) => x.file.path === file.path);
      if (c) c.reason = `a rule keeps using the previous version: ${reason}`;
      deps.log.warn({ plugin, version: current.suspect.version, reason }, 'A rule could not take the new version of a function.');
    };
    slot.generation++;
  }
  for (const old of replaced) if (old) guard.forget(old);
}

/** @param changes `JSON.parse`, … */
export const tamperText = (changes: readonly string[]): string =>
  `it changes ${changes.slice(0, 5).join(', ')}${changes.length > 5 ? ' …' : ''}, which everything in the gateway shares`;

export function deactivateFunctions(entry: PluginEntry, slots: Map<string, FunctionSlot>, guard: Guard): void {
  for (const name of entry.active?.functions ?? []) {
    const suspect = slots.get(name)?.current?.suspect;
    drop(slots, name);
    if (suspect) guard.forget(suspect);
  }
}

function drop(slots: Map<string, FunctionSlot>, name: string): void {
  const slot = slots.get(name);
  if (!slot) return;
  slot.current = undefined;
  slot.generation++;
}

async function loadHere(text: ModuleText, loader: ModuleLoader): Promise<Record<string, unknown>> {
  const module = await loader.load(text);
  const inner = module['default'];
  return typeof inner === 'object' && inner !== null ? { ...inner, ...module } : module;
}

async function probe(entry: PluginEntry, file: FoundFile, text: ModuleText, deps: FunctionActivationDeps): Promise<WorkerFacts> {
  const worker = createPluginWorker({
    plugin: `functions/${entry.name}`,
    version: shownVersion(file.version),
    text,
    symbols: { main: symbolOf(entry.name), lookup: '' },
    launch: deps.local,
    clock: deps.clock,
    log: deps.log,
    tryOut: true,
    onLateError: () => undefined,
    onDeath: () => undefined,
  });
  try {
    return await worker.start();
  } catch (error) {
    throw new GatewayError('PLUGIN_LOAD', { file: text.path, problem: placed(error, text.path) || messageOf(error) }, { cause: error });
  } finally {
    await worker.close();
  }
}

/** Named ones; else the plugin's own symbol; else every export that has exec(), when there are several (a single one is a slip of the name). */
export function functionNames(plugin: string, facts: WorkerFacts, registered: readonly string[] | undefined): readonly string[] {
  if (registered?.length) return registered;
  if (facts.exports.includes(symbolOf(plugin)) || facts.exports.includes(plugin)) return [plugin];
  return facts.functions.length > 1 ? facts.functions.map(pluginNameOf) : [plugin];
}
