// Puts a version of a source or sink plugin into effect: its worker is started, running instances are asked whether they can move, and then
// moved one after the other. What the old version has emitted arrives before what the new one emits.
import type { Clock } from '../../base/clock.ts';
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import { checkApiVersion } from '../files/api-version.ts';
import { missingExport } from '../files/missing-export.ts';
import { shownVersion, symbolOf } from '../files/plugin-file.ts';
import { placed } from '../files/plugin-source.ts';
import type { FoundFile } from '../files/scan.ts';
import type { Active, PluginEntry } from '../versions/plugin-entry.ts';
import type { ModuleText } from '../worker/load-module.ts';
import type { WorkerFacts } from '../worker/protocol.ts';
import type { PluginStates } from './plugin-state.ts';
import { createPluginWorker, type PluginWorker } from './plugin-worker.ts';
import type { RemotePlugin, RemoteVersion } from './remote-instance.ts';
import type { LaunchThread } from './thread.ts';

export interface RemoteActivationDeps {
  clock: Clock;
  log: Log;
  states: PluginStates;
  remotes: Map<string, RemotePlugin>;
  onDeath(entry: PluginEntry, text: ModuleText, reason: string): void;
}

/** @throws what is wrong with this version; the one before goes on */
export async function activateRemote(
  entry: PluginEntry,
  file: FoundFile,
  text: ModuleText,
  launch: LaunchThread,
  deps: RemoteActivationDeps,
): Promise<Active> {
  const kind = entry.kind as 'sources' | 'sinks';
  const key = `${kind}/${entry.name}`;
  const symbol = symbolOf(entry.name);
  const symbols = { main: symbol, lookup: `${symbol}Lookup` };
  const worker = createPluginWorker({
    plugin: key,
    version: shownVersion(file.version),
    text,
    symbols,
    clock: deps.clock,
    log: deps.log,
    launch,
    onLateError(message) {
      entry.lateErrors++;
      entry.lastError = message;
    },
    onDeath(reason, innocent) {
      if (!innocent) deps.onDeath(entry, text, reason);
    },
  });
  let facts: WorkerFacts;
  let offers: Active['offers'];
  try {
    facts = await worker.start();
    checkApiVersion(facts.apiVersion);
    offers = offersOf(kind, symbols, facts);
  } catch (error) {
    await worker.close();
    throw new GatewayError('PLUGIN_LOAD', { file: text.path, problem: placed(error, text.path) }, { cause: error });
  }
  const version: RemoteVersion = {
    worker,
    symbols,
    singleton: { main: facts.main?.singleton === true, lookup: facts.lookup?.singleton === true },
  };
  const remote = deps.remotes.get(key);
  if (remote) await moveInstances(remote, version, deps.log);
  else {
    const tableState = (table: string) => deps.states.of(`${key}#${table}`);
    deps.remotes.set(key, {
      kind,
      name: entry.name,
      version,
      instances: new Set(),
      state: deps.states.of(key),
      tableState,
      clock: deps.clock,
    });
  }
  const methods = facts.main?.methods ?? [];
  return { file, text, functions: [], offers, shape: [...offers, version.singleton.main, ...methods].join() };
}

export async function deactivateRemote(entry: PluginEntry, remotes: Map<string, RemotePlugin>): Promise<void> {
  const key = `${entry.kind}/${entry.name}`;
  const remote = remotes.get(key);
  if (!remote) return;
  remotes.delete(key);
  for (const i of remote.instances) i.removed(new Error(`plugin ${entry.name} was removed`));
  await remote.version.worker.close();
}

function offersOf(kind: 'sources' | 'sinks', symbols: { main: string; lookup: string }, facts: WorkerFacts): Active['offers'] {
  const has = (f: WorkerFacts['main'], method: string) => f?.methods.includes(method) === true;
  const offers: ('source' | 'sink' | 'lookup')[] = [];
  if (kind === 'sinks') {
    if (has(facts.main, 'collect')) offers.push('sink');
  } else {
    if (has(facts.main, 'open') || has(facts.main, 'pull')) offers.push('source');
    if (has(facts.lookup, 'lookup')) offers.push('lookup');
  }
  if (offers.length > 0) return offers;
  const wanted = kind === 'sinks' ? 'collect(ctx, data)' : 'open(ctx, emit, fail)';
  throw new Error(facts.main ? `${symbols.main} has no method ${wanted}` : missingExport(symbols.main, facts.exports));
}

async function moveInstances(remote: RemotePlugin, version: RemoteVersion, log: Log): Promise<void> {
  const old = remote.version;
  const instances = [...remote.instances];
  try {
    await Promise.all(instances.map((i) => i.prepare(version)));
    remote.version = version;
    await Promise.all(instances.map((i) => i.move()));
  } catch (error) {
    remote.version = old;
    for (const i of instances) {
      try {
        await i.restore(old);
      } catch (cause) {
        // the owner opens it again with backoff
        log.warn(
          { plugin: `${remote.kind}/${remote.name}`, cause: String(cause) },
          'An instance could not go back to the previous version.',
        );
        i.removed(cause as Error);
      }
    }
    await version.worker.close();
    throw new GatewayError('PLUGIN_START', { problem: messageOf(error) }, { cause: error });
  }
  await old.worker.close();
}

export type { PluginWorker };
