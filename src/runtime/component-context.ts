// What a source or sink instance is handed (contract/context.ts). Made by source-node.ts and sink-node.ts; its state is saved with
// the rule's checkpoint.
import type { Clock } from '../base/clock.ts';
import type { Log, LogFields } from '../base/log.ts';
import type { ConnectionAccess, ConnectionState, ConnectorContext, PluginLogger } from '../contract/context.ts';

export interface ContextOptions {
  clock: Clock;
  log: Log;
  rootPath: string;
  gatewayId: string;
  connections: ConnectionAccess;
  ruleId: string;
  opId: string;
  onStatus(state: ConnectionState, message: string): void;
  onDropped(count: number, reason: string): void;
}

export interface OwnedContext extends ConnectorContext {
  /** Aborts `signal`. */
  abort(): void;
  /** State for the checkpoint; undefined when nothing was put. */
  saveState(): Record<string, unknown> | undefined;
  loadState(state: unknown): void;
}

export function createComponentContext(o: ContextOptions): OwnedContext {
  let state: Map<string, unknown> | undefined;
  let controller: AbortController | undefined;
  let aborted = false;
  let log: Log | undefined;
  const ownLog = () => (log ??= o.log.child({ rule: o.ruleId, op: o.opId }));
  return {
    clock: o.clock,
    get log() {
      return ownLog();
    },
    gatewayId: o.gatewayId,
    connections: o.connections,
    // made on first use: thousands of sinks never look at it
    get signal() {
      controller ??= new AbortController();
      if (aborted && !controller.signal.aborted) controller.abort();
      return controller.signal;
    },
    getLogger: () => pluginLogger(ownLog()),
    getRuleId: () => o.ruleId,
    getOpId: () => o.opId,
    getInstanceId: () => 0,
    getRootPath: () => o.rootPath,
    status: (s, message = '') => o.onStatus(s, message),
    dropped: (count, reason) => o.onDropped(count, reason),
    putState: (key, value) => void (state ??= new Map()).set(key, value),
    getState: (key) => state?.get(key),
    deleteState: (key) => void state?.delete(key),
    incrCounter(key, amount) {
      state ??= new Map();
      state.set(key, Number(state.get(key) ?? 0) + amount);
    },
    getCounter: (key) => Number(state?.get(key) ?? 0),
    abort() {
      aborted = true;
      controller?.abort();
    },
    saveState: () => (state?.size ? Object.fromEntries(state) : undefined),
    loadState(saved) {
      if (typeof saved === 'object' && saved !== null) state = new Map(Object.entries(saved));
    },
  };
}

function pluginLogger(log: Log): PluginLogger {
  const put =
    (write: (fields: LogFields, sentence: string) => void) =>
    (message: string, ...more: unknown[]) =>
      write(more.length ? { more } : {}, message);
  return { debug: put(log.debug), info: put(log.info), warn: put(log.warn), error: put(log.error) };
}
