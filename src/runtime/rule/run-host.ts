// What the program of a running rule (exec/operator.ts) and its sinks call: results go out, failures are counted and become dead letters, state
// that changed is noted. Made by rule-run.ts, which puts the run together; fed by run-input.ts; gives to sink/sink-node.ts.
import type { BudgetLimits } from '../../base/budget.ts';
import type { Clock } from '../../base/clock.ts';
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { FunctionEnv } from '../../contract/function.ts';
import type { Ack } from '../../data/ack.ts';
import type { Result, Tuple } from '../../data/tuple.ts';
import type { Row, Value } from '../../data/value.ts';
import type { Debt, LookupTable, OperatorStats, ProgramHost, RunningProgram, ScanTable } from '../../exec/operator.ts';
import type { RuleCpu } from '../cpu-meter.ts';
import type { RuleDefinition } from '../definition.ts';
import type { Ledger } from '../delivery/ledger.ts';
import { Failing } from '../diagnosis/failing.ts';
import { NewFailures } from '../diagnosis/new-failures.ts';
import { sampleOf } from '../diagnosis/sample.ts';
import type { Environment } from '../environment.ts';
import { countException, createNodeStats, type NodeStats } from '../node-stats.ts';
import type { ScanLease, TableLease } from '../ports.ts';
import { type DeadLetter, deadLetterRow } from '../sink/dead-letter.ts';
import type { SinkNode } from '../sink/sink-node.ts';
import type { SinkOwner } from '../sink/sink-owner.ts';
import type { RuleTrace } from '../trace/rule-trace.ts';
import { DelayedResults } from './delayed-results.ts';
import { MAX_PENDING, Pressure } from './pressure.ts';
import { RowTimes } from './row-times.ts';
import type { RunCheckpoint } from './run-checkpoint.ts';
import type { RunSide } from './run-input.ts';

export interface RunHostDeps {
  definition: RuleDefinition;
  env: Environment;
  trace?: RuleTrace | undefined;
  checkpoint: RunCheckpoint;
  /** Asks the sources to wait (+1) or lets them go on (-1). */
  press(change: 1 | -1): void;
  /** State is kept from now on, though the statement keeps none: a source or a sink put something into its own. */
  beginState(): void;
  crash(error: unknown): void;
  inputEnded(text: string): void;
}

const none: readonly Ack[] = [];
/** Latency is measured for the first of so many rows (a power of two less one). */
const SAMPLE_MASK = 15;

export class RunHost implements ProgramHost, RunSide, SinkOwner {
  readonly ruleId: string;
  readonly trace: RuleTrace | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly env: FunctionEnv;
  readonly budget: BudgetLimits;
  readonly cpu: RuleCpu | undefined;
  readonly options: RuleDefinition['options'];
  readonly operators: NodeStats[] = [];
  readonly pressure: Pressure;
  /** Undefined until the rule calls delay(). */
  delayed: DelayedResults | undefined;
  deadLetters = 0;
  lastError: { text: string; atMs: number; op: string } | undefined;
  readonly scans = new Map<string, ScanLease>();
  readonly lookups = new Map<string, TableLease<LookupTable>>();
  private readonly deps: RunHostDeps;
  private readonly checkpoint: RunCheckpoint;
  private readonly ledger: Ledger;
  private readonly early: boolean;
  private program: RunningProgram | undefined;
  /** All actions, in their order; those that take results; those that take what can never succeed. */
  private sinks: readonly SinkNode[] = [];
  private targets: readonly SinkNode[] = [];
  private deadLetterSinks: readonly SinkNode[] = [];
  private lateSinks: readonly SinkNode[] = [];
  /** Within `feed`: the row went into state. */
  private touched = false;
  /** Every row counts as state (asynchronous lookups before a window). */
  private holdAll = false;
  /** The row that is being fed, for samples of failures, and for dead letters of stateless rules that want them. */
  private wantsCurrent = false;
  private input = 0;
  private fed = 0;
  readonly rowTimes: RowTimes;
  readonly times: RowTimes['times'];
  private tuple: Tuple | undefined;
  /** Failures by operator, of operators that had any. */
  readonly failing = new Map<string, Failing>();
  private readonly news: NewFailures;
  /** Slots that the program reads, by input, for dead letters. */
  private readonly columns: { input: number; name: string; slot: number }[] = [];
  private inputNames: readonly string[] = [];
  /** Failures of rows are logged: for rules that someone looks at. */
  private readonly loud: boolean;
  private finished = false;

  constructor(deps: RunHostDeps) {
    const { definition, env } = deps;
    this.deps = deps;
    this.checkpoint = deps.checkpoint;
    this.ledger = deps.checkpoint.ledger;
    this.early = definition.options.ackPolicy === 'early';
    this.ruleId = definition.id;
    this.trace = deps.trace;
    this.options = definition.options;
    this.clock = env.clock;
    this.log = env.log;
    this.rowTimes = new RowTimes(env.clock);
    this.times = this.rowTimes.times;
    this.loud = definition.options.debug || definition.options.logFilename !== '';
    const { deps: gateway } = env;
    this.budget = env.settings.rowBudget;
    this.cpu = env.cpu?.of(definition.id);
    this.env = {
      clock: env.clock,
      log: env.log,
      timeZone: definition.options.timeZone ?? env.settings.timeZone,
      ruleId: this.ruleId,
      random: () => env.random(),
      wait: (ms) => this.waitBeforeSinks(ms),
      property: (name) => gateway.property?.(name),
      keyedState: gateway.keyedState ?? noKeyedState,
    };
    this.news = new NewFailures(this.ruleId, env.log);
    this.pressure = new Pressure({
      waits: definition.options.bufferFullPolicy === 'wait',
      pending: () => this.ledger.works + (this.delayed?.count ?? 0),
      press: (change) => deps.press(change),
    });
  }

  /** @param sinks all actions  @param inputs names of the streams */
  connect(
    sinks: readonly SinkNode[],
    plan: { inputs: readonly { source: string }[]; lookups: readonly string[]; stateful: boolean; outside?: boolean },
  ): void {
    this.sinks = sinks;
    this.targets = sinks.filter((s) => !s.deadLetter && !s.lateRows);
    this.lateSinks = sinks.filter((s) => s.lateRows && !s.deadLetter);
    this.deadLetterSinks = sinks.filter((s) => s.deadLetter);
    this.inputNames = plan.inputs.map((i) => i.source);
    this.holdAll = plan.stateful && plan.lookups.length > 0;
    // the row under way is the one that fails only where nothing waits in a window
    this.wantsCurrent = this.deadLetterSinks.length > 0 && !plan.stateful && plan.lookups.length === 0 && plan.outside !== true;
  }

  /** The program reads this column. */
  reads(input: number, name: string, slot: number): void {
    this.columns.push({ input, name, slot });
  }

  /** Rows go in from now on; undefined: no more. */
  setProgram(program: RunningProgram | undefined): void {
    this.program = program;
  }

  /** The run is ending: what fails from now on is not news, and sinks make nobody wait. */
  finish(): void {
    this.finished = true;
    this.pressure.stop();
  }

  // ----------------------------------------------------------------------------------------------------------------- rows in

  feed(input: number, t: Tuple): boolean {
    const { program } = this;
    if (program === undefined) return false;
    // a rule that feeds itself over a memory topic comes here again within the push
    const outer = this.touched;
    this.touched = this.holdAll;
    const sampled = (++this.fed & SAMPLE_MASK) === 1;
    const startMs = sampled ? this.rowTimes.begin(program) : 0;
    const { tuple: outerTuple, input: outerInput } = this;
    this.input = input;
    this.tuple = t;
    try {
      program.push(input, t);
    } catch (error) {
      this.deps.crash(error);
    }
    this.input = outerInput;
    this.tuple = outerTuple;
    if (sampled) this.rowTimes.end(program, startMs);
    if (this.delayed !== undefined) this.delayed.settle();
    const touched = this.touched;
    this.touched = outer;
    return touched;
  }

  hold(ack: Ack): void {
    // with lookups the row may not be in the state yet: a repetition is then counted again rather than lost
    if (this.program !== undefined) this.checkpoint.hold(ack, !this.holdAll);
  }

  knows(identity: number): boolean {
    return this.ledger.knows(identity);
  }

  inputEnded(_input: number, text: string): void {
    this.deps.inputEnded(text);
  }

  sourceError(input: number, error: unknown, data: Uint8Array | string | Row | undefined, ack: Ack | undefined): void {
    const text = messageOf(error);
    this.note(text, 'source');
    this.news.messageFailed(this.inputNames[input]!, error, text, data);
    if (this.loud) this.log.warn({ rule: this.ruleId, op: 'source', cause: text }, 'A message failed.');
    if (this.options.sendError) this.emitError(text);
    if (data !== undefined) this.deadLetter({ op: this.inputNames[input]!, kind: 'source', reason: text, data }, ack ? [ack] : none);
  }

  // -------------------------------------------------------------------------------------------------------------- results out

  emit(result: Result): void {
    if (this.finished && !this.program) return;
    const { ledger } = this;
    if (ledger.keepsState) {
      // a position of a source changes without any row being held
      if (!ledger.dirty) this.checkpoint.touch();
      result.acks = ledger.owe(result.acks);
    } else if (this.early) result.acks = none;
    if (this.delayed === undefined || !this.delayed.keep(result)) this.deliver(result);
  }

  /** Results wait in order when a call of delay() asks for it; the first one makes the queue. */
  private waitBeforeSinks(ms: number): void {
    this.delayed ??= new DelayedResults(
      this.clock,
      (result) => this.deliver(result),
      () => this.pressure.update(),
    );
    this.delayed.wait(ms);
  }

  private deliver(result: Result): void {
    const { targets } = this;
    if (result.sinks !== undefined) return this.deliverTo(result.sinks, result);
    for (let i = 0; i < targets.length; i++) targets[i]!.push(result);
  }

  private deliverTo(indexes: readonly number[], result: Result): void {
    const { actions } = this.deps.definition;
    for (let i = 0; i < actions.length; i++)
      if (indexes.includes(actions[i]!.index) && this.targets.includes(this.sinks[i]!)) this.sinks[i]!.push(result);
  }

  get resultAcks(): readonly Ack[] {
    return this.ledger.owed;
  }

  // ----------------------------------------------------------------------------------------------------------------- failures

  exception(stats: OperatorStats, error: unknown, failed?: { sample: string; key?: string }): void {
    const text = messageOf(error);
    const nowMs = this.clock.now();
    countException(stats, text, nowMs);
    if (failed) stats.failed = { count: (stats.failed?.count ?? 0) + 1, text, key: failed.key, sample: failed.sample, atMs: nowMs };
    this.note(text, stats.name);
    this.failingAt(stats.name).happened(error, stats.recordsIn, nowMs, () =>
      this.tuple ? sampleOf(this.rowOf(this.input, this.tuple)) : '',
    );
    this.news.rowFailed(stats.name, error, text);
    if (this.loud) this.log.warn({ rule: this.ruleId, op: stats.name, cause: text }, 'A row failed.');
    if (this.options.sendError) this.emitError(text);
    const { input, tuple } = this;
    if (this.wantsCurrent && tuple)
      this.deadLetter({ op: stats.name, kind: 'operator', reason: text, data: this.rowOf(input, tuple) }, tuple.ack ? [tuple.ack] : none);
  }

  private failingAt(op: string): Failing {
    let f = this.failing.get(op);
    if (!f) {
      f = new Failing();
      this.failing.set(op, f);
    }
    return f;
  }

  late(row: Row, t: Tuple): void {
    const acks = this.early || t.ack === undefined ? none : [t.ack];
    for (const sink of this.lateSinks) sink.push({ rows: [row], acks, meta: t.meta, tsMs: t.tsMs });
  }

  get takesDeadLetters(): boolean {
    return this.deadLetterSinks.length > 0;
  }

  deadLetter(letter: DeadLetter, acks: readonly Ack[]): void {
    const list = this.deadLetterSinks;
    if (list.length === 0) return;
    this.deadLetters++;
    const tsMs = this.clock.now();
    const row = deadLetterRow(this.ruleId, letter, tsMs);
    for (const sink of list) sink.push({ rows: [row], acks: this.early ? none : acks, meta: undefined, tsMs });
  }

  note(text: string, op: string): void {
    this.lastError = { text, atMs: this.clock.now(), op };
  }

  /** The columns that the rule reads. */
  private rowOf(input: number, tuple: Tuple): Row {
    const mine = this.columns.filter((c) => c.input === input);
    const whole = mine.find((c) => c.name === '*');
    if (whole) return tuple.cols[whole.slot] as Row;
    const row: Row = {};
    for (const c of mine) row[c.name] = tuple.cols[c.slot] as Value;
    return row;
  }

  private emitError(text: string): void {
    this.emit({ rows: [{ error: text }], acks: none, meta: undefined, tsMs: this.clock.now(), error: text });
  }

  crash(error: unknown): void {
    this.deps.crash(error);
  }

  // ------------------------------------------------------------------------------------------------------- state and pressure

  touch(): void {
    this.touched = true;
    if (!this.ledger.dirty) this.checkpoint.touch();
  }

  stateChanged(): void {
    if (this.finished) return;
    if (!this.ledger.keepsState) this.deps.beginState();
    this.checkpoint.touch();
  }

  begin(): Debt {
    const debt = this.ledger.begin();
    if (this.ledger.works >= MAX_PENDING) this.pressure.update();
    return debt;
  }

  resume(debt: Debt): void {
    this.ledger.resume(debt);
  }

  later(t: Tuple | undefined, work: () => void): void {
    const outer = this.touched;
    this.touched = false;
    try {
      work();
    } catch (error) {
      this.deps.crash(error);
    }
    if (this.delayed !== undefined) this.delayed.settle();
    if (this.touched && t?.ack !== undefined) this.hold(t.ack);
    this.touched = outer;
  }

  end(debt: Debt): void {
    this.ledger.end(debt);
    if (this.ledger.works < MAX_PENDING) this.pressure.update();
  }

  behind(sink: SinkNode, yes: boolean): void {
    this.pressure.behind(sink, yes);
  }

  // ----------------------------------------------------------------------------------------------------------- what it looks up

  stats(name: string): OperatorStats {
    let s = this.operators.find((o) => o.name === name);
    if (!s) {
      s = createNodeStats(name);
      this.operators.push(s);
    }
    return s;
  }

  scanTable(name: string): ScanTable {
    const lease = this.scans.get(name);
    if (!lease) throw new GatewayError('INTERNAL', { text: `table ${name} is not an input of rule ${this.ruleId}` });
    return lease.table;
  }

  lookupTable(name: string): LookupTable {
    const lease = this.lookups.get(name);
    if (!lease) throw new GatewayError('INTERNAL', { text: `lookup table ${name} is not part of rule ${this.ruleId}` });
    return lease.table;
  }

  /** The run has ended: tables are given back. */
  releaseTables(): void {
    for (const lease of [...this.scans.values(), ...this.lookups.values()]) lease.release();
    this.scans.clear();
    this.lookups.clear();
  }
}

const noKeyedState = {
  get: () => undefined,
  put() {
    throw new GatewayError('INTERNAL', { text: 'this gateway was started without keyed state' });
  },
};
