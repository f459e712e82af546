// The main thread's side of a source or sink plugin: starts the worker when it is needed, carries calls across, watches that it lives, and
// ends it when nobody uses it. One per version of a plugin file. Used by remote-instance.ts.
import type { Clock, TimerHandle } from '../../base/clock.ts';
import { GatewayError } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import { placeOfError } from '../files/place-of-error.ts';
import type { ModuleText } from '../worker/load-module.ts';
import type { CallResult, Emitted, FromWorker, PlainError, ToWorker, WorkerFacts } from '../worker/protocol.ts';
import type { LaunchThread, Thread } from './thread.ts';

/** What a worker tells one instance. */
export interface InstanceListener {
  emitted(batch: Emitted): void;
  lost(error: Error): void;
  state(changes: [key: string, value: unknown, has: boolean][]): void;
}

/** Results of calls of functions. */
export type OnResults = (
  batch: number,
  from: number,
  results: readonly CallResult[],
  changes: readonly [id: number, key: string, value: unknown, has: boolean][],
) => void;

export interface PluginWorkerOptions {
  plugin: string;
  version: string;
  text: ModuleText;
  symbols: { main: string; lookup: string };
  /** Where its code runs. */
  launch: LaunchThread;
  clock: Clock;
  log: Log;
  /** A function plugin is tried before it is loaded into the main thread. */
  tryOut?: boolean;
  /** An uncaught error in it; the worker goes on. */
  onLateError(message: string): void;
  /** It hung or ran out of memory and was ended; instances were told. */
  onDeath(reason: string, innocent?: boolean): void;
  onResults?: OnResults;
}

export interface PluginWorker {
  /** Loads the file. @throws what is wrong with the plugin, PLUGIN_LOAD or PLUGIN_STALLED */
  start(): Promise<WorkerFacts>;
  readonly facts: WorkerFacts | undefined;
  /** @returns number of the instance */
  attach(listener: InstanceListener): number;
  detach(id: number): void;
  call(id: number, method: string, args: unknown[]): Promise<unknown>;
  post(message: ToWorker): void;
  readonly instances: number;
  /** Ends it as hung; instances are told, and the next use starts a new one. */
  kill(reason: string): void;
  close(): Promise<void>;
}

/** Loading is evaluation of one file; longer means that it hangs. A board on which the worker alone needs long gets more, in proportion. */
const LOAD_LIMIT_MS = 5_000;
const LOAD_LIMIT_BOOTS = 20;
/** The worker itself, before the plugin's code: Node's and ours. */
const BOOT_LIMIT_MS = 60_000;
/** An unused worker stays a moment: rules are checked first and started then. */
const LINGER_MS = 5_000;
/** After a load that nobody has asked for yet: at a start with many plugins their workers must not all stand at once. */
const LINGER_LOADED_MS = 300;

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

export function createPluginWorker(o: PluginWorkerOptions): PluginWorker {
  const listeners = new Map<number, InstanceListener>();
  const waiting = new Map<number, Waiting>();
  let worker: Thread | undefined;
  let starting: Promise<WorkerFacts> | undefined;
  let facts: WorkerFacts | undefined;
  let linger: TimerHandle | undefined;
  let ids = 0;
  let calls = 0;
  let closed = false;

  const dead = (reason: string) => {
    const error = new GatewayError('PLUGIN_STALLED', { plugin: o.plugin, problem: reason });
    worker = undefined;
    starting = undefined;
    for (const w of [...waiting.values()]) w.reject(error);
    waiting.clear();
    const told = [...listeners.values()];
    listeners.clear();
    for (const l of told) l.lost(error);
  };

  const kill = (w: Thread, reason: string, innocent = false) => {
    if (worker !== w) return;
    dead(reason);
    void w.end();
    o.log.error({ code: 'PLUGIN_STALLED', plugin: o.plugin, version: o.version, reason }, 'The worker of a plugin was ended.');
    o.onDeath(reason, innocent);
  };

  const placedText = (error: PlainError): string => {
    const place = placeOfError(error, o.text.path);
    return place === undefined ? error.message : `${error.message} (${place})`;
  };

  const onMessage = (m: FromWorker) => {
    switch (m.t) {
      case 'done':
        waiting.get(m.call)?.resolve(m.value);
        waiting.delete(m.call);
        break;
      case 'failed':
        // for the plugin's own log; what the runtime does about it, it reports itself
        o.log.debug({ plugin: o.plugin, error: placedText(m.error) }, 'A call of the plugin failed.');
        waiting.get(m.call)?.reject(errorOf(m.error));
        waiting.delete(m.call);
        break;
      case 'emit':
        listeners.get(m.batch.id)?.emitted(m.batch);
        break;
      case 'lost':
        listeners.get(m.id)?.lost(errorOf(m.error));
        break;
      case 'state':
        listeners.get(m.id)?.state(m.changes);
        break;
      case 'results':
        o.onResults?.(m.batch, m.from, m.results, m.changes);
        break;
      case 'log':
        o.log[m.level]({ plugin: o.plugin, text: m.message, ...(m.more.length ? { more: m.more } : {}) }, 'Plugin says.');
        break;
      case 'late':
        o.log.error(
          { code: 'PLUGIN_CALL', plugin: o.plugin, version: o.version, error: placedText(m.error), stack: m.error.stack },
          'A plugin failed outside a call; it keeps running.',
        );
        o.onLateError(m.error.message);
        break;
    }
  };

  const startWorker = (): Promise<WorkerFacts> =>
    new Promise((resolve, reject) => {
      const bootedAtMs = performance.now();
      const within = (limitMs: number) =>
        o.clock.setTimer(limitMs, () => {
          reject(
            new GatewayError('PLUGIN_STALLED', { plugin: o.plugin, problem: `loading took more than ${Math.round(limitMs / 1000)} s` }),
          );
          kill(w, 'loading did not end');
        });
      let limit = within(BOOT_LIMIT_MS);
      const w = o.launch(
        { plugin: o.plugin, text: o.text, symbols: o.symbols, tryOut: o.tryOut === true },
        {
          message(m) {
            if (worker !== w) return;
            if (m.t === 'loading') {
              o.clock.clear(limit);
              limit = within(Math.max(LOAD_LIMIT_MS, LOAD_LIMIT_BOOTS * (performance.now() - bootedAtMs)));
            } else if (m.t === 'ready') {
              o.clock.clear(limit);
              facts = m.facts;
              resolve(facts);
            } else if (m.t === 'broken') {
              o.clock.clear(limit);
              reject(errorOf(m.error));
            } else onMessage(m);
          },
          ended(reason, error, innocent) {
            o.clock.clear(limit);
            reject(error instanceof Error ? error : new GatewayError('PLUGIN_STALLED', { plugin: o.plugin, problem: reason }));
            kill(w, reason, innocent);
          },
        },
      );
      worker = w;
    });

  const restLater = (afterMs = LINGER_MS) => {
    o.clock.clear(linger);
    linger = o.clock.setTimer(afterMs, () => {
      if (listeners.size > 0 || waiting.size > 0) return;
      const w = worker;
      worker = undefined;
      starting = undefined;
      void w?.end();
    });
  };

  const start = () => {
    if (closed) return Promise.reject(new GatewayError('PLUGIN_STALLED', { plugin: o.plugin, problem: 'this version was replaced' }));
    return (starting ??= startWorker().then(
      (f) => {
        if (listeners.size === 0) restLater(LINGER_LOADED_MS);
        return f;
      },
      (error: unknown) => {
        starting = undefined;
        const w = worker;
        worker = undefined;
        void w?.end();
        throw error;
      },
    ));
  };

  return {
    start,
    get facts() {
      return facts;
    },
    attach(listener) {
      o.clock.clear(linger);
      const id = ++ids;
      listeners.set(id, listener);
      return id;
    },
    detach(id) {
      if (!listeners.delete(id)) return;
      if (worker) worker.post({ t: 'call', call: 0, id, method: 'drop', args: [] } satisfies ToWorker);
      if (listeners.size === 0) restLater();
    },
    async call(id, method, args) {
      await start();
      if (!worker) throw new GatewayError('PLUGIN_STALLED', { plugin: o.plugin, problem: 'its worker has ended' });
      const call = ++calls;
      const target = worker;
      return new Promise((resolve, reject) => {
        waiting.set(call, { resolve, reject });
        try {
          target.post({ t: 'call', call, id, method, args } satisfies ToWorker);
        } catch (error) {
          waiting.delete(call);
          reject(error);
        }
      });
    },
    post(message) {
      worker?.post(message);
    },
    get instances() {
      return listeners.size;
    },
    kill(reason) {
      if (worker) kill(worker, reason);
    },
    async close() {
      closed = true;
      o.clock.clear(linger);
      const w = worker;
      if (w) dead('this version was replaced');
      await w?.end();
    },
  };
}

/** An error of the plugin in this thread: its own text, code and wish to be tried again. */
function errorOf(p: PlainError): Error {
  const error = new Error(p.message) as Error & { code?: unknown; retriable?: boolean };
  error.name = p.name;
  if (p.stack !== undefined) error.stack = p.stack;
  if (p.code !== undefined) error.code = p.code;
  if (p.retriable !== undefined) error.retriable = p.retriable;
  return error;
}
