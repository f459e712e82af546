// Messages between the main thread (plugin-worker.ts) and the worker of a source or sink plugin (entry.ts). Types only.
import type { ModuleText } from './load-module.ts';

export interface WorkerStart {
  text: ModuleText;
  /** Shown in errors. */
  plugin: string;
  /** `data:` URLs of the helper modules. */
  modules: { loader: string; instance: string; kit: string; calls: string; intrinsics?: string };
  /** Beats while the worker's event loop turns. */
  beat: SharedArrayBuffer;
  /** Symbols that may be used. */
  symbols: { main: string; lookup: string };
}

/** What a symbol offers. */
export interface SymbolFacts {
  singleton: boolean;
  methods: string[];
  /** Arguments that its constructor cannot do without. */
  constructorArgs: number;
  /** What else it has. */
  otherMethods: string[];
  /** Those of them that are declared async. */
  asyncMethods: string[];
}

export interface InstanceInfo {
  ruleId: string;
  opId: string;
  instanceId: number;
  rootPath: string;
  state: [string, unknown][];
}

export interface PlainError {
  message: string;
  name: string;
  stack: string | undefined;
  code: unknown;
  retriable: boolean | undefined;
}

export type ToWorker =
  | { t: 'call'; call: number; id: number; method: string; args: unknown[] }
  /** Rows that the gateway has taken over. */
  | { t: 'credit'; id: number; rows: number }
  /** Confirmed messages, by their numbers. */
  | { t: 'acked'; id: number; numbers: number[] }
  /** Calls of functions, carried out in order. */
  | { t: 'exec'; batch: number; calls: readonly { id: number; args: unknown[] }[] };

/** Of one call of a function. */
export type CallResult = { value: unknown } | { error: string; stack: string | undefined };

export interface Emitted {
  id: number;
  data: unknown[];
  /** As long as `data`, or undefined when none has any. */
  metas: unknown[] | undefined;
  /** Numbers of the messages that want a confirmation; 0 = none. */
  acks: number[] | undefined;
  rows: number;
  offset: unknown;
}

/** What a plugin file turned out to be. */
export interface WorkerFacts {
  main: SymbolFacts | undefined;
  lookup: SymbolFacts | undefined;
  exports: string[];
  /** Exports that have exec(). */
  functions: string[];
  /** Exports that are one object for all rules. */
  singletons: string[];
  /** The plugin wants its functions in a worker. */
  worker: boolean;
  /** What it changed of all code's common ground while it was loaded, e.g. `JSON.parse`; looked at only with `tryOut`. */
  tampers: string[];
  /** Contract that it was written for, when it says so. */
  apiVersion?: string;
  /** What the helpers of the kit told: `defineSource({ doc, options, … })`. */
  doc: string;
  options: Record<string, unknown>[];
}

export type FromWorker =
  /** The worker itself stands; the file's own code comes now. */
  | { t: 'loading' }
  | { t: 'ready'; facts: WorkerFacts }
  | { t: 'broken'; error: PlainError }
  | { t: 'done'; call: number; value: unknown }
  | { t: 'failed'; call: number; error: PlainError }
  | { t: 'emit'; batch: Emitted }
  | { t: 'lost'; id: number; error: PlainError }
  | { t: 'state'; id: number; changes: [key: string, value: unknown, has: boolean][] }
  | { t: 'log'; id: number; level: 'debug' | 'info' | 'warn' | 'error'; message: string; more: unknown[] }
  | { t: 'late'; error: PlainError }
  /** Results of calls from number `from` on, and what they changed in the states of their places. */
  | {
      t: 'results';
      batch: number;
      from: number;
      results: CallResult[];
      changes: [id: number, key: string, value: unknown, has: boolean][];
    };
