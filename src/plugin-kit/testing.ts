// Test harness for plugins: `@kuiper-gateway/plugin/testing`. A fake context with state and log, a virtual clock for timers, and everything that
// was emitted. Values cross the border as in the gateway: what cannot be copied to it is refused here too. Runs below node:test and vitest.
import { mock } from 'node:test';
import type {
  ArgFact,
  Argument,
  FunctionPlugin,
  LookupPlugin,
  Meta,
  PluginContext,
  Props,
  Row,
  SinkPlugin,
  SourcePlugin,
} from './types.ts';

export interface LogLine {
  level: 'debug' | 'info' | 'warn' | 'error';
  message: string;
  more: readonly unknown[];
}

export interface FakeContext extends PluginContext {
  /** What the plugin logged. */
  readonly logs: readonly LogLine[];
  /** A copy of the state, by key. */
  readonly state: Readonly<Record<string, unknown>>;
  /** Aborts `signal`, as closing does. */
  abort(): void;
}

export interface FakeContextOptions {
  ruleId?: string;
  opId?: string;
  instanceId?: number;
  /** Folder that stands for `/opt/kuiper`. */
  rootPath?: string;
  /** State as an earlier run left it. */
  state?: Readonly<Record<string, unknown>>;
}

export function fakeContext(options: FakeContextOptions = {}): FakeContext {
  const state = new Map<string, unknown>(Object.entries(options.state ?? {}));
  const logs: LogLine[] = [];
  const controller = new AbortController();
  const log =
    (level: LogLine['level']) =>
    (message: string, ...more: unknown[]) =>
      void logs.push({ level, message: String(message), more });
  const logger = { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
  return {
    logs,
    get state() {
      return Object.fromEntries(state);
    },
    abort: () => controller.abort(),
    getLogger: () => logger,
    getRuleId: () => options.ruleId ?? 'test',
    getOpId: () => options.opId ?? 'op',
    getInstanceId: () => options.instanceId ?? 0,
    getRootPath: () => options.rootPath ?? process.cwd(),
    signal: controller.signal,
    // a copy, as a checkpoint makes one; throws for what cannot be kept
    putState: (key, value) => void state.set(String(key), structuredClone(value)),
    getState: (key) => state.get(key),
    deleteState: (key) => void state.delete(key),
    incrCounter(key, amount) {
      if (!Number.isFinite(Number(amount))) throw new TypeError(`counter "${key}": ${String(amount)} is not a number`);
      state.set(String(key), Number(state.get(key) ?? 0) + Number(amount));
    },
    getCounter: (key) => Number(state.get(key) ?? 0),
  };
}

export interface VirtualClock {
  /** Epoch ms of the virtual time. */
  now(): number;
  /** Moves time on; timers that are due run in order, and promises that follow from them are awaited. */
  advance(ms: number): Promise<void>;
  /** Gives the real timers back. Called by `using`, too. */
  restore(): void;
  [Symbol.dispose](): void;
}

// taken before anything is replaced
const realImmediate = setImmediate;
const turn = () => new Promise<void>((resolve) => realImmediate(resolve));
/** Longest step: a promise that sets a new timer is seen after each. */
const STEP_MS = 10;

/** Replaces setTimeout, setInterval and Date until `restore`. Only one at a time. */
export function virtualClock(startAtMs = 0): VirtualClock {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: startAtMs });
  const restore = () => mock.timers.reset();
  return {
    now: () => Date.now(),
    async advance(ms) {
      for (let left = ms; left > 0; left -= STEP_MS) {
        mock.timers.tick(Math.min(left, STEP_MS));
        await turn();
      }
    },
    restore,
    [Symbol.dispose]: restore,
  };
}

type Exported<T> = T | (() => T) | (new () => T);

/** An instance as the gateway makes it: classes and factories without arguments, objects as they are. */
export function instanceOf<T extends object>(exported: Exported<T>): T {
  if (typeof exported !== 'function') return exported;
  return (exported as { prototype?: unknown }).prototype === undefined
    ? (exported as () => T)()
    : Reflect.construct(exported as new () => T, []);
}

/** Facts of arguments as the planner has them: literals for values, columns for the rest. */
export function argFacts(...args: readonly (string | number | boolean | { column: string })[]): ArgFact[] {
  return args.map((a) =>
    typeof a === 'object'
      ? { text: a.column, node: 'column', literal: false, type: 'unknown' }
      : {
          text: typeof a === 'string' ? `"${a}"` : String(a),
          node: typeof a === 'string' ? 'string' : typeof a === 'boolean' ? 'bool' : Number.isInteger(a) ? 'int' : 'float',
          literal: true,
          value: a,
          type: typeof a,
        },
  );
}

export interface FunctionTest {
  readonly ctx: FakeContext;
  /** One row. @throws what exec throws, and for a promise, which the gateway refuses */
  exec(...args: readonly Argument[]): unknown;
  /** @throws as the rule would be refused */
  validate(args: readonly ArgFact[]): void;
  readonly aggregate: boolean;
}

export function testFunction(exported: Exported<FunctionPlugin>, options: FakeContextOptions = {}): FunctionTest {
  const plugin = instanceOf(exported);
  const ctx = fakeContext(options);
  return {
    ctx,
    exec(...args) {
      const result = plugin.exec(args, ctx);
      if (typeof (result as { then?: unknown } | null | undefined)?.then === 'function')
        throw new TypeError('exec returned a promise; it must return the value itself');
      return result;
    },
    validate: (args) => plugin.validate?.(args),
    aggregate: plugin.isAggregate?.() === true,
  };
}

export interface Emitted {
  /** One row or bytes; a list that was emitted at once is one entry for each row. */
  data: Row | Uint8Array | string;
  meta: Meta | undefined;
  /** True when the plugin asked for a confirmation that `confirm` has not given yet. */
  readonly waiting: boolean;
}

export interface SourceTest {
  readonly ctx: FakeContext;
  readonly emitted: readonly Emitted[];
  /** The rows among them. */
  readonly rows: readonly Row[];
  /** Errors given to `fail`. */
  readonly failures: readonly Error[];
  open(): Promise<void>;
  pull(): Promise<void>;
  close(): Promise<void>;
  /** Confirms everything so far, as the gateway does when it is delivered. */
  confirm(): void;
  /** While held, `await emit(…)` waits, as when the gateway is behind. */
  hold(): void;
  release(): void;
}

export interface ComponentOptions extends FakeContextOptions {
  datasource?: string;
  props?: Props;
}

/** Makes, configures and drives a source. @throws what configure throws */
export async function testSource(exported: Exported<SourcePlugin>, options: ComponentOptions = {}): Promise<SourceTest> {
  const plugin = instanceOf(exported);
  const ctx = fakeContext(options);
  const emitted: (Emitted & { ack: (() => void) | undefined })[] = [];
  const failures: Error[] = [];
  let gate: { promise: Promise<void>; open(): void } | undefined;
  await plugin.configure?.(options.datasource ?? 'test', options.props ?? {});
  const emit = (data: unknown, meta?: Meta, ack?: () => void): void | Promise<void> => {
    const items: unknown[] = Array.isArray(data) ? data : [data];
    for (const item of items) {
      const isBytes = typeof item === 'string' || item instanceof Uint8Array;
      if (!isBytes && (typeof item !== 'object' || item === null || Array.isArray(item)))
        throw new TypeError(`emit takes a row (an object), a list of rows, or bytes, but got ${item === null ? 'null' : typeof item}`);
      // throws for what cannot be handed over (functions, sockets)
      const copy = structuredClone(item) as Row;
      const entry = {
        data: copy,
        meta,
        ack,
        get waiting() {
          return entry.ack !== undefined;
        },
      };
      emitted.push(entry);
      ack = undefined;
    }
    return gate?.promise;
  };
  return {
    ctx,
    emitted,
    get rows() {
      return emitted.flatMap(({ data }) => (typeof data === 'string' || data instanceof Uint8Array ? [] : [data]));
    },
    failures,
    async open() {
      await plugin.open?.(ctx, emit, (error) => void failures.push(error));
    },
    async pull() {
      await plugin.pull?.(ctx, emit);
    },
    async close() {
      ctx.abort();
      await plugin.close?.(ctx, 'stopped');
    },
    confirm() {
      for (const e of emitted) {
        const { ack } = e;
        e.ack = undefined;
        ack?.();
      }
    },
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate ??= { promise, open: resolve };
    },
    release() {
      gate?.open();
      gate = undefined;
    },
  };
}

export interface SinkTest {
  readonly ctx: FakeContext;
  open(): Promise<void>;
  /** @throws what collect throws: the gateway tries again, unless the error has `retriable = false` */
  collect(data: Row | Row[]): Promise<void>;
  close(): Promise<void>;
}

/** Makes, configures and drives a sink. @throws what configure throws */
export async function testSink(exported: Exported<SinkPlugin>, options: ComponentOptions = {}): Promise<SinkTest> {
  const plugin = instanceOf(exported);
  const ctx = fakeContext(options);
  await plugin.configure?.(options.props ?? {});
  return {
    ctx,
    async open() {
      await plugin.open?.(ctx);
    },
    async collect(data) {
      await plugin.collect(ctx, data);
    },
    async close() {
      ctx.abort();
      await plugin.close?.(ctx);
    },
  };
}

export interface LookupTest {
  readonly ctx: FakeContext;
  lookup(keys: Readonly<Record<string, Row[string]>>, fields?: readonly string[]): Promise<Row[]>;
  close(): Promise<void>;
}

export async function testLookup(exported: Exported<LookupPlugin>, options: ComponentOptions = {}): Promise<LookupTest> {
  const plugin = instanceOf(exported);
  const ctx = fakeContext(options);
  await plugin.configure?.(options.datasource ?? 'test', options.props ?? {});
  await plugin.open?.(ctx);
  return {
    ctx,
    lookup: async (keys, fields = []) => plugin.lookup(ctx, fields, Object.keys(keys), Object.values(keys)),
    async close() {
      ctx.abort();
      await plugin.close?.(ctx);
    },
  };
}
