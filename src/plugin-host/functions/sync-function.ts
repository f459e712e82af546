// Functions in a worker, called as if they were here: the main thread waits for each answer, at most a second. Slower by the way there and
// back (tens of µs), but an endless loop or a leak ends only the worker. Chosen by the plugin: `export const worker = true`.
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { GatewayError } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { FunctionContext } from '../../contract/context.ts';
import type { FunctionAnswer, FunctionCall, FunctionStart } from '../worker/function-entry.ts';
import type { ModuleText } from '../worker/load-module.ts';
import type { ModuleUrls } from '../worker/module-urls.ts';
import type { PluginFunction } from './inline-function.ts';

export interface SyncFunctions {
  /** What stands for an exported symbol: a factory, or one object when the plugin exports an instance. */
  exportedAs(symbol: string, singleton: boolean): unknown;
  close(): Promise<void>;
}

export interface SyncFunctionsOptions {
  plugin: string;
  version: string;
  text: ModuleText;
  urls: ModuleUrls;
  rootPath: string;
  log: Log;
  maxHeapMb: number;
  /** The worker did not answer and was ended; the next call starts a new one. */
  onDeath(reason: string): void;
}

/** Below the watchdog's limit for functions in the main thread, which would end the process. */
const ANSWER_LIMIT_MS = 1_000;
/** The first call waits for the worker's start and the file's evaluation too. */
const START_LIMIT_MS = 1_200;

interface Running {
  worker: Worker;
  port: MessageChannel['port1'];
  answered: Int32Array;
  fresh: boolean;
}

export function createSyncFunctions(o: SyncFunctionsOptions): SyncFunctions {
  let running: Running | undefined;
  let generation = 0;
  let calls = 0;
  let ids = 0;

  const start = (): Running => {
    const { port1, port2 } = new MessageChannel();
    const memory = new SharedArrayBuffer(4);
    const data: FunctionStart = {
      text: o.text,
      plugin: o.plugin,
      modules: { loader: o.urls.of('load-module'), instance: o.urls.of('make-instance'), kit: o.urls.of('kit') },
      port: port2,
      answered: memory,
      rootPath: o.rootPath,
    };
    const worker = new Worker(new URL(o.urls.of('function-entry')), {
      workerData: data,
      transferList: [port2],
      name: o.plugin,
      resourceLimits: { maxOldGenerationSizeMb: o.maxHeapMb, maxYoungGenerationSizeMb: 16, stackSizeMb: 2 },
    });
    worker.on('error', (error) => kill(worker, (error as Error).message));
    worker.unref();
    port1.unref();
    generation++;
    return { worker, port: port1, answered: new Int32Array(memory), fresh: true };
  };

  const kill = (worker: Worker, reason: string) => {
    if (running?.worker !== worker) return;
    running.port.close();
    running = undefined;
    void worker.terminate();
    o.log.error({ code: 'PLUGIN_STALLED', plugin: o.plugin, version: o.version, reason }, 'The worker of a plugin was ended.');
    o.onDeath(reason);
  };

  const call = (c: Omit<FunctionCall, 'number'>): FunctionAnswer => {
    const r = (running ??= start());
    const number = ++calls | 0 || ++calls;
    const before = Atomics.load(r.answered, 0);
    const limitMs = r.fresh ? START_LIMIT_MS : ANSWER_LIMIT_MS;
    r.port.postMessage({ ...c, number } satisfies FunctionCall);
    if (Atomics.wait(r.answered, 0, before, limitMs) === 'timed-out') {
      const problem = `a call did not return within ${limitMs / 1000} s (an endless loop, or no memory left?)`;
      kill(r.worker, problem);
      throw new GatewayError('PLUGIN_STALLED', { plugin: o.plugin, problem });
    }
    r.fresh = false;
    const answer = receiveMessageOnPort(r.port)?.message as FunctionAnswer;
    for (const { level, text } of answer.said) o.log[level]({ plugin: o.plugin, text }, 'Plugin says.');
    return answer;
  };

  const create = (symbol: string): PluginFunction => {
    const id = ++ids;
    let introduced = -1;
    const simple = (method: 'validate' | 'isAggregate', args: unknown): unknown => {
      const a = call({ id, symbol, method, args });
      if (a.error !== undefined) throw new Error(a.error);
      return a.value;
    };
    return {
      validate: (args) => void simple('validate', args),
      isAggregate: () => simple('isAggregate', undefined) === true,
      exec(args, ctx) {
        running ??= start();
        const info = introduced === generation ? {} : { info: infoOf(ctx) };
        introduced = generation;
        const answer = call({ id, symbol, method: 'exec', args, ...info });
        for (const [key, value, has] of answer.changes) {
          if (has) ctx.putState(key, value);
          else ctx.deleteState(key);
        }
        if (answer.error !== undefined) throw new Error(answer.error);
        return answer.value;
      },
    };
  };

  return {
    exportedAs: (symbol, singleton) => (singleton ? create(symbol) : () => create(symbol)),
    async close() {
      const r = running;
      running = undefined;
      r?.port.close();
      await r?.worker.terminate();
    },
  };
}

const infoOf = (ctx: FunctionContext): NonNullable<FunctionCall['info']> => ({
  ruleId: ctx.getRuleId(),
  opId: ctx.getOpId(),
  state: (ctx as { entries?: () => [string, unknown][] }).entries?.() ?? [],
});
