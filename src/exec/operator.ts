// What operators are to each other and to the runtime. Operators push synchronously: `row` for a streaming row, `rows` for a
// collection (window, join). They are built by compile/, one chain per running rule; they never see AST or plan nodes.
// Acknowledgement: operators do nothing. The runtime holds a message's handle while a sink has its result; when an operator keeps
// anything of a row beyond the call it calls `host.touch()`, and the runtime holds the handle until the next checkpoint is stored.
// Only an operator that waits (lookup) retains `t.ack` itself, between host.begin() and host.end().
import type { BudgetLimits } from '../base/budget.ts';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { AggregateDefinition, CallSite, Expr, FunctionEnv } from '../contract/function.ts';
import type { Ack } from '../data/ack.ts';
import type { Result, Tuple, WindowRange } from '../data/tuple.ts';
import type { Row, Value } from '../data/value.ts';
import type { KeyCounters } from '../windows/key-room.ts';
import type { KeptSlot, WindowSpec } from '../windows/spec.ts';
import type { FailedRows } from './failed-rows.ts';
import type { OperatorTimes } from './operator-times.ts';
import type { TraceTarget } from './traced.ts';

export type { KeptSlot, WindowSpec } from '../windows/spec.ts';

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
export interface OperatorStats extends KeyCounters {
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
  /** Rows that were left out without being an error: late by the watermark. Shown by status when there are any. */
  dropped?: number;
  /** Event time: rows that were left out since they are too far ahead of the clock, and the farthest time of one, epoch ms. */
  ahead?: number;
  aheadToMs?: number;
  /** Event time: rows whose milliseconds are rather seconds. */
  looksLikeSeconds?: number;
  /** Rows and groups that could not be computed and were left out alone (standard SQL): how many, and the last one. */
  failed?: { count: number; sample: string; key: string | undefined; text: string; atMs: number };
}

/** Counters of an operator that has done nothing yet. Plain fields in one order: they are bumped on the hot path. */
export function newOperatorStats(name: string): OperatorStats {
  return {
    name,
    recordsIn: 0,
    recordsOut: 0,
    exceptions: 0,
    lastException: '',
    lastExceptionAtMs: 0,
    lastInvocationAtMs: 0,
    latencyUs: 0,
    bufferLength: 0,
  };
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
  /** @param again the peers of the sources give unconfirmed messages out again: what waits for an answer is left unconfirmed */
  close?(again?: boolean): void;
  /** What a person must know to see why it sends nothing; called when somebody asks. */
  explain?(): OperatorView;
}

/** An operator from inside, for health and diag. */
export interface OperatorView {
  /** Event time: how far it has come; undefined = no row yet. */
  watermarkMs?: number | undefined;
  /** Newest time of each stream of the rule, in order of the inputs; undefined = none yet. */
  newestMs?: readonly (number | undefined)[];
  /** Rows that wait for the watermark. */
  held?: number;
  /** Rows left out since they came too late: the time of the last one. */
  lastLateMs?: number | undefined;
  window?: Pick<WindowSpec, 'kind' | 'lengthMs' | 'intervalMs' | 'count' | 'countInterval' | 'eventTime'>;
}

/** What status may say of an operator before it runs. */
export interface OperatorDetails {
  /** Columns that it reads. */
  readonly columns: readonly string[];
  /** Its condition as written. */
  readonly text?: string;
}

/** What asynchronous work owes: rows of state that are in it are in no checkpoint until it has ended. Given out by `begin`, opaque to operators. */
export type Debt = readonly Ack[];

/** What the runtime gives a running program. */
export interface ProgramHost {
  readonly ruleId: string;
  /** What one row may cost; the defaults when absent. */
  readonly budget?: BudgetLimits;
  /** Set: the CPU time of the rule is measured. */
  readonly cpu?: { begin(): void; end(): void } | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly env: FunctionEnv;
  /** Hands a result to all sinks of the rule. */
  emit(result: Result): void;
  /** A row that came too late, or is too far ahead of the clock: it is in no result. @param row the columns that the rule reads */
  late?(row: Row, t: Tuple): void;
  /** A row or collection that failed: counted at the operator, shown as last exception, sent on with option sendError.
   *  @param failed the row or group that was left out alone: shown in health */
  exception(stats: OperatorStats, error: unknown, failed?: { sample: string; key?: string }): void;
  /** State changed in this call: hold the message until the next checkpoint. */
  touch(): void;
  /** Asynchronous work started / ended; drain and checkpoint wait for it, and too much of it is backpressure. */
  begin(): Debt;
  /** The work goes on: what is pushed until `end` belongs to it. */
  resume(debt: Debt): void;
  end(debt: Debt): void;
  /** Goes on with a row that waited, as if it had just come: state that changes holds its message. */
  later?(t: Tuple | undefined, work: () => void): void;
  stats(name: string): OperatorStats;
  /** Takes the times of operators, while `measure` is on. */
  readonly times?: OperatorTimes;
  /** Set for a rule that is traced: its operators are wrapped. */
  readonly trace?: TraceTarget | undefined;
  /** Current content of a scan table, and lookup tables, by name. */
  scanTable(name: string): ScanTable;
  lookupTable(name: string): LookupTable;
}

export interface ScanTable {
  /** Retained rows as tuples in the layout that the program asked for as an input; oldest first. */
  readonly rows: readonly Tuple[];
  /** Grows with each change of `rows`, so that a join may keep an index. */
  readonly version: number;
}

export interface LookupTable {
  /** @returns matching rows (cached or fetched)  @throws ioError when the table's source is away */
  lookup(fields: readonly string[], keys: readonly string[], values: readonly Value[]): readonly Row[] | Promise<readonly Row[]>;
  /** Rows that it left out since it was opened, and why the last one; undefined = none. */
  readonly leftOut?: { readonly count: number; readonly reason: string } | undefined;
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
  /** Columns of which only these members are read (`h->y`): of a declared STRUCT the others need not be decoded, and their wrong types are
   *  no error (as in eKuiper). A column that is not named here is read whole. */
  members?: Readonly<Record<string, readonly string[]>>;
}

/** A conjunct of WHERE that the shared source may look rules up by, before calling the program. */
export type IndexConjunct = { readonly input: number; readonly column: string } & (
  | { readonly op: '=' | '<' | '<=' | '>' | '>='; readonly value: string | number | bigint | boolean }
  /** One of these, which are all texts or all numbers. */
  | { readonly op: 'in'; readonly values: readonly string[] | readonly number[] }
  /** A text that begins so; anything that is no text, null too, is an error of the row. */
  | { readonly op: 'prefix'; readonly value: string }
);

/** A planned and bound rule that can be started. */
export interface RuleProgram {
  readonly inputs: readonly ProgramInput[];
  /** Lookup tables it joins. */
  readonly lookups: readonly string[];
  /** True when any operator keeps state. */
  readonly stateful: boolean;
  /** True when rows may wait for functions outside of the gateway's process. */
  readonly outside?: boolean;
  readonly eventTime: boolean;
  /** Empty when the rule cannot be indexed. */
  readonly index: readonly IndexConjunct[];
  /** Names of operators in order, for topo and status. */
  readonly operators: readonly string[];
  /** Fingerprint of each stateful operator: state is kept over an update of the rule where they match. */
  readonly fingerprints: Readonly<Record<string, string>>;
  /** By operator name, for health and diag. */
  readonly details?: Readonly<Record<string, OperatorDetails>>;
  /** Names of columns are found in any letter case. */
  readonly anyCase?: boolean;
  /** @param slotOf slot of a column of an input in its subscription's layout (append-only) */
  start(host: ProgramHost, slotOf: (input: number, column: string) => number): RunningProgram;
}

export interface RunningProgram {
  /** One row of an input. Never throws: failures go to host.exception. */
  push(input: number, t: Tuple): void;
  /** Rows that belong together already, past the window of the program; absent when it has none. They are the program's own. */
  collect?(rows: Tuple[]): void;
  /** State by operator name, plain data. */
  save(): Record<string, unknown>;
  /** Called before begin(); unknown operators are ignored. */
  load(state: Record<string, unknown>): void;
  /** Starts window timers. */
  begin(): void;
  /** All inputs are at their end. */
  end(): void;
  /** @param again see Operator.close */
  close(again?: boolean): void;
  /** What its operators take is measured from now on, or no more. */
  measure?(on: boolean): void;
  /** By operator name; operators with nothing to say are left out. */
  explain?(): Readonly<Record<string, OperatorView>>;
}

// ------------------------------------------------------------------ what compile/ hands to the window, aggregate and join operators

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
  /** Slots of an input row that belong to this rule; what lies above (other rules' columns of the shared layout) is not copied.
   *  Default: all of them. */
  base?: number;
  /** What is saved of a group's first row when no rows are kept. Default: the window's `keep`. */
  keep?: readonly KeptSlot[];
  /** Set for standard SQL: a row that fails is left out alone, and keys of groups are told apart by kind. */
  failed?: FailedRows | undefined;
}

/** One side of a join: an input of FROM or JOIN in the joint layout of the rule. */
export interface JoinSide {
  /** Slot that is true when a row has a part from this input. */
  present: number;
  /** All slots of this input, metadata and mark included: a joined row gets these from the right row. */
  slots: readonly number[];
  /** Set for a scan table: its rows come from the host, converted to the joint layout. */
  table?: { name: string; convert(t: Tuple): Tuple };
}

/** `left = right` where each side is an expression over one side of the join only. */
export interface JoinKey {
  left: Expr;
  right: Expr;
}

export interface JoinStep {
  type: 'inner' | 'left' | 'right' | 'full' | 'cross';
  right: JoinSide;
  /** Evaluated over the joined row. Missing: all pairs. */
  on?: Expr;
  /** Leading conjuncts of ON that are such equalities (from the left, without a gap): found by hash, then `on` is asked all the same. */
  keys?: readonly JoinKey[];
}

/** Joins of a window's content (or of one row with scan tables), left-deep in the order of FROM and JOIN. */
export interface JoinSpec {
  from: JoinSide;
  steps: readonly JoinStep[];
  /** Set for standard SQL: null in ON is no match, and a pair for which ON fails is none either. */
  failed?: FailedRows | undefined;
}

export interface LookupJoinSpec {
  type: 'inner' | 'left';
  /** Name of the lookup table in the catalog. */
  table: string;
  /** Columns that are asked for ([] = all). */
  fields: readonly string[];
  /** Key columns of the table, and what they must equal. */
  keys: readonly string[];
  values: readonly Expr[];
  /** Where columns of a found row go. */
  columns: readonly { column: string; slot: number }[];
  /** Slot of the whole found object, when `*` is read. */
  star?: number;
  /** Slot that is set to true when there is a found row. */
  present?: number;
  /** Width of joined rows. */
  width: number;
  /** Lookups under way at once; more rows wait in order. Default 16. */
  maxInFlight?: number;
}

export interface WatermarkSpec {
  /** For each stream the slot that marks its rows; one stream: [undefined]. */
  streams: readonly (number | undefined)[];
  lateToleranceMs: number;
  /** Rows so far ahead of the clock are left out; 0 or absent = none. */
  futureToleranceMs?: number;
  /** A stream without rows for so long holds nobody back; 0 or absent = never. */
  idleTimeoutMs?: number;
  /** Slots that mark rows which go before others of the same time. */
  first?: readonly number[];
  keep: readonly KeptSlot[];
  keepMeta?: boolean;
}
