// One run of a rule: from its program, subscriptions and sinks being put together to their end. It is the host of the program
// (exec/operator.ts) and keeps the confirmations of messages that went into state. Called by rule.ts; data comes from run-input.ts and
// goes to sink/sink-node.ts.
import type { Clock } from '../../base/clock.ts';
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { FunctionEnv } from '../../contract/function.ts';
import type { CloseReason } from '../../contract/source.ts';
import type { Ack } from '../../data/ack.ts';
import type { Result, Tuple } from '../../data/tuple.ts';
import type { Row, Value } from '../../data/value.ts';
import type { LookupTable, OperatorStats, ProgramHost, RuleProgram, RunningProgram, ScanTable } from '../../exec/operator.ts';
import { type Checkpointed, type Checkpointer, type HeldFlow, newFlow } from '../checkpoint/checkpointer.ts';
import { matchOperators, packSnapshot, type RuleSnapshot } from '../checkpoint/rule-state.ts';
import { SeenMessages } from '../checkpoint/seen-messages.ts';
import type { RuleDefinition } from '../definition.ts';
import { MessageAck } from '../delivery/ack.ts';
import { type Environment, loadSink } from '../environment.ts';
import { countException, createNodeStats, type NodeStats } from '../node-stats.ts';
import { type DeadLetter, deadLetterRow } from '../sink/dead-letter.ts';
import { isDeadLetter, SinkNode, type SinkOwner } from '../sink/sink-node.ts';
import type { HandoverKind } from '../source/handover.ts';
import type { SourcePool, Subscription } from '../source/source-pool.ts';
import type { TableLease } from '../table-access.ts';
import { DelayedResults } from './delayed-results.ts';
import { RunInput, type RunSide } from './run-input.ts';
import { SourceView } from './source-view.ts';

export interface RunDeps {
  env: Environment;
  pool: SourcePool;
  checkpointer: Checkpointer;
  /** State to begin with. */
  snapshot: RuleSnapshot | undefined;
  /** Confirmations of messages in that state, when it is nowhere on disk: given at the first checkpoint. */
  held?: readonly Ack[];
  /** The run ended by itself. @param error undefined: a bounded source is at its end, with its text */
  onEnd(run: RuleRun, error: unknown, text: string): void;
  /** A checkpoint was stored. */
  onStored(): void;
}

/** State of a run that ended, for the next one. */
export interface KeptState {
  snapshot: RuleSnapshot;
  /** Confirmations of messages that are in it and in no checkpoint. */
  held: readonly Ack[];
}

type ScanLease = TableLease<ScanTable> & { slotOf(column: string): number };

/** Asynchronous lookups under way at which the sources are asked to wait. */
const MAX_PENDING = 256;

export class RuleRun implements ProgramHost, RunSide, SinkOwner, Checkpointed {
  readonly ruleId: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly env: FunctionEnv;
  readonly definition: RuleDefinition;
  readonly options: RuleDefinition['options'];
  /** All actions, in their order. */
  readonly sinks: SinkNode[] = [];
  /** Those that take results … */
  private targets: readonly SinkNode[] = [];
  /** … and those that take what can never succeed. */
  private deadLetterSinks: readonly SinkNode[] = [];
  deadLetters = 0;
  wantsCurrent = false;
  current: { input: number; tuple: Tuple } | undefined;
  /** Slots that the program reads, by input, for dead letters. */
  private readonly columns: { input: number; name: string; slot: number }[] = [];
  readonly sources: SourceView[] = [];
  readonly operators: NodeStats[] = [];
  /** Streams and tables that it reads, as the catalog had them at its start. */
  readonly statements = new Map<string, string | undefined>();
  plan!: RuleProgram;
  program: RunningProgram | undefined;
  /** Undefined until the rule calls delay(). */
  delayed: DelayedResults | undefined;
  touched = false;
  holdAll = false;
  dirty = false;
  checkpointing = false;
  flow: HeldFlow = newFlow();
  lastCheckpointMs: number;
  lastCheckpointAtMs = 0;
  checkpointBytes = 0;
  checkpointFailures = 0;
  checkpointError = '';
  window: number | undefined;
  lastError: { text: string; atMs: number; op: string } | undefined;
  private readonly deps: RunDeps;
  private readonly shared: Environment;
  private readonly subscriptions: Subscription[] = [];
  private readonly scans = new Map<string, ScanLease>();
  private readonly lookups = new Map<string, TableLease<LookupTable>>();
  private held: Ack[] = [];
  /** Messages in state that the peer may repeat. */
  private readonly seen: SeenMessages;
  /** Count of received messages at the oldest held one. */
  private heldFrom = 0;
  /** Counts results of state that are not delivered or stored; a checkpoint is committed only when those before it are. */
  private epoch = new MessageAck(() => undefined);
  private epochDone: Promise<void> | undefined;
  private epochList: readonly Ack[] = [];
  /** The checkpoint that is being made, or the last one. */
  private underWay: Promise<void> | undefined;
  private readonly stateful: { yes: boolean } = { yes: false };
  private readonly early: boolean;
  /** Failures of rows are logged: for rules that someone looks at. */
  private readonly loud: boolean;
  private readonly behindSinks = new Set<SinkNode>();
  private pending = 0;
  private pressing = false;
  private openInputs = 0;
  private finished = false;

  constructor(definition: RuleDefinition, deps: RunDeps) {
    this.deps = deps;
    this.shared = deps.env;
    this.definition = definition;
    this.ruleId = definition.id;
    this.options = definition.options;
    this.clock = deps.env.clock;
    this.log = deps.env.log;
    this.loud = definition.options.debug || definition.options.logFilename !== '';
    this.early = definition.options.ackPolicy === 'early';
    this.lastCheckpointMs = this.clock.monotonic();
    const { deps: gateway } = deps.env;
    this.env = {
      clock: this.clock,
      log: this.log,
      timeZone: deps.env.settings.timeZone,
      ruleId: this.ruleId,
      random: () => deps.env.random(),
      wait: (ms) => this.waitBeforeSinks(ms),
      property: (name) => gateway.property?.(name),
      keyedState: gateway.keyedState ?? noKeyedState,
    };
    this.seen = new SeenMessages(this.clock);
    this.newEpoch();
  }

  get resultAcks(): readonly Ack[] {
    return this.stateful.yes && !this.early ? this.epochList : none;
  }

  get heldCount(): number {
    return this.held.length;
  }

  get checkpointIntervalMs(): number {
    const ours = this.shared.settings.checkpointIntervalMs;
    return this.options.qos > 0 ? Math.min(ours, this.options.checkpointIntervalMs) : ours;
  }

  // -------------------------------------------------------------------------------------------------------------- life

  /** Puts everything together without letting data in. @throws what refuses the rule; then `close` must be called */
  async prepare(): Promise<void> {
    const { definition } = this;
    this.plan = typeof definition.program === 'function' ? await definition.program() : definition.program;
    if (definition.statementOf)
      for (const name of [...this.plan.inputs.map((i) => i.source), ...this.plan.lookups])
        this.statements.set(name, definition.statementOf(name));
    for (const action of definition.actions) {
      const sink = new SinkNode(this.shared, this, action, await loadSink(this.shared, action.type));
      this.sinks.push(sink);
      await sink.configure();
    }
    this.targets = this.sinks.filter((s) => !s.deadLetter);
    this.deadLetterSinks = this.sinks.filter((s) => s.deadLetter);
    for (const name of this.plan.lookups) this.lookups.set(name, await this.tables().openLookup(definition.sources(name)));
    for (let i = 0; i < this.plan.inputs.length; i++) await this.openInput(i);
    this.stateful.yes = this.plan.stateful || this.sinks.some((s) => s.keepsState) || this.subscriptions.some((s) => s.node.hasOffset);
    // in the plan's order, whatever order they are built in
    for (const name of this.plan.operators) this.stats(name);
    this.holdAll = this.plan.stateful && this.plan.lookups.length > 0;
  }

  private async openInput(i: number): Promise<void> {
    const input = this.plan.inputs[i]!;
    const spec = this.definition.sources(input.source);
    if (input.kind === 'scan-table') {
      // a table that is joined twice is opened once, with the columns of both
      if (this.scans.has(input.source)) return;
      const uses = this.plan.inputs.filter((other) => other.source === input.source);
      const columns = [...new Set(uses.flatMap((use) => (use.all ? [...use.columns, '*'] : use.columns)))];
      this.scans.set(input.source, await this.tables().openScan(spec, columns, this.deps.pool));
      return;
    }
    const index = this.plan.index.filter((c) => c.input === i);
    const subscription = await this.deps.pool.subscribe(
      spec,
      new RunInput(this, i, index, this.plan.eventTime, input.all ? undefined : input.columns),
    );
    this.subscriptions[i] = subscription;
    this.sources.push(new SourceView(subscription.node, subscription.group, spec.name));
    this.openInputs++;
  }

  /** Loads state and lets data in. */
  async open(): Promise<void> {
    const { snapshot, env } = this.deps;
    for (const sink of this.sinks) if (snapshot?.sinks[sink.name] !== undefined) sink.loadState(snapshot.sinks[sink.name]);
    for (const sink of this.sinks) {
      const opening = sink.open();
      if (opening) await opening;
    }
    if (this.finished) {
      for (const ack of this.deps.held ?? none) ack.release();
      return;
    }
    // the row under way is the one that fails only where nothing waits in a window
    this.wantsCurrent = this.deadLetterSinks.length > 0 && !this.plan.stateful && this.plan.lookups.length === 0;
    const program = this.plan.start(this, (input, column) => this.slotOf(input, column));
    if (snapshot) {
      const { kept, dropped } = matchOperators(snapshot, this.plan);
      if (dropped.length) this.log.warn({ rule: this.ruleId, operators: dropped }, 'State of changed operators is dropped.');
      program.load(kept);
      if (snapshot.seen) this.seen.load(snapshot.seen);
      this.plan.inputs.forEach((input, i) => {
        this.subscriptions[i]?.node.loadState(snapshot.sources[input.source]);
        this.subscriptions[i]?.node.rewind(snapshot.offsets[input.source]);
      });
    }
    this.program = program;
    if (snapshot && Object.keys({ ...snapshot.sources, ...snapshot.sinks }).length > 0) this.stateful.yes = true;
    if (this.stateful.yes) this.watchState();
    this.plan = slim(this.plan);
    program.begin();
    this.takeOver(this.deps.held ?? none);
    for (const s of this.sources) s.reset();
    let view = 0;
    for (const s of this.subscriptions) if (s) this.sources[view++]!.replayed(s.begin());
    // it may have failed on one of the kept messages: the others wait for the next run
    if (!this.finished) this.deps.pool.endHandover(this.ruleId);
    env.log[this.options.logFilename === '' ? 'debug' : 'info']({ rule: this.ruleId }, 'Rule runs.');
  }

  /** Messages that the run before had in its state are confirmed by our next checkpoint; without state they are done. */
  private takeOver(held: readonly Ack[]): void {
    if (held.length === 0) return;
    if (!this.stateful.yes || this.early) {
      for (const ack of held) ack.release();
      return;
    }
    this.held = [...held];
    this.heldFrom = this.received() - held.length + 1;
    this.dirty = true;
    this.deps.checkpointer.wake();
  }

  /** Undefined when all sources are connected, else a promise for it, at most `timeoutMs`. */
  connected(timeoutMs: number): Promise<void> | undefined {
    const away = this.subscriptions.filter((s) => s && s.node.connection.state !== 'connected');
    if (!away.length) return undefined;
    return new Promise((resolve) => {
      const timer = this.clock.setTimer(timeoutMs, resolve);
      void Promise.all(away.map((s) => s.node.whenConnected())).then(() => {
        this.clock.clear(timer);
        resolve();
      });
    });
  }

  /** @throws Error when the rule does not read the stream, or it has no such position */
  resetOffset(stream: string, values: Readonly<Record<string, unknown>>): void {
    const input = this.plan.inputs.findIndex((i) => i.source === stream);
    const node = this.subscriptions[input]?.node;
    if (!node) throw new Error(`stream ${stream} not found in topo`);
    node.resetOffset(values);
    this.stateChanged();
  }

  private slotOf(input: number, column: string): number {
    const i = this.plan.inputs[input]!;
    if (i.kind === 'scan-table') return this.scans.get(i.source)!.slotOf(column);
    const slot = this.subscriptions[input]!.slotOf(column);
    if (this.wantsCurrent) this.columns.push({ input, name: column, slot });
    return slot;
  }

  private tables(): NonNullable<Environment['deps']['tables']> {
    const tables = this.shared.deps.tables;
    if (!tables) throw new GatewayError('INTERNAL', { text: 'this gateway was started without tables' });
    return tables;
  }

  /** Ends the run.
   *  @param how `state`: `save`: it is stored, then the messages in it are confirmed, and given back (with the confirmations when it could not be
   *         stored); `drop`: messages in it are released. `keepQueues` false: the rule is deleted. `handOver`: what comes from now on is kept
   *         for the rule's next run. */
  async close(how: {
    reason: CloseReason;
    state: 'drop' | 'save';
    keepQueues: boolean;
    timeoutMs: number;
    handOver?: HandoverKind | undefined;
  }): Promise<KeptState | undefined> {
    this.finished = true;
    for (const s of this.subscriptions) s?.close(how.reason, how.handOver);
    let snapshot: RuleSnapshot | undefined;
    if (how.state !== 'drop' && this.program && this.stateful.yes) {
      await this.settlePending(how.timeoutMs);
      snapshot = this.snapshot();
    }
    this.deps.checkpointer.remove(this);
    if (this.program && this.stateful.yes) for (const s of this.subscriptions) s?.node.keepState(-1);
    const program = this.program;
    this.program = undefined;
    this.freezeViews();
    this.delayed?.flush();
    try {
      program?.close();
    } catch (error) {
      this.log.warn({ rule: this.ruleId, cause: messageOf(error) }, 'Closing a rule failed.');
    }
    const again = how.reason === 'shutdown';
    const closeSinks = (list: readonly SinkNode[]) => Promise.all(list.map((s) => s.close(how.timeoutMs, how.keepQueues, again)));
    const safe = await closeSinks(this.targets);
    // last, since the others may refuse something until their end
    safe.push(...(await closeSinks(this.sinks.filter((s) => !this.targets.includes(s)))));
    this.setPressure(false);
    // results got lost: the state that made them is not stored either, and the messages come again
    const redo = again && safe.includes(false);
    // its results are settled by now; what it could not confirm is back among the held
    if (!redo) await this.underWay;
    const { held } = this;
    this.held = [];
    let stored = true;
    if (!redo) {
      if (snapshot && (this.dirty || held.length)) stored = await this.storeLast(snapshot, held);
      else for (const ack of held) ack.release();
    }
    for (const lease of [...this.scans.values(), ...this.lookups.values()]) lease.release();
    this.scans.clear();
    this.lookups.clear();
    return snapshot && { snapshot, held: stored ? none : held };
  }

  /** @returns false when the store failed */
  private async storeLast(snapshot: RuleSnapshot, held: readonly Ack[]): Promise<boolean> {
    try {
      return await this.store(packSnapshot(snapshot), held);
    } catch (error) {
      // too large: it would stop the rule
      this.log.error({ rule: this.ruleId, cause: messageOf(error) }, 'State is dropped.');
      for (const ack of held) ack.release();
      return true;
    }
  }

  private async settlePending(timeoutMs: number): Promise<void> {
    const endMs = this.clock.monotonic() + timeoutMs;
    while (this.pending > 0 && this.clock.monotonic() < endMs) await this.clock.sleep(5);
  }

  private freezeViews(): void {
    for (const s of this.sources) s.freeze();
  }

  // -------------------------------------------------------------------------------------------------------- host

  emit(result: Result): void {
    if (this.finished && !this.program) return;
    const acks = result.acks;
    // a position of a source changes without any row being held
    if (this.stateful.yes && !this.dirty) this.touchState();
    if (this.early) result.acks = none;
    else if (this.stateful.yes) result.acks = acks.length === 0 ? this.epochList : [...acks, this.epoch];
    if (this.delayed === undefined || !this.delayed.keep(result)) this.deliver(result);
  }

  /** Results wait in order when a call of delay() asks for it; the first one makes the queue. */
  private waitBeforeSinks(ms: number): void {
    this.delayed ??= new DelayedResults(
      this.clock,
      (result) => this.deliver(result),
      () => this.updatePressure(),
    );
    this.delayed.wait(ms);
  }

  private deliver(result: Result): void {
    const sinks = this.targets;
    if (result.sinks === undefined) for (let i = 0; i < sinks.length; i++) sinks[i]!.push(result);
    else this.emitTo(result.sinks, result);
  }

  private emitTo(indexes: readonly number[], result: Result): void {
    for (const [i, action] of this.definition.actions.entries())
      if (indexes.includes(action.index) && !isDeadLetter(action)) this.sinks[i]!.push(result);
  }

  exception(stats: OperatorStats, error: unknown): void {
    const text = messageOf(error);
    const nowMs = this.clock.now();
    countException(stats, text, nowMs);
    this.lastError = { text, atMs: nowMs, op: stats.name };
    if (this.loud) this.log.warn({ rule: this.ruleId, op: stats.name, error: text }, 'A row failed.');
    if (this.options.sendError) this.emitError(text);
    if (this.current) {
      const { input, tuple } = this.current;
      this.deadLetter({ op: stats.name, kind: 'operator', reason: text, data: this.rowOf(input, tuple) }, tuple.ack ? [tuple.ack] : none);
    }
  }

  sourceError(input: number, error: unknown, data: Uint8Array | string | Row | undefined, ack: Ack | undefined): void {
    const text = messageOf(error);
    this.lastError = { text, atMs: this.clock.now(), op: 'source' };
    if (this.loud) this.log.warn({ rule: this.ruleId, op: 'source', error: text }, 'A message failed.');
    if (this.options.sendError) this.emitError(text);
    if (data !== undefined)
      this.deadLetter({ op: this.plan.inputs[input]!.source, kind: 'source', reason: text, data }, ack ? [ack] : none);
  }

  deadLetter(letter: DeadLetter, acks: readonly Ack[]): void {
    const list = this.deadLetterSinks;
    if (list.length === 0) return;
    this.deadLetters++;
    const tsMs = this.clock.now();
    const row = deadLetterRow(this.ruleId, letter, tsMs);
    for (const sink of list) sink.push({ rows: [row], acks: this.early ? none : acks, meta: undefined, tsMs });
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

  touch(): void {
    this.touched = true;
    if (!this.dirty) this.touchState();
  }

  /** A source or a sink put something into its state: it is checkpointed from now on, whatever the statement keeps. */
  stateChanged(): void {
    if (this.finished) return;
    if (!this.stateful.yes) {
      this.stateful.yes = true;
      // else `open` does it
      if (this.program) this.watchState();
    }
    if (!this.dirty) this.touchState();
  }

  private touchState(): void {
    this.dirty = true;
    this.deps.checkpointer.wake();
  }

  private watchState(): void {
    this.deps.checkpointer.add(this);
    for (const s of this.subscriptions) s?.node.keepState(1);
  }

  begin(): void {
    if (++this.pending >= MAX_PENDING) this.updatePressure();
  }

  end(): void {
    if (--this.pending < MAX_PENDING) this.updatePressure();
  }

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

  // ------------------------------------------------------------------------------------------------------ confirmations

  hold(t: Tuple): void {
    if (this.early) return;
    const ack = t.ack!;
    ack.retain();
    this.dirty = true;
    // with lookups the row may not be in the state yet: a repetition is then counted again rather than lost
    if (ack.identity !== 0 && !this.holdAll) this.seen.add(ack.identity);
    if (this.held.push(ack) === 1) {
      this.heldFrom = this.received();
      this.deps.checkpointer.wake();
    } else if (this.window !== undefined && this.heldSpan * 2 >= this.window && !this.checkpointing) this.deps.checkpointer.now(this);
  }

  knows(identity: number): boolean {
    return this.seen.has(identity);
  }

  /** Sources whose messages are held; rules that share one are checkpointed together, so that none of them holds a message back whose
   *  repetition another one would have to know for long. */
  get nodes(): readonly object[] {
    return this.subscriptions.filter((s) => s !== undefined).map((s) => s.node);
  }

  get heldSpan(): number {
    return this.received() - this.heldFrom + 1;
  }

  /** Messages of all sources so far. */
  private received(): number {
    let n = 0;
    const list = this.subscriptions;
    for (let i = 0; i < list.length; i++) n += list[i]?.node.stats.recordsIn ?? 0;
    return n;
  }

  private newEpoch(): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.epoch = new MessageAck(resolve);
    this.epochDone = promise;
    this.epochList = [this.epoch];
  }

  /** Takes the state, waits until all results before it are delivered or stored, commits, and releases what was held. Never rejects. */
  async checkpoint(): Promise<void> {
    if (this.checkpointing || !this.program) return;
    this.checkpointing = true;
    this.underWay = this.checkpointNow();
    await this.underWay;
  }

  private async checkpointNow(): Promise<void> {
    try {
      const held = this.held;
      const carry = this.pending > 0;
      this.held = [];
      this.flow = newFlow(this.flow);
      this.dirty = false;
      // as bytes at once: operators give out live state, and rows that come while results are delivered must not get into it
      const state = packSnapshot(this.snapshot());
      this.seen.next(this.window);
      const epoch = this.epoch;
      const done = this.epochDone!;
      this.newEpoch();
      epoch.release();
      await done;
      const stored = await this.store(state, carry ? none : held);
      if (!stored || carry) {
        // rows that an asynchronous lookup still has are in no state yet: their messages wait for the next checkpoint
        this.held = held.concat(this.held);
        if (!stored) this.dirty = true;
      }
    } catch (error) {
      this.crash(error);
    } finally {
      this.lastCheckpointMs = this.clock.monotonic();
      this.checkpointing = false;
      if (!this.finished && (this.dirty || this.held.length)) this.deps.checkpointer.wake();
    }
  }

  private snapshot(): RuleSnapshot {
    const s: RuleSnapshot = {
      v: 1,
      fingerprints: this.plan.fingerprints,
      operators: this.program!.save(),
      offsets: {},
      sources: {},
      sinks: {},
    };
    const seen = this.seen.save();
    if (seen.length) s.seen = seen;
    this.plan.inputs.forEach((input, i) => {
      const node = this.subscriptions[i]?.node;
      if (!node) return;
      const offset = node.offset();
      if (offset !== undefined) s.offsets[input.source] = offset;
      const state = node.saveState();
      if (state !== undefined) s.sources[input.source] = state;
    });
    for (const sink of this.sinks) {
      const state = sink.saveState();
      if (state !== undefined) s.sinks[sink.name] = state;
    }
    return s;
  }

  /** @returns false when the store failed; it shows in health and is tried again */
  private async store(state: Buffer, held: readonly Ack[]): Promise<boolean> {
    this.checkpointBytes = state.byteLength;
    const limit = this.shared.settings.maxStateBytes;
    if (state.byteLength > limit)
      throw new GatewayError('RUNTIME_STATE_TOO_LARGE', { bytes: state.byteLength, limit }, { where: { rule: this.ruleId } });
    try {
      await this.shared.deps.store.checkpoints.save({ rule: this.ruleId, atMs: this.clock.now(), state });
    } catch (error) {
      this.checkpointFailures++;
      this.checkpointError = messageOf(error);
      this.log.error({ code: 'STORE_FAILED', rule: this.ruleId, cause: messageOf(error) }, 'State could not be stored; it is tried again.');
      return false;
    }
    this.deps.onStored();
    this.checkpointError = '';
    this.lastCheckpointAtMs = this.clock.now();
    for (const ack of held) ack.release();
    return true;
  }

  // ------------------------------------------------------------------------------------------------------- backpressure

  behind(sink: SinkNode, yes: boolean): void {
    if (yes) this.behindSinks.add(sink);
    else this.behindSinks.delete(sink);
    this.updatePressure();
  }

  private updatePressure(): void {
    this.setPressure(
      this.options.bufferFullPolicy === 'wait' &&
        !this.finished &&
        (this.behindSinks.size > 0 || this.pending + (this.delayed?.count ?? 0) >= MAX_PENDING),
    );
  }

  private setPressure(yes: boolean): void {
    if (this.pressing === yes) return;
    this.pressing = yes;
    for (const s of this.subscriptions) s?.node.pressure(yes ? 1 : -1);
  }

  // ------------------------------------------------------------------------------------------------------------- end

  crash(error: unknown): void {
    if (this.finished) return;
    this.finished = true;
    this.lastError = { text: messageOf(error), atMs: this.clock.now(), op: 'rule' };
    this.deps.onEnd(this, error ?? new Error('unknown error'), '');
  }

  inputEnded(_input: number, text: string): void {
    if (this.finished || --this.openInputs > 0) return;
    try {
      this.program?.end();
    } catch (error) {
      this.crash(error);
      return;
    }
    this.deps.onEnd(this, undefined, text);
  }
}

const none: readonly Ack[] = [];

/** What is needed of a program that was started: the rest holds the rule's syntax tree and plan, 10 kB that nobody reads any more. */
function slim(plan: RuleProgram): RuleProgram {
  const { inputs, lookups, stateful, eventTime, operators, fingerprints } = plan;
  return {
    inputs,
    lookups,
    stateful,
    eventTime,
    index: [],
    operators,
    fingerprints,
    start() {
      throw new GatewayError('INTERNAL', { text: 'a program is started once' });
    },
  };
}
const noKeyedState = {
  get: () => undefined,
  put() {
    throw new GatewayError('INTERNAL', { text: 'this gateway was started without keyed state' });
  },
};
