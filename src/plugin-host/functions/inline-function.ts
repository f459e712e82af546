// SQL functions of plugins, in the main thread for speed. Each place of a call has its own instance; when a new version takes effect, places
// get a new instance with their next row and keep their state, so rules need no restart. Hot path: `call` below.
import { GatewayError, messageOf, rowError } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import { collectedArguments, perSite } from '../../contract/collected-arguments.ts';
import type { FunctionContext, PluginLogger, StateStore } from '../../contract/context.ts';
import type { AggregateDefinition, ArgFact, CallSite, Expr, FunctionDefinition, ScalarDefinition } from '../../contract/function.ts';
import type { Tuple } from '../../data/tuple.ts';
import type { Value } from '../../data/value.ts';
import { CURRENT, type Guard, SEQUENCE, type Suspect } from '../containment/guard.ts';
import { placeOfError, shortStack } from '../files/place-of-error.ts';
import { checkedState } from '../remote/plugin-state.ts';
import { fromPlugin, toPlugin } from '../remote/plugin-values.ts';
import { isConstructor, makeInstance } from '../worker/make-instance.ts';
import { outsideDefinition, type Questions } from './outside-definition.ts';
import type { OutsidePlugin } from './outside-function.ts';

export interface PluginFunction {
  exec(args: readonly unknown[], ctx: FunctionContext): unknown;
  validate?(args: readonly unknown[]): void;
  isAggregate?(): boolean;
}

/** One function of the version in effect. */
export interface LoadedFunction {
  readonly exported: unknown;
  readonly suspect: Suspect;
  readonly aggregate: boolean;
  /** Answers validate() at plan time; the instance itself for singletons. */
  readonly checker: PluginFunction | undefined;
  /** Set for functions of contained plugins, which have neither of the two. */
  readonly outside?: { readonly plugin: OutsidePlugin; readonly validates: boolean };
}

/** A function's name, whatever version is behind it. */
export interface FunctionSlot {
  readonly name: string;
  generation: number;
  current: LoadedFunction | undefined;
  /** State of a singleton. */
  readonly state: StateStore;
  /** A place could not take the new version over; it goes on with the old one. */
  startFailed(reason: string): void;
}

export interface InlineEnv {
  guard: Guard;
  log: Log;
  rootPath: string;
  questions: Questions;
}

/** Makes and checks an instance. @throws what the constructor throws, or what is missing */
export function loadFunction(exported: unknown, symbol: string, suspect: Suspect, guard: Guard): LoadedFunction {
  return guard.run(suspect, () => {
    const checker = instanceOf(exported, symbol);
    const aggregate = checker.isAggregate?.() === true;
    return { exported, suspect, aggregate, checker };
  });
}

function instanceOf(exported: unknown, symbol: string): PluginFunction {
  const instance = makeInstance(exported) as Partial<PluginFunction> | undefined | null;
  if (typeof (instance as { then?: unknown } | undefined)?.then === 'function')
    throw new Error(`${symbol}: the factory of a function must not be async`);
  if (typeof instance?.exec !== 'function') throw new Error(`${symbol} has no method exec(args, ctx)`);
  return instance as PluginFunction;
}

/** What the planner gets. */
export function definitionOf(slot: FunctionSlot, env: InlineEnv): FunctionDefinition | undefined {
  const loaded = slot.current;
  if (!loaded) return undefined;
  const base = {
    name: slot.name,
    group: 'plugin',
    params: [{ name: 'args', type: 'any', optional: true, rest: true }] as const,
    returns: 'unknown' as const,
    keepsState: true as const,
    doc: `Function of plugin ${loaded.suspect.plugin}.`,
    examples: [],
    validate(args: readonly ArgFact[]) {
      const now = slot.current;
      const checker = now?.checker;
      if (now && checker?.validate) env.guard.run(now.suspect, () => validate(checker, args));
      if (now?.outside?.validates) env.questions.ask(now, slot.name, args);
    },
  };
  if (loaded.outside) return outsideDefinition(slot.name, loaded.outside.plugin, loaded.suspect.plugin, loaded.aggregate, base);
  return loaded.aggregate ? aggregateOf(slot, env, base) : scalarOf(slot, env, base);
}

export type Base = Pick<ScalarDefinition, 'name' | 'group' | 'params' | 'doc' | 'examples' | 'validate' | 'keepsState'> & {
  returns: 'unknown';
};

function scalarOf(slot: FunctionSlot, env: InlineEnv, base: Base): ScalarDefinition {
  return {
    ...base,
    kind: 'scalar',
    nulls: 'pass',
    pure: false,
    compile(args, site) {
      const place = new Place(slot, site, env);
      return args.length === 1 ? place.ofOne(args[0]!) : place.ofMany(args);
    },
  };
}

function aggregateOf(slot: FunctionSlot, env: InlineEnv, base: Base): AggregateDefinition<unknown[][]> {
  const place = perSite((site) => new Place(slot, site, env));
  return {
    ...base,
    kind: 'aggregate',
    ...collectedArguments,
    result(state, site) {
      return place(site).call(state.map((column) => column.map(toPlugin)));
    },
  };
}

const validate = (f: PluginFunction, args: readonly ArgFact[]): void => {
  f.validate?.(args.map((a) => ('value' in a ? { ...a, value: toPlugin(a.value) } : a)));
};

/** Calls of a new instance after which it is looked at what it changed; later looks come once a second. */
const FIRST_CALLS = 5;

/** One place of a call in one run of a rule. */
class Place {
  private readonly slot: FunctionSlot;
  private readonly site: CallSite;
  private readonly env: InlineEnv;
  private readonly cell: Int32Array;
  private readonly guard: Guard;
  private generation = -1;
  private id = 0;
  private suspect!: Suspect;
  private instance: PluginFunction | undefined;
  private context!: FunctionContext;
  private readonly own: StateStore;
  private controller = new AbortController();

  constructor(slot: FunctionSlot, site: CallSite, env: InlineEnv) {
    this.slot = slot;
    this.site = site;
    this.env = env;
    this.guard = env.guard;
    this.cell = env.guard.cell;
    this.own = checkedState(site.state ?? slot.state);
    this.renew();
  }

  ofOne(arg: Expr): Expr {
    return (t: Tuple) => this.call([toPlugin(arg(t))]);
  }

  ofMany(args: readonly Expr[]): Expr {
    const n = args.length;
    return (t: Tuple) => {
      // a new array for each call: plugins may keep it
      const values = new Array<unknown>(n);
      for (let i = 0; i < n; i++) values[i] = toPlugin(args[i]!(t));
      return this.call(values);
    };
  }

  call(values: unknown[]): Value {
    if (this.generation !== this.slot.generation) this.renew();
    const { cell, guard } = this;
    let result: unknown;
    cell[SEQUENCE] = cell[SEQUENCE]! + 1;
    cell[CURRENT] = this.id;
    try {
      result = guard.careful ? this.watched(values) : (this.instance as PluginFunction).exec(values, this.context);
    } catch (error) {
      throw this.failed(error);
    } finally {
      cell[CURRENT] = 0;
    }
    if (typeof result !== 'object') return result === undefined || typeof result === 'function' ? null : (result as Value);
    if (result !== null && typeof (result as { then?: unknown }).then === 'function') throw this.refusePromise(result as Promise<unknown>);
    return this.taken(result);
  }

  private taken(result: object | null): Value {
    try {
      return fromPlugin(result);
    } catch (error) {
      throw this.failed(error instanceof RangeError ? new Error('the result contains itself, or is too deep') : error);
    }
  }

  /** Slower: calls carry their origin, what they leave in memory is measured, and it is looked whether they change what all code shares. */
  private watched(values: unknown[]): unknown {
    const before = this.guard.short ? process.memoryUsage().heapUsed : 0;
    try {
      return this.guard.run(this.suspect, () => this.instance!.exec(values, this.context));
    } finally {
      if (this.guard.inspections > 0) {
        this.guard.inspections--;
        this.guard.lookAtIntrinsics(this.suspect);
      }
      if (this.guard.short) this.suspect.grownBytes += Math.max(0, process.memoryUsage().heapUsed - before);
    }
  }

  private failed(error: unknown): GatewayError {
    const { plugin, path } = this.suspect;
    const place = placeOfError(error, path);
    const text = place === undefined ? messageOf(error) : `${messageOf(error)} (${place})`;
    // at most one line in 10 s for a plugin and rule; the plugin's own log counts the others
    this.env.log.warn(
      {
        code: 'PLUGIN_CALL',
        plugin,
        rule: this.site.env.ruleId,
        op: this.slot.name,
        error: text,
        stack: shortStack((error as { stack?: unknown } | null)?.stack),
      },
      'A function of a plugin failed.',
    );
    return rowError(`call func ${this.slot.name} error: ${text}`);
  }

  private refusePromise(result: Promise<unknown>): GatewayError {
    const { suspect } = this;
    // the row is refused already; a rejection adds nothing
    void Promise.resolve(result).catch((error: unknown) => {
      suspect.lastError = messageOf(error);
    });
    return rowError(`call func ${this.slot.name} error: exec returned a promise; it must return the value itself`);
  }

  private renew(): void {
    const { slot, site, env } = this;
    this.generation = slot.generation;
    const next = slot.current;
    // removed: the rule is stopped in a moment; until then the old version answers
    if (!next) {
      if (!this.instance) throw new GatewayError('PLAN_UNKNOWN_FUNCTION', { text: `function ${slot.name} not found` });
      return;
    }
    try {
      const instance = env.guard.run(next.suspect, () => {
        // the rule of a function that moved outside is planned anew in a moment
        if (next.outside) throw new Error('it runs outside of the gateway now');
        const made = isConstructor(next.exported) ? instanceOf(next.exported, slot.name) : next.checker!;
        if (this.instance) validate(made, site.args);
        return made;
      });
      env.guard.inspections = Math.max(env.guard.inspections, FIRST_CALLS);
      this.controller.abort();
      this.controller = new AbortController();
      this.instance = instance;
      this.suspect = next.suspect;
      this.id = next.suspect.id;
      this.context = contextOf(
        site,
        env,
        next.suspect.plugin,
        isConstructor(next.exported) ? this.own : checkedState(slot.state),
        this.controller.signal,
      );
    } catch (error) {
      if (!this.instance) throw error;
      slot.startFailed(messageOf(error));
    }
  }
}

function contextOf(site: CallSite, env: InlineEnv, plugin: string, state: StateStore, signal: AbortSignal): FunctionContext {
  let logger: PluginLogger | undefined;
  return {
    ...state,
    getLogger: () => (logger ??= loggerOf(env.log.child({ plugin, rule: site.env.ruleId, op: site.name }))),
    getRuleId: () => site.env.ruleId,
    getOpId: () => site.name,
    getInstanceId: () => 0,
    getRootPath: () => env.rootPath,
    signal,
  };
}

function loggerOf(log: Log): PluginLogger {
  const put =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, ...more: unknown[]) =>
      log[level]({ text: String(message), ...(more.length ? { more } : {}) }, 'Plugin says.');
  return { debug: put('debug'), info: put('info'), warn: put('warn'), error: put('error') };
}
