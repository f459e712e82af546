// What a plugin sees of the gateway: the types of `@kuiper-gateway/plugin` (and of `kuiper-gateway`, the older name of the import). They say what
// really happens at run time: test/plugin-kit/values.test.ts runs every kind of value through the daemon. Nothing here is executed.

/** A value that the gateway hands to a plugin. Whole numbers are `number` as long as they are exact (up to 2^53), beyond it `bigint`; moments
 *  are `Date`, bytes are `Uint8Array`. */
export type PluginValue = null | boolean | number | bigint | string | Date | Uint8Array | PluginValue[] | { [name: string]: PluginValue };

/** A row: columns by name. */
export type Row = { [column: string]: PluginValue };

/** An argument of a function. `undefined`: the row has no such column. */
export type Argument = PluginValue | undefined;

/** What a plugin may give back: values as above; `undefined`, functions and symbols become null. */
export type Result = unknown;

/** Options as the user wrote them, in a rule, a conf key or a stream. Numbers stay numbers, texts stay texts. */
export type Props = Record<string, unknown>;

/** What SQL's meta() shows of a message: topic, qos, … */
export type Meta = Record<string, unknown>;

export interface PluginLogger {
  debug(message: string, ...more: unknown[]): void;
  info(message: string, ...more: unknown[]): void;
  warn(message: string, ...more: unknown[]): void;
  error(message: string, ...more: unknown[]): void;
}

/** State of this instance, kept with the rule's checkpoint: it survives restarts and new versions of the plugin. */
export interface PluginState {
  /** @param value anything that can be copied: no functions, no sockets. @throws DataCloneError otherwise */
  putState(key: string, value: unknown): void;
  /** undefined: nothing was put */
  getState(key: string): unknown;
  deleteState(key: string): void;
  /** Adds to a counter, which starts at 0. */
  incrCounter(key: string, amount: number): void;
  getCounter(key: string): number;
}

export interface PluginContext extends PluginState {
  getLogger(): PluginLogger;
  getRuleId(): string;
  getOpId(): string;
  getInstanceId(): number;
  /** Root folder of the gateway (`/opt/kuiper`). A plugin's own files lie below it in `etc/<sources|sinks|functions>/<name>/`. */
  getRootPath(): string;
  /** Aborts when the instance is closed. */
  readonly signal: AbortSignal;
}

export type FunctionContext = PluginContext;
export type SourceContext = PluginContext;
export type SinkContext = PluginContext;

/** What is known of an argument when a rule is made. */
export interface ArgFact {
  /** As written: `temperature + 1`. */
  readonly text: string;
  /** Kind of the expression: `column`, `int`, `string`, `call`, … */
  readonly node: string;
  readonly literal: boolean;
  /** Value of a literal. */
  readonly value?: PluginValue;
  /** Type when known, else `unknown`. */
  readonly type: string;
}

export interface FunctionPlugin {
  /** Called when a rule is made. @throws an error to refuse the rule: its text is shown to the user */
  validate?(args: readonly ArgFact[]): void;
  /** One call per row. With isAggregate each argument is an array of a window's values. Returns the value itself, never a promise.
   *  @throws an error of this row */
  exec(args: readonly Argument[], ctx: FunctionContext): Result;
  isAggregate?(): boolean;
}

/** Hands data to the gateway. Await it: it waits while the gateway is behind.
 *  @param data a row, rows, or bytes (or text) for the stream's FORMAT
 *  @param ack called once, when every rule that reads the message has delivered or safely stored it */
export type Emit = (
  data: Readonly<Record<string, unknown>> | readonly Readonly<Record<string, unknown>>[] | Uint8Array | string,
  meta?: Meta,
  ack?: () => void,
) => void | Promise<void>;

/** The source cannot go on: the gateway closes it and opens it again with growing pauses. */
export type Fail = (error: Error) => void;

export type CloseReason = 'stopped' | 'shutdown' | 'reopen';

export interface SourcePlugin {
  /** @throws an error to refuse the stream or rule: its text is shown to the user */
  configure?(datasource: string, props: Props): void | Promise<void>;
  /** Push sources emit from here on. A throw is tried again with growing pauses. */
  open?(ctx: SourceContext, emit: Emit, fail: Fail): void | Promise<void>;
  /** Pull sources: called at once and then at each `interval` of the stream's conf key, never twice at a time. */
  pull?(ctx: SourceContext, emit: Emit): void | Promise<void>;
  close?(ctx: SourceContext, reason?: CloseReason): void | Promise<void>;
  /** Position for the checkpoint; the last one is given to `rewind` before `open`. */
  offset?(): unknown;
  rewind?(offset: unknown): void;
}

export interface SinkPlugin {
  /** @throws an error to refuse the rule: its text is shown to the user */
  configure?(props: Props): void | Promise<void>;
  open?(ctx: SinkContext): void | Promise<void>;
  /** Returning (or resolving) means delivered. A throw is tried again by the sink's policy, unless the error has `retriable = false`.
   *  @param data one row with `sendSingle`, else all rows of a result */
  collect(ctx: SinkContext, data: Row | Row[]): void | Promise<void>;
  close?(ctx: SinkContext): void | Promise<void>;
}

export interface LookupPlugin {
  configure?(datasource: string, props: Props): void | Promise<void>;
  open?(ctx: SourceContext): void | Promise<void>;
  /** @param fields columns that are wanted ([] = all)  @param keys columns of the equality conditions  @param values their values
   *  @returns the matching rows, [] if none */
  lookup(ctx: SourceContext, fields: readonly string[], keys: readonly string[], values: readonly PluginValue[]): Row[] | Promise<Row[]>;
  close?(ctx: SourceContext): void | Promise<void>;
}
