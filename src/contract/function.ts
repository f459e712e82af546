// SQL functions as data: one file per function, compiled once per place of the call, evaluated per row. `examples` run as tests and
// become docs/functions/. Authors: copy src/functions/scalar/math/abs.ts. Next: compile/call.ts, which turns a call into a closure.
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Tuple } from '../data/tuple.ts';
import type { StaticType, Value } from '../data/value.ts';
import type { FunctionContext, StateStore } from './context.ts';

/** A compiled expression. Throws rowError for a row it cannot compute. */
export type Expr = (row: Tuple) => Value;

/** What is known of an argument when the rule is planned. */
export interface ArgFact {
  /** Text of the argument as the user wrote it (printed AST). */
  readonly text: string;
  /** AST kind: `int float string bool column call binary wildcard …` */
  readonly node: string;
  /** True for a literal; only literals are type-checked at plan time, as in eKuiper. */
  readonly literal: boolean;
  /** Value of a literal. */
  readonly value?: Value;
  readonly type: StaticType;
}

/** Services that a function may use; shared by all calls of a rule. */
export interface FunctionEnv {
  readonly clock: Clock;
  readonly log: Log;
  /** IANA name, e.g. `UTC`. */
  readonly timeZone: string;
  readonly ruleId: string;
  /** When this run of the rule began, epoch ms; the time of compilation when absent. For rule_start(). */
  readonly ruleStartAtMs?: number;
  /** Random source; tests give a seeded one. 0 ≤ x < 1 */
  random(): number;
  /** Results of the row or window under way go to the sinks so many ms later, and those of the rule's later rows after them. Missing: at once. */
  wait?(ms: number): void;
  /** KUIPER_PROPS_<NAME> values for props(). */
  property(name: string): string | undefined;
  /** There for rules that call functions outside of the gateway's process. */
  readonly outside?: OutsideCalls;
  /** Store behind get_keyed_state and friends, shared by all rules. */
  readonly keyedState: { get(key: string): Value; put(key: string, value: Value): void };
}

/** A place of a call whose function runs outside of the gateway's process. */
export interface OutsidePlace {
  readonly name: string;
  /** Asks for the value; places of one plugin are asked in order. @param done given the value or the row's error, later */
  ask(args: unknown[], done: (value: Value, error: unknown, changedState: boolean) => void): void;
}

/** How expressions of a running rule reach functions outside (exec/outside-calls.ts). */
export interface OutsideCalls {
  /** @returns the value when it is known; throws what suspends the row when it is not */
  call(place: OutsidePlace, argsOf: () => unknown[]): Value;
}

/** One place of a call in one rule. */
export interface CallSite {
  readonly name: string;
  readonly args: readonly ArgFact[];
  readonly env: FunctionEnv;
  /** SQL's own answers instead of eKuiper's: for functions that differ in a detail. */
  readonly standard?: boolean;
  /** Places of the parameters of the lambda: the function puts the values there and evaluates the argument. */
  readonly params?: readonly { value: Value }[];
  /** Set where the lambda only puts more behind its first parameter: `(all, x) -> array_concat(all, …)`. */
  readonly grows?: { readonly growth: Growth; readonly more: readonly Expr[] };
  /** State of this call, kept with the rule's checkpoint. There for definitions with `keepsState` (built-ins keep theirs in `init`). */
  readonly state?: StateStore;
  readonly context?: FunctionContext;
}

export type ParamType = 'any' | 'number' | 'int' | 'float' | 'string' | 'bool' | 'datetime' | 'array' | 'struct' | 'bytea';

export interface Param {
  name: string;
  /** Checked at plan time for literals only: `Expect number type for parameter 1`. */
  type: ParamType;
  optional?: boolean;
  /** Last parameter may repeat. */
  rest?: boolean;
  /** Must be a literal of that type. */
  literal?: boolean;
}

export const param = (name: string, type: ParamType = 'any', more: Omit<Partial<Param>, 'name' | 'type'> = {}): Param => ({
  name,
  type,
  ...more,
});

/** What null arguments do before the body runs: `null`: any null → null; `null-or-empty`: also any empty array or object → null;
 *  `false`: any null → false; `pass`: the body sees them. */
export type NullRule = 'null' | 'null-or-empty' | 'false' | 'pass';

/** `[SQL expression, expected value]`; expected may be `{ error: 'text part' }`. Rows: the expression may use columns a, b, c… of `row`. */
export type Example = readonly [sql: string, expected: Value | { error: string }, row?: Record<string, Value>];

interface FunctionBase {
  name: string;
  /** Further SQL names of the same function. */
  aliases?: readonly string[];
  group: string;
  since?: string;
  params: readonly Param[];
  /** eKuiper's message differs for some functions; throws Error with the exact text. Runs after the count and literal checks. */
  validate?(args: readonly ArgFact[]): void;
  /** eKuiper's text for a wrong number of arguments, where it is not `Expect N arguments but found M.` */
  countText?(found: number): string;
  returns: StaticType | 'same';
  /** It runs outside of the gateway's process; the name of what it shares its state and order with (its plugin). */
  outside?: string;
  /** Each place of a call has a store, `site.state`, which is saved with the rule's checkpoint when the function has written to it. */
  keepsState?: true;
  doc: string;
  examples: readonly Example[];
  /** What rules with sqlCompatibility standard get, where eKuiper's answer is not SQL's (docs/sql-differences.md). Made by `inStandard`. */
  standard?: FunctionDefinition;
  /** Not a function of eKuiper: rules with sqlCompatibility ekuiper do not know it, and a plugin's function of the name goes first. */
  onlyStandard?: true;
}

/** How a function whose result is its first argument with more behind it does so without a copy of what is there. */
export interface Growth {
  /** @returns a list of one's own with what the first argument holds  @throws rowError */
  begin(first: Value): Value[];
  /** @throws rowError */
  add(own: Value[], more: Value): void;
  /** @returns the value of the call */
  end(own: Value[]): Value;
}

export interface ScalarDefinition extends FunctionBase {
  kind: 'scalar';
  nulls: NullRule;
  /** Same arguments give the same value and there is no effect: permits constant folding and sharing. */
  pure: boolean;
  /** It takes a lambda there, with so many of these parameters; needs `compile` and `nulls: 'pass'`. Standard SQL. */
  growth?: Growth;
  lambda?: { readonly argument: number; readonly params: readonly string[]; readonly least: number };
  /** Standard SQL: the arguments have one type; ints are given as floats where one of them is known to be a float. */
  oneType?: true;
  /** Value in, value out; arguments after the null rule. */
  exec?: (...args: any[]) => Value;
  /** For functions that prepare something per call (regular expressions, formats) or are lazy. Replaces exec. */
  compile?: (args: readonly Expr[], site: CallSite) => Expr;
}

/** Aggregates are folds; the same fold serves windows that keep rows and windows that keep accumulators.
 *  `S` must be plain data (structured clone), since it is checkpointed. */
export interface AggregateDefinition<S = any> extends FunctionBase {
  kind: 'aggregate';
  init(site: CallSite): S;
  /** Folds one row's argument values into the state; returns the state (may be the same object, changed). */
  add(state: S, ...args: any[]): S;
  result(state: S, site: CallSite): Value;
  /** Throws for values that `add` does not take, and changes nothing: asked, in standard SQL, before any aggregate of the row takes it, so that a row
   *  counts for all of them or for none. Without it `add` takes everything. */
  check?(...args: any[]): void;
  /** Values that came and do not count, since most of the group's are of another kind (standard SQL): how many, and one of them as text. */
  left?(state: S): { count: number; sample: string } | undefined;
  /** Joins two states (a is earlier); lets hopping and sliding windows keep panes. */
  merge?(a: S, b: S): S;
  /** `count(*)`: the star is given as the whole row object. */
  star?: 'row' | 'forbidden';
  /** `add` gets the whole row object before the written arguments (deduplicate). */
  rowFirst?: true;
  /** Functions of the rule's whole life (last_agg_hit_*): nothing is folded; the operator keeps one box for the rule and asks once per result row.
   *  @param update false to look only (HAVING not decided yet), true when the row is sent
   *  @param tsMs window end or time of the group's first row, epoch ms */
  hit?: (box: { state: S }, update: boolean, tsMs: number) => Value;
}

/** Analytic functions see every row in order; state is per PARTITION key. `S` must be plain data. */
export interface AnalyticDefinition<S = any> extends FunctionBase {
  kind: 'analytic';
  init(site: CallSite): S;
  /** @param box holder of the state; replace `box.state` or change it in place
   *  @param valid value of OVER (WHEN …), true when there is none; for `afterWhere` functions false means: look, do not update
   *  @param tsMs timestamp of the row, epoch ms */
  next(box: { state: S }, args: readonly Value[], valid: boolean, site: CallSite, tsMs: number): Value;
  /** last_hit_*, changed_cols: updated only for rows that pass WHERE (or are projected). */
  afterWhere?: boolean;
  /** The result is an object whose members become columns of the output row (changed_cols): SELECT list only, no alias. */
  columns?: true;
  /** Its value also changes when no row comes: an operator of its own computes it (exec/timers.ts). `tsMs` is then steady time. */
  timer?: TimerPart<S>;
}

/** What a function of time does between rows. All moments are on the time of the rule, ms. */
export interface TimerPart<S = any> {
  /** The next moment at which the value changes by itself; undefined = none. */
  dueMs(state: S): number | undefined;
  /** That moment has come: the rule is evaluated with the key's last row. @param nowMs later than `dueMs` after a standstill
   *  @returns the value at that moment; the state must be due later, or not at all */
  fire(box: { state: S }, dueMs: number, nowMs: number): Value;
  /** The value when the key's last row is evaluated for another function's sake. */
  look(state: S): Value;
}

/** Set-returning functions (unnest). */
export interface TableFunctionDefinition extends FunctionBase {
  kind: 'table';
  /** @returns array with one element per output row: objects spread their members as columns, other values go to the column of the function's
   *  name or alias. Anything else is an error of the row, which exec/project-set.ts words. */
  rows(...args: any[]): Value;
}

/** window_start() and friends: read the row's window. row_number(): computed over the collection. */
export interface WindowFunctionDefinition extends FunctionBase {
  kind: 'window';
  /** Reads from the tuple (window range), or … */
  compile?: (args: readonly Expr[], site: CallSite) => Expr;
  /** … is evaluated over the whole collection, index by index. */
  over?: (index: number, rows: readonly Tuple[], args: readonly Expr[]) => Value;
}

export type FunctionDefinition =
  | ScalarDefinition
  | AggregateDefinition
  | AnalyticDefinition
  | TableFunctionDefinition
  | WindowFunctionDefinition;

/** Names to definitions; the planner gets it as an argument. Built-in names are case-insensitive, plugin names case-sensitive. */
export interface FunctionCatalogue {
  get(name: string): FunctionDefinition | undefined;
  names(): readonly string[];
}

export const defineScalar = (d: Omit<ScalarDefinition, 'kind'>): ScalarDefinition => ({ kind: 'scalar', ...d });
export const defineAggregate = <S>(d: Omit<AggregateDefinition<S>, 'kind'>): AggregateDefinition<S> => ({ kind: 'aggregate', ...d });
export const defineAnalytic = <S>(d: Omit<AnalyticDefinition<S>, 'kind'>): AnalyticDefinition<S> => ({ kind: 'analytic', ...d });
export const defineTable = (d: Omit<TableFunctionDefinition, 'kind'>): TableFunctionDefinition => ({ kind: 'table', ...d });
export const defineWindowFunction = (d: Omit<WindowFunctionDefinition, 'kind'>): WindowFunctionDefinition => ({ kind: 'window', ...d });

/** @param changes what differs from eKuiper's way; the planner picks one of the two when it binds the call */
export const inStandard = <D extends FunctionDefinition>(definition: D, changes: Partial<D>): D => ({
  ...definition,
  standard: { ...definition, ...changes },
});
