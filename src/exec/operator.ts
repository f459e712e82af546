// What operators are to each other and to the runtime. Operators push synchronously: `row` for a streaming row, `rows` for a
// collection (window, join). They are built by compile/, one chain per running rule; they never see AST or plan nodes.
// Acknowledgement: operators do nothing. The runtime holds a message's handle while a sink has its result; when an operator keeps
// anything of a row beyond the call it calls `host.touch()`, and the runtime holds the handle until the next checkpoint is stored.
// Only an operator that waits (lookup) retains `t.ack` itself, between host.begin() and host.end().
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { AggregateDefinition, CallSite, Expr, FunctionEnv } from '../contract/function.ts';
import type { Result, Tuple, WindowRange } from '../data/tuple.ts';
import type { Row, Value } from '../data/value.ts';

/** Rows that belong together: a window's content, a join's output, the groups of an aggregation. */
export interface Collection {
  rows: Tuple[];
  /** Undefined for a collection that no window made (lookup join of a streaming row). */
  win: WindowRange | undefined;
}

/** Where an operator pushes to. */
export interface Downstream {
  row(t: Tuple): void;
  rows(c: Collection): void;
}

/** Counters of one operator, read by status and metrics; bumped in place. */
export interface OperatorStats {
  /** `3_project`; status shows `op_3_project_0_records_in_total`. */
  readonly name: string;
  recordsIn: number;
  recordsOut: number;
  exceptions: number;
  lastException: string;
  lastExceptionAtMs: number;
  lastInvocationAtMs: number;
  latencyUs: number;
  bufferLength: number;
}

export interface Operator extends Downstream {
  readonly stats: OperatorStats;
  /** Plain data (structured clone) for the checkpoint; undefined when the operator has no state. Keys of state must not depend on slots:
   *  rows are saved by column name through `host`'s layouts or by values of this operator's own slots. */
  save?(): unknown;
  /** Given before the first row. A state of another shape is dropped with a log line, never an exception. */
  load?(state: unknown): void;
  /** Starts timers; called once after load. */
  start?(): void;
  /** Event time: no row older than this will come any more. */
  watermark?(tsMs: number): void;
  /** Input is over (bounded source): flush what eKuiper would flush. */
  end?(): void;
  close?(): void;
}

/** What the runtime gives a running program. */
export interface ProgramHost {
  readonly ruleId: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly env: FunctionEnv;
  /** Hands a result to all sinks of the rule. */
  emit(result: Result): void;
  /** A row or collection that failed: counted at the operator, shown as last exception, sent on with option sendError. */
  exception(stats: OperatorStats, error: unknown): void;
  /** State changed in this call: hold the message until the next checkpoint. */
  touch(): void;
  /** Asynchronous work started / ended; drain and checkpoint wait for it, and too much of it is backpressure. */
  begin(): void;
  end(): void;
  stats(name: string): OperatorStats;
  /** Current content of a scan table, and lookup tables, by name. */
  scanTable(name: string): ScanTable;
  lookupTable(name: string): LookupTable;
}

export interface ScanTable {
  /** Retained rows as tuples in the layout that the program asked for as an input. */
  readonly rows: readonly Tuple[];
}

export interface LookupTable {
  /** @returns matching rows (cached or fetched)  @throws ioError when the table's source is away */
  lookup(fields: readonly string[], keys: readonly string[], values: readonly Value[]): readonly Row[] | Promise<readonly Row[]>;
}

/** One input (stream or scan table) of a program, in order of FROM, JOIN… */
export interface ProgramInput {
  /** Name of the stream or table in the catalog. */
  source: string;
  /** Name by which the query knows it (alias or source). */
  emitter: string;
  kind: 'stream' | 'scan-table';
  /** Columns that the query reads; `all` when it selects `*`: then the slot of the name `*` holds the whole decoded object. */
  columns: readonly string[];
  all: boolean;
}

/** A conjunct of WHERE that the shared source may look rules up by, before calling the program. */
export interface IndexConjunct {
  input: number;
  column: string;
  op: '=' | '<' | '<=' | '>' | '>=';
  value: string | number | bigint | boolean;
}

/** A planned and bound rule that can be started. */
export interface RuleProgram {
  readonly inputs: readonly ProgramInput[];
  /** Lookup tables it joins. */
  readonly lookups: readonly string[];
  /** True when any operator keeps state. */
  readonly stateful: boolean;
  readonly eventTime: boolean;
  /** Empty when the rule cannot be indexed. */
  readonly index: readonly IndexConjunct[];
  /** Names of operators in order, for topo and status. */
  readonly operators: readonly string[];
  /** Fingerprint of each stateful operator: state is kept over an update of the rule where they match. */
  readonly fingerprints: Readonly<Record<string, string>>;
  /** @param slotOf slot of a column of an input in its subscription's layout (append-only) */
  start(host: ProgramHost, slotOf: (input: number, column: string) => number): RunningProgram;
}

export interface RunningProgram {
  /** One row of an input. Never throws: failures go to host.exception. */
  push(input: number, t: Tuple): void;
  /** State by operator name, plain data. */
  save(): Record<string, unknown>;
  /** Called before begin(); unknown operators are ignored. */
  load(state: Record<string, unknown>): void;
  /** Starts window timers. */
  begin(): void;
  /** All inputs are at their end. */
  end(): void;
  close(): void;
}

// ------------------------------------------------------------------ what compile/ hands to the window, aggregate and join operators

export interface WindowSpec {
  kind: 'tumbling' | 'hopping' | 'sliding' | 'session' | 'count' | 'state';
  /** Time windows: length; session: maximum duration. ms */
  lengthMs?: number;
  /** Unit of the first argument, for alignment. */
  unit?: 'dd' | 'hh' | 'mi' | 'ss' | 'ms';
  /** Hop; session: time-out. ms */
  intervalMs?: number;
  /** Sliding. ms */
  delayMs?: number;
  count?: number;
  countInterval?: number;
  /** FILTER(WHERE …) */
  filter?: Expr;
  /** OVER(WHEN …): sliding */
  when?: Expr;
  /** State window conditions. */
  begin?: Expr;
  emit?: Expr;
  /** State window: OVER(PARTITION BY …) */
  partitionBy?: readonly Expr[];
  eventTime: boolean;
  lateToleranceMs: number;
  timeZone: string;
  /** windowOption.windowVersion v2 */
  version2?: boolean;
  sendTwice?: boolean;
  /** Slots that must be kept of a row (others may be dropped when the row is stored and saved), by name. */
  keep: readonly { slot: number; column: string }[];
}

export interface AggregateCall {
  def: AggregateDefinition;
  site: CallSite;
  args: readonly Expr[];
  /** FILTER(WHERE …) of the call */
  filter?: Expr;
  /** Slot of the output tuple that gets the result. */
  slot: number;
}

export interface AggregateSpec {
  /** GROUP BY expressions; group key = text of the values joined by `,`. */
  dims: readonly Expr[];
  calls: readonly AggregateCall[];
  /** Columns of output tuples: the first row of the group, widened to this many slots. */
  width: number;
}
