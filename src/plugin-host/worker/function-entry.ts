// The worker of a function plugin that was moved out of the main thread (`export const worker = true`). The main thread waits for each
// answer, so calls come one at a time. Imports nothing of ours but types. Started by sync-function.ts.
import { format } from 'node:util';
import { type MessagePort, workerData } from 'node:worker_threads';
import type * as Loader from './load-module.ts';
import type { ModuleText } from './load-module.ts';
import type * as Instances from './make-instance.ts';

export interface FunctionStart {
  text: ModuleText;
  plugin: string;
  modules: { loader: string; instance: string; kit: string };
  port: MessagePort;
  /** Number of the last answer. */
  answered: SharedArrayBuffer;
  rootPath: string;
}

export interface FunctionCall {
  number: number;
  id: number;
  symbol: string;
  method: 'isAggregate' | 'validate' | 'exec';
  args: unknown;
  /** With the first exec of an instance: its place and its state. */
  info?: { ruleId: string; opId: string; state: [string, unknown][] };
}

export interface FunctionAnswer {
  value?: unknown;
  error?: string;
  changes: [key: string, value: unknown, has: boolean][];
  said: { level: 'debug' | 'info' | 'warn' | 'error'; text: string }[];
}

type Anything = Record<string, any>;

const start = workerData as FunctionStart;
const { createModuleLoader } = (await import(start.modules.loader)) as typeof Loader;
const { makeInstance } = (await import(start.modules.instance)) as typeof Instances;
const answered = new Int32Array(start.answered);
const refuse = (what: string) => () => {
  throw new Error(`plugin ${start.plugin} called ${what}, which is refused`);
};
process.exit = refuse('process.exit') as typeof process.exit;
process.abort = refuse('process.abort') as typeof process.abort;
process.kill = refuse('process.kill') as typeof process.kill;

let said: FunctionAnswer['said'] = [];
const say =
  (level: FunctionAnswer['said'][number]['level']) =>
  (...args: unknown[]) =>
    void said.push({ level, text: format(...args) });
Object.assign(console, { debug: say('debug'), log: say('info'), info: say('info'), warn: say('warn'), error: say('error') });
// told with the next answer: nobody listens in between
process.on('uncaughtException', (error) => say('error')('late error:', error));
process.on('unhandledRejection', (error) => say('error')('late error:', error));

const module = await createModuleLoader(() => start.modules.kit).load(start.text);
const inner = module['default'];
const symbols: Record<string, unknown> = typeof inner === 'object' && inner !== null ? { ...inner, ...module } : { ...module };
const instances = new Map<number, Anything>();
const contexts = new Map<number, Anything>();
let changes: FunctionAnswer['changes'] = [];

function contextOf(info: NonNullable<FunctionCall['info']>): Anything {
  const state = new Map(info.state);
  const put = (key: string, value: unknown) => {
    const kept = structuredClone(value);
    state.set(key, kept);
    changes.push([key, kept, true]);
  };
  return {
    getLogger: () => ({ debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') }),
    getRuleId: () => info.ruleId,
    getOpId: () => info.opId,
    getInstanceId: () => 0,
    getRootPath: () => start.rootPath,
    signal: new AbortController().signal,
    putState: put,
    getState: (key: string) => state.get(key),
    deleteState(key: string) {
      state.delete(key);
      changes.push([key, undefined, false]);
    },
    incrCounter: (key: string, amount: number) => put(key, Number(state.get(key) ?? 0) + Number(amount)),
    getCounter: (key: string) => Number(state.get(key) ?? 0),
  };
}

function run(c: FunctionCall): unknown {
  let instance = instances.get(c.id);
  if (!instance) instances.set(c.id, (instance = makeInstance(symbols[c.symbol]) as Anything));
  if (c.info) contexts.set(c.id, contextOf(c.info));
  if (c.method !== 'exec') return instance[c.method]?.(c.args);
  const value: unknown = instance['exec'](c.args, contexts.get(c.id));
  if (typeof (value as { then?: unknown } | null | undefined)?.then === 'function')
    throw new Error('exec returned a promise; it must return the value itself');
  return value;
}

start.port.on('message', (c: FunctionCall) => {
  let answer: FunctionAnswer;
  try {
    answer = { value: run(c), changes, said };
  } catch (error) {
    answer = { error: (error as Error | undefined)?.message ?? String(error), changes, said };
  }
  changes = [];
  said = [];
  try {
    start.port.postMessage(answer);
  } catch (error) {
    start.port.postMessage({ error: `the result cannot be handed over: ${String(error)}`, changes: [], said: [] });
  }
  Atomics.store(answered, 0, c.number);
  Atomics.notify(answered, 0);
});
