// The worker of one source or sink plugin: loads the file, makes instances and carries out calls. Runs alone in its thread; types are
// stripped by plugin-worker.ts, which starts it. Imports nothing of ours but types. Rows travel in batches.
import { format } from 'node:util';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type * as Calls from './calls.ts';
import type * as Intrinsics from './intrinsics.ts';
import type * as Loader from './load-module.ts';
import type * as Instances from './make-instance.ts';
import type { Emitted, FromWorker, InstanceInfo, PlainError, SymbolFacts, ToWorker, WorkerFacts, WorkerStart } from './protocol.ts';

type Anything = Record<string, any>;
type Port = Pick<MessagePort, 'postMessage' | 'on'>;
interface Item {
  id: number;
  object: Anything;
  context: Anything | undefined;
  controller: AbortController | undefined;
  /** Rows that may still be sent before the gateway has taken some over. */
  credit: number;
  resume: (() => void) | undefined;
  resumed: Promise<void> | undefined;
  batch: Emitted | undefined;
  acks: Map<number, () => void>;
  changes: Map<string, { value: unknown; has: boolean }>;
  /** collect calls run one after the other. */
  tail: Promise<unknown>;
}

/** Rows on the way to the gateway at which a source is asked to wait. */
const CREDIT_ROWS = 8192;
const BATCH_ROWS = 512;
const BEAT_MS = 250;
const METHODS = ['configure', 'open', 'close', 'pull', 'collect', 'lookup', 'offset', 'rewind', 'exec', 'validate', 'isAggregate'];

/** Set by the plugin host when the plugin runs alone in its main thread (pen.ts). */
const pen = (globalThis as Record<symbol, unknown>)[Symbol.for('kuiper.pen')] as { port: Port; start: WorkerStart } | undefined;
const port: Port = pen?.port ?? parentPort!;
const start = pen?.start ?? (workerData as WorkerStart);
const { createModuleLoader } = (await import(start.modules.loader)) as typeof Loader;
const { isConstructor, makeInstance } = (await import(start.modules.instance)) as typeof Instances;
const beat = new Int32Array(start.beat);
const send = (m: FromWorker) => port.postMessage(m);
const plain = (error: unknown): PlainError => {
  try {
    return plainly(error);
  } catch {
    // a getter of it throws, or it is a revoked proxy
    return { message: 'an error that cannot be read', name: 'Error', stack: undefined, code: undefined, retriable: undefined };
  }
};
const plainly = (error: unknown): PlainError => {
  const e = (typeof error === 'object' && error !== null ? error : {}) as Partial<PlainError>;
  const text = e.message === undefined ? String(error) : String(e.message);
  const stack = typeof e.stack === 'string' ? e.stack : undefined;
  const retriable = typeof e.retriable === 'boolean' ? e.retriable : undefined;
  return { message: text, name: String(e.name ?? 'Error'), stack, code: plainCode(e.code), retriable };
};
const plainCode = (code: unknown) => (typeof code === 'string' || typeof code === 'number' ? code : undefined);

// a plugin must end neither the gateway nor its worker
const refuse = (what: string) => () => {
  throw new Error(`plugin ${start.plugin} called ${what}, which is refused`);
};
process.exit = refuse('process.exit') as typeof process.exit;
process.abort = refuse('process.abort') as typeof process.abort;
process.kill = refuse('process.kill') as typeof process.kill;
process.on('uncaughtException', (error) => send({ t: 'late', error: plain(error) }));
process.on('unhandledRejection', (error) => send({ t: 'late', error: plain(error) }));
for (const level of ['debug', 'info', 'log', 'warn', 'error'] as const)
  console[level] = (...args: unknown[]) =>
    send({ t: 'log', id: 0, level: level === 'log' ? 'info' : level, message: format(...args), more: [] });
setInterval(() => Atomics.add(beat, 0, 1), BEAT_MS).unref();

const items = new Map<number, Item>();
// given when a function plugin is tried: would it be safe in the main thread?
const { intrinsics } = start.modules;
const shared = intrinsics === undefined ? undefined : ((await import(intrinsics)) as typeof Intrinsics).watchIntrinsics();

const spares = new Map<string, unknown>();
let symbols: Record<string, unknown> = {};

function factsOf(exported: unknown, name: string): SymbolFacts | undefined {
  if (exported === undefined) return undefined;
  const instance = makeInstance(exported) as Anything;
  const singleton = !isConstructor(exported);
  if (!singleton) spares.set(name, instance);
  if (typeof instance !== 'object' || instance === null) throw new Error(`${name} is not an object, a class or a factory`);
  const methods = METHODS.filter((m) => typeof instance[m] === 'function');
  return {
    singleton,
    methods,
    otherMethods: otherMethodsOf(instance),
    constructorArgs: typeof exported === 'function' && exported.prototype !== undefined ? exported.length : 0,
    asyncMethods: methods.filter((m) => instance[m].constructor?.name?.endsWith('AsyncFunction') === true),
  };
}

/** Names of its other methods: a misspelt one is seen. */
function otherMethodsOf(instance: Anything): string[] {
  const names = new Set<string>();
  for (let o: object | null = instance; o !== null && o !== Object.prototype; o = Object.getPrototypeOf(o) as object | null)
    for (const [name, d] of Object.entries(Object.getOwnPropertyDescriptors(o))) if (typeof d.value === 'function') names.add(name);
  return [...names].filter((n) => n !== 'constructor' && !METHODS.includes(n));
}

/** What the define… helpers of the kit attach to an export. */
function definedOf(exported: unknown): Anything | undefined {
  const facts = typeof exported === 'function' ? (exported as { plugin?: unknown }).plugin : undefined;
  return typeof facts === 'object' && facts !== null ? (facts as Anything) : undefined;
}

function declaredFacts(): Pick<WorkerFacts, 'apiVersion' | 'doc' | 'options'> {
  const defined = [start.symbols.main, start.symbols.lookup, ...Object.keys(symbols)]
    .map((name) => definedOf(symbols[name]))
    .find((d) => d !== undefined);
  const version = symbols['apiVersion'] ?? defined?.['apiVersion'];
  return {
    ...(version === undefined ? {} : { apiVersion: String(version) }),
    doc: String(defined?.['doc'] ?? ''),
    options: Array.isArray(defined?.['options']) ? (defined['options'] as Anything[]) : [],
  };
}

/** A class or an object with exec(): one function of several in a file. */
function hasExec(name: string): boolean {
  const v = symbols[name];
  if (definedOf(v)?.['kind'] === 'function') return true;
  const shape = (typeof v === 'function' ? v.prototype : v) as { exec?: unknown } | null | undefined;
  return typeof shape?.exec === 'function';
}

async function load(): Promise<void> {
  send({ t: 'loading' });
  try {
    const module = await createModuleLoader(() => start.modules.kit).load(start.text);
    const inner = module['default'];
    symbols = typeof inner === 'object' && inner !== null ? { ...(inner as Anything), ...module } : { ...module };
    for (const name of [start.symbols.main, start.symbols.lookup]) {
      // an async factory is awaited once here; later ones with each instance
      const exported = symbols[name];
      if (isConstructor(exported) && exported.prototype === undefined) {
        const made = await makeInstance(exported);
        const once = [made];
        symbols[name] = Object.assign(() => (once.length ? once.pop() : makeInstance(exported)), { plugin: definedOf(exported) });
        spares.delete(name);
      }
    }
    const main = factsOf(symbols[start.symbols.main], start.symbols.main);
    const lookup = factsOf(symbols[start.symbols.lookup], start.symbols.lookup);
    send({
      t: 'ready',
      facts: {
        main,
        lookup,
        exports: Object.keys(symbols),
        functions: Object.keys(symbols).filter(hasExec),
        singletons: Object.keys(symbols).filter((name) => !isConstructor(symbols[name])),
        worker: symbols['worker'] === true,
        tampers: shared?.changes() ?? [],
        ...declaredFacts(),
      },
    });
  } catch (error) {
    send({ t: 'broken', error: plain(error) });
  }
}

// ------------------------------------------------------------------------------------------------------------------------- calls

async function call(id: number, method: string, args: unknown[]): Promise<unknown> {
  if (method === 'create') {
    const name = args[0] as string;
    const exported = symbols[name];
    const object = (spares.get(name) ?? (await makeInstance(exported))) as Anything;
    spares.delete(name);
    items.set(id, newItem(id, object));
    return METHODS.filter((m) => typeof object[m] === 'function');
  }
  const item = items.get(id);
  if (!item) throw new Error('the instance is closed');
  const { object } = item;
  switch (method) {
    case 'open': {
      item.controller = new AbortController();
      item.context = contextOf(item, args[0] as InstanceInfo);
      item.credit = CREDIT_ROWS;
      await object['open']?.(item.context, emitOf(item), (error: unknown) => send({ t: 'lost', id, error: plain(error) }));
      return undefined;
    }
    case 'tryExec': {
      item.controller = new AbortController();
      item.context = contextOf(item, args[0] as InstanceInfo);
      const value: unknown = object['exec'](args[1], item.context);
      return typeof (value as { then?: unknown } | null | undefined)?.then === 'function' ? 'promise' : 'value';
    }
    case 'collect': {
      const run = item.tail.then(() => object['collect'](item.context, args[0], args[1]));
      item.tail = run.catch(() => undefined);
      await run;
      return undefined;
    }
    case 'begin':
      // a place of a function's call; its state is told with its results
      item.controller?.abort();
      item.controller = new AbortController();
      item.context = contextOf(item, args[0] as InstanceInfo, true);
      return undefined;
    case 'pull':
      await object['pull'](item.context, emitOf(item));
      return undefined;
    case 'lookup':
      return object['lookup'](item.context, ...args);
    case 'close':
      item.controller?.abort();
      item.resume?.();
      try {
        await object['close']?.(item.context, args[0]);
      } finally {
        flush(item);
      }
      return undefined;
    case 'drop':
      items.delete(id);
      return undefined;
    default:
      return object[method]?.(...args);
  }
}

const runCalls = ((await import(start.modules.calls)) as typeof Calls).createCalls(items, send, plain);

port.on('message', (m: ToWorker) => {
  if (m.t === 'exec') return runCalls(m.batch, m.calls);
  if (m.t === 'credit') {
    const item = items.get(m.id);
    if (!item) return;
    item.credit += m.rows;
    if (item.credit > 0 && item.resume) {
      const go = item.resume;
      item.resume = item.resumed = undefined;
      go();
    }
    return;
  }
  if (m.t === 'acked') {
    const acks = items.get(m.id)?.acks;
    for (const n of m.numbers) {
      const ack = acks?.get(n);
      acks?.delete(n);
      ack?.();
    }
    return;
  }
  const { call: number, id, method, args } = m;
  call(id, method, args).then(
    (value) => {
      const item = items.get(id);
      if (item) flush(item);
      send({ t: 'done', call: number, value });
    },
    (error: unknown) => {
      const item = items.get(id);
      if (item) flush(item);
      send({ t: 'failed', call: number, error: plain(error) });
    },
  );
});

// ------------------------------------------------------------------------------------------------------------------------- rows

function newItem(id: number, object: Anything): Item {
  return {
    id,
    object,
    context: undefined,
    controller: undefined,
    credit: CREDIT_ROWS,
    resume: undefined,
    resumed: undefined,
    batch: undefined,
    acks: new Map(),
    changes: new Map(),
    tail: Promise.resolve(),
  };
}

let numbers = 0;

function emitOf(item: Item) {
  const later = () => flush(item);
  return (data: unknown, meta?: unknown, ack?: () => void): Promise<void> | undefined => {
    checkEmitted(data);
    let b = item.batch;
    if (b === undefined) {
      b = item.batch = { id: item.id, data: [], metas: undefined, acks: undefined, rows: 0, offset: undefined };
      setImmediate(later);
    }
    const n = b.data.push(data);
    if (meta !== undefined) {
      b.metas ??= [];
      b.metas[n - 1] = meta;
    }
    if (ack !== undefined) {
      b.acks ??= [];
      b.acks[n - 1] = ++numbers;
      item.acks.set(numbers, ack);
    }
    const rows = Array.isArray(data) ? Math.max(1, data.length) : 1;
    b.rows += rows;
    item.credit -= rows;
    if (b.rows >= BATCH_ROWS) flush(item);
    if (item.credit > 0) return undefined;
    item.resumed ??= new Promise((resolve) => {
      item.resume = resolve;
    });
    return item.resumed;
  };
}

/** Refused at the place of the call, where the author can see it. */
function checkEmitted(data: unknown): void {
  if (typeof data === 'string') return;
  const bad = (what: unknown, where: string) =>
    new TypeError(`emit takes a row (an object), a list of rows, or bytes, but got ${what === null ? 'null' : typeof what}${where}`);
  if (typeof data !== 'object' || data === null) throw bad(data, '');
  if (!Array.isArray(data)) return;
  for (const row of data as unknown[]) if (typeof row !== 'object' || row === null) throw bad(row, ' in a list');
}

function flush(item: Item): void {
  if (item.changes.size) {
    send({ t: 'state', id: item.id, changes: [...item.changes].map(([k, c]) => [k, c.value, c.has]) });
    item.changes.clear();
  }
  const b = item.batch;
  if (b === undefined) return;
  item.batch = undefined;
  try {
    b.offset = item.object['offset']?.();
    send({ t: 'emit', batch: b });
  } catch (error) {
    // something in it cannot be copied (a function, a socket): the row is refused, the others go their way
    if (b.data.length === 1) {
      send({ t: 'late', error: plain(error) });
      item.credit += b.rows;
      return;
    }
    b.data.forEach((data, i) => {
      const rows = Array.isArray(data) ? Math.max(1, data.length) : 1;
      const one = { ...b, data: [data], metas: b.metas && [b.metas[i]], acks: b.acks && [b.acks[i]!], rows };
      item.batch = one;
      flush(item);
    });
  }
}

function contextOf(item: Item, info: InstanceInfo, quiet = false): Anything {
  const state = new Map(info.state);
  const put = (key: string, value: unknown, has: boolean) => {
    if (!quiet && !item.changes.size && !item.batch) setImmediate(() => flush(item));
    item.changes.set(key, { value, has });
  };
  const log =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (message: unknown, ...more: unknown[]) =>
      send({ t: 'log', id: item.id, level, message: String(message), more: more.map(copyable) });
  return {
    getLogger: () => ({ debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') }),
    getRuleId: () => info.ruleId,
    getOpId: () => info.opId,
    getInstanceId: () => info.instanceId,
    getRootPath: () => info.rootPath,
    signal: item.controller!.signal,
    putState(key: string, value: unknown) {
      // a copy now: what is changed later is put again, and what cannot be kept is refused here
      const kept = structuredClone(value);
      state.set(key, kept);
      put(key, kept, true);
    },
    getState: (key: string) => state.get(key),
    deleteState(key: string) {
      state.delete(key);
      put(key, undefined, false);
    },
    incrCounter(key: string, amount: number) {
      const value = Number(state.get(key) ?? 0) + Number(amount);
      state.set(key, value);
      put(key, value, true);
    },
    getCounter: (key: string) => Number(state.get(key) ?? 0),
  };
}

function copyable(v: unknown): unknown {
  return typeof v === 'object' || typeof v === 'function' ? format('%o', v) : v;
}

await load();
