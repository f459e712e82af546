// Puts a version of a contained function plugin into effect: nothing of it is loaded into the gateway. Its thread in the plugin host is started,
// says which functions there are, and takes over the calls of the version before. Called by function-activation.ts for what is not trusted.
import { GatewayError } from '../../base/errors/gateway-error.ts';
import type { Suspect } from '../containment/guard.ts';
import { checkApiVersion } from '../files/api-version.ts';
import { missingExport } from '../files/missing-export.ts';
import { shownVersion, symbolOf } from '../files/plugin-file.ts';
import { placed } from '../files/plugin-source.ts';
import type { FoundFile } from '../files/scan.ts';
import { withDeadline } from '../remote/deadline.ts';
import { createPluginWorker, type PluginWorker } from '../remote/plugin-worker.ts';
import type { LaunchThread } from '../remote/thread.ts';
import type { Active, PluginEntry } from '../versions/plugin-entry.ts';
import type { ModuleText } from '../worker/load-module.ts';
import { type FunctionActivationDeps, functionNames, putInSlots, refuseTaken } from './function-activation.ts';
import type { LoadedFunction } from './inline-function.ts';
import { createOutsidePlugin } from './outside-function.ts';

/** @throws what is wrong with this version; nothing has changed then */
export async function activateOutside(
  entry: PluginEntry,
  file: FoundFile,
  text: ModuleText,
  registered: readonly string[] | undefined,
  launch: LaunchThread,
  deps: FunctionActivationDeps,
): Promise<Active> {
  const plugin = `functions/${entry.name}`;
  const fail = (problem: string, cause?: unknown) => new GatewayError('PLUGIN_LOAD', { file: text.path, problem }, { cause });
  let outside = deps.outsides.get(plugin);
  if (!outside) {
    outside = createOutsidePlugin({ plugin, clock: deps.clock, log: deps.log, rootPath: deps.rootPath });
    deps.outsides.set(plugin, outside);
  }
  const mine = outside;
  const worker = createPluginWorker({
    plugin,
    version: shownVersion(file.version),
    text,
    symbols: { main: symbolOf(entry.name), lookup: '' },
    launch,
    clock: deps.clock,
    log: deps.log,
    onLateError(message) {
      entry.lateErrors++;
      entry.lastError = message;
    },
    onDeath(reason, innocent) {
      mine.died();
      if (!innocent) deps.onDeath(entry, text, reason);
    },
    onResults: (...results) => mine.onResults(...results),
  });
  const symbols = new Map<string, string>();
  const loaded = new Map<string, LoadedFunction>();
  const suspect: Suspect = {
    id: 0,
    plugin,
    version: shownVersion(file.version),
    path: text.path,
    hash: text.hash,
    lateErrors: 0,
    lastError: '',
    grownBytes: 0,
    intervals: new Set(),
  };
  try {
    const facts = await worker.start();
    checkApiVersion(facts.apiVersion);
    for (const name of functionNames(entry.name, facts, registered)) {
      if (await deps.isBuiltin(name)) throw fail(`function name ${name} already exists: it is built in; give the plugin another name`);
      const symbol = [symbolOf(name), name].find((s) => facts.exports.includes(s));
      if (symbol === undefined) throw fail(missingExport(symbolOf(name), facts.exports));
      const { aggregate, validates } = await lookAt(worker, plugin, symbol, deps);
      symbols.set(name, symbol);
      loaded.set(name, { exported: undefined, suspect, aggregate, checker: undefined, outside: { plugin: mine, validates } });
    }
    refuseTaken(plugin, loaded, text, deps.slots);
  } catch (error) {
    await worker.close();
    if ((error as { code?: unknown }).code === 'PLUGIN_LOAD') throw error;
    throw fail(placed(error, text.path), error);
  }
  try {
    await mine.take({ worker, symbols, path: text.path });
  } catch (error) {
    await worker.close();
    throw new GatewayError('PLUGIN_START', { problem: (error as Error).message }, { cause: error });
  }
  putInSlots(entry, file, loaded, deps);
  return {
    file,
    text,
    functions: [...loaded.keys()],
    offers: [],
    close: () => worker.close(),
    shape: [...loaded].map(([n, f]) => `${n}:${f.aggregate}:outside`).join(),
  };
}

/** Makes one instance to see what it is. @throws what its constructor throws, or what is missing */
async function lookAt(
  worker: PluginWorker,
  plugin: string,
  symbol: string,
  deps: FunctionActivationDeps,
): Promise<{ aggregate: boolean; validates: boolean }> {
  const id = worker.attach({ emitted: () => undefined, state: () => undefined, lost: () => undefined });
  const ask = (method: string, args: unknown[]) => withDeadline(deps.clock, plugin, 'create', worker.call(id, method, args));
  try {
    const methods = (await ask('create', [symbol])) as readonly string[];
    if (!methods.includes('exec')) throw new Error(`${symbol} has no method exec(args, ctx)`);
    return {
      aggregate: methods.includes('isAggregate') && (await ask('isAggregate', [])) === true,
      validates: methods.includes('validate'),
    };
  } finally {
    worker.detach(id);
  }
}
