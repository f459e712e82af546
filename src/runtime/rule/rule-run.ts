// One run of a rule, from wiring up program, subscriptions and sinks to tearing them down. Called by rule.ts. What happens while it runs is in
// run-host.ts (rows, results, failures), run-checkpoint.ts (state, confirmations) and pressure.ts.
import { messageOf } from '../../base/errors/gateway-error.ts';
import { LOOKUP_LIMIT_MS } from '../../base/limit.ts';
import type { Ack } from '../../data/ack.ts';
import type { OperatorView, RuleProgram, RunningProgram } from '../../exec/operator.ts';
import type { RuleDefinition } from '../definition.ts';
import { Growth } from '../diagnosis/growth.ts';
import { loadSink } from '../environment.ts';
import type { NodeStats } from '../node-stats.ts';
import { SinkNode } from '../sink/sink-node.ts';
import type { RunStatusView } from '../status/view.ts';
import type { KeptState, RunDeps, RunEnding } from './run-api.ts';
import { RunCheckpoint } from './run-checkpoint.ts';
import { RunHost } from './run-host.ts';
import { RunInputs } from './run-inputs.ts';
import { giveSinksState, giveState, slim, takeState } from './run-state.ts';
import type { SourceView } from './source-view.ts';
import { checkSpread, SpreadRun } from './spread.ts';

const none: readonly Ack[] = [];

/** A rule that is replaced waits so long for a disk that does not take what its sinks still have. */
const STORE_PATIENCE_MS = 300_000;

export class RuleRun implements RunStatusView {
  readonly ruleId: string;
  readonly sinks: SinkNode[] = [];
  readonly statements = new Map<string, string | undefined>();
  readonly checkpoints: RunCheckpoint;
  readonly growth = new Growth();
  plan: RuleProgram | undefined;
  private readonly definition: RuleDefinition;
  private readonly deps: RunDeps;
  private readonly host: RunHost;
  private readonly inputs: RunInputs;
  private program: RunningProgram | undefined;
  private finished = false;
  /** Set: the rule is spread over several gateways, which have its state. */
  private spread: SpreadRun | undefined;

  constructor(definition: RuleDefinition, deps: RunDeps) {
    const { env } = deps;
    const { options } = definition;
    this.deps = deps;
    this.definition = definition;
    this.ruleId = definition.id;
    const { checkpointIntervalMs, maxStateBytes } = env.settings;
    this.checkpoints = new RunCheckpoint({
      ruleId: definition.id,
      clock: env.clock,
      log: env.log,
      checkpointer: deps.checkpointer,
      store: env.deps.store.checkpoints,
      intervalMs: options.qos > 0 ? Math.min(checkpointIntervalMs, options.checkpointIntervalMs) : checkpointIntervalMs,
      maxStateBytes,
      early: options.ackPolicy === 'early',
      snapshot: () => this.program && takeState(this.program, this.holders(this.plan!)),
      elsewhere: () => this.spread,
      received: () => this.inputs.received(),
      nodes: () => this.inputs.nodes(),
      onStored: () => deps.onStored(),
      crash: (error) => this.crash(error),
    });
    const { suspects } = env.deps;
    this.host = new RunHost({
      definition,
      env: suspects?.engaged ? { ...env, clock: suspects.clockOf(definition.id, env.clock) } : env,
      checkpoint: this.checkpoints,
      trace: deps.trace,
      press: (change) => this.inputs.press(change),
      beginState: () => this.beginState(),
      crash: (error) => this.crash(error),
      inputEnded: (text) => this.inputEnded(text),
    });
    this.inputs = new RunInputs(this.host, {
      clock: env.clock,
      pool: deps.pool,
      tables: env.deps.tables,
      specOf: definition.sources,
      suspects: env.deps.suspects,
      trace: deps.trace,
    });
  }

  get sources(): readonly SourceView[] {
    return this.inputs.views;
  }

  get operators(): readonly NodeStats[] {
    return this.host.operators;
  }

  get rowTimes(): RunHost['rowTimes'] {
    return this.host.rowTimes;
  }

  get lookups(): RunHost['lookups'] {
    return this.host.lookups;
  }

  get failing(): RunHost['failing'] {
    return this.host.failing;
  }

  explain(): Readonly<Record<string, OperatorView>> {
    return this.program?.explain?.() ?? {};
  }

  get deadLetters(): number {
    return this.host.deadLetters;
  }

  get lastError(): RunHost['lastError'] {
    return this.host.lastError;
  }

  // ---------------------------------------------------------------------------------------------------------------------- begin

  /** Puts everything together without letting data in. @throws what refuses the rule; then `close` must be called */
  async prepare(): Promise<void> {
    const { definition, host } = this;
    const { env } = this.deps;
    const plan = typeof definition.program === 'function' ? await definition.program() : definition.program;
    this.plan = plan;
    if (definition.statementOf)
      for (const name of [...plan.inputs.map((i) => i.source), ...plan.lookups]) this.statements.set(name, definition.statementOf(name));
    for (const action of definition.actions) {
      const sink = new SinkNode(env, host, action, await loadSink(env, action.type), this.deps.trace);
      this.sinks.push(sink);
      await sink.configure();
    }
    host.connect(this.sinks, plan);
    if (definition.options.spread && plan.stateful) {
      checkSpread(definition, plan, this.sinks);
      this.spread = new SpreadRun({ ruleId: this.ruleId, clock: env.clock, log: env.log, checkpoints: () => this.checkpoints });
    }
    await this.inputs.prepare(plan, this.spread);
    this.checkpoints.ledger.keepsState =
      plan.stateful || this.sinks.some((s) => s.keepsState) || this.inputs.nodes().some((n) => n.hasOffset);
    // in the plan's order, whatever order they are built in
    for (const name of plan.operators) host.stats(name);
  }

  /** Loads state and lets data in. */
  async open(): Promise<void> {
    const { snapshot, env, held = none, pool } = this.deps;
    const { host, checkpoints, sinks } = this;
    const plan = this.plan!;
    giveSinksState(snapshot, sinks);
    for (const sink of sinks) {
      const opening = sink.open();
      if (opening) await opening;
    }
    if (this.finished) {
      for (const ack of held) ack.release();
      return;
    }
    this.inputs.trace();
    const slotOf = (input: number, column: string) => this.inputs.slotOf(plan, input, column);
    const program = this.spread ? this.spread.start(plan, host, slotOf) : plan.start(host, slotOf);
    if (snapshot) giveState(snapshot, program, this.holders(plan), { ruleId: this.ruleId, log: env.log, nowMs: env.clock.monotonic() });
    this.program = program;
    host.setProgram(program);
    if (checkpoints.ledger.keepsState) this.watchState();
    this.plan = slim(plan);
    program.begin();
    checkpoints.adopt(held);
    this.inputs.begin();
    // it may have failed on one of the kept messages: the others wait for the next run
    if (!this.finished) pool.endHandover(this.ruleId);
    env.log[this.definition.options.logFilename === '' ? 'debug' : 'info']({ rule: this.ruleId }, 'Rule runs.');
  }

  // ----------------------------------------------------------------------------------------------------------------- while it runs

  connected(timeoutMs: number): Promise<void> | undefined {
    return this.inputs.connected(timeoutMs);
  }

  /** @throws Error when the rule does not read the stream, or it has no such position */
  resetOffset(stream: string, values: Readonly<Record<string, unknown>>): void {
    const input = this.plan?.inputs.findIndex((i) => i.source === stream) ?? -1;
    const node = this.inputs.node(input);
    if (!node) throw new Error(`stream ${stream} not found in topo`);
    node.resetOffset(values);
    this.host.stateChanged();
  }

  private beginState(): void {
    this.checkpoints.ledger.keepsState = true;
    // else `open` does it
    if (this.program) this.watchState();
  }

  private watchState(): void {
    this.deps.checkpointer.add(this.checkpoints);
    for (const n of this.inputs.nodes()) n.keepState(1);
  }

  private holders(plan: RuleProgram) {
    return { plan, node: (input: number) => this.inputs.node(input), sinks: this.sinks, ledger: this.checkpoints.ledger };
  }

  // ------------------------------------------------------------------------------------------------------------------------ end

  private crash(error: unknown): void {
    if (this.finished) return;
    this.finish();
    this.host.note(messageOf(error), 'rule');
    this.deps.onEnd(error ?? new Error('unknown error'), '');
  }

  private inputEnded(text: string): void {
    if (this.finished || --this.inputs.open > 0) return;
    try {
      this.program?.end();
    } catch (error) {
      this.crash(error);
      return;
    }
    this.deps.onEnd(undefined, text);
  }

  private finish(): void {
    this.finished = true;
    this.host.finish();
  }

  async close(how: RunEnding): Promise<KeptState | undefined> {
    const { host, checkpoints } = this;
    const { ledger } = checkpoints;
    const again = how.reason === 'shutdown';
    // without it nothing is awaited here: what comes from now on belongs to the next run
    if (this.spread) await this.spread.leave(how.timeoutMs, !this.finished);
    this.finish();
    this.inputs.close(how.reason, how.handOver);
    // a rule that is replaced does not lose what its tables still look up; each answer has a limit
    await this.settleWorks(how.handOver === 'switch' ? Math.max(how.timeoutMs, LOOKUP_LIMIT_MS + 1000) : how.timeoutMs);
    // rows that still wait for an answer are in no state: an orderly end keeps the checkpoint before, and the peers give them out again
    let redo = again && ledger.works > 0;
    const program = this.program;
    const keeps = how.state !== 'drop' && ledger.keepsState && !this.spread;
    const snapshot = keeps && program ? takeState(program, this.holders(this.plan!)) : undefined;
    checkpoints.stop();
    if (program && ledger.keepsState) for (const n of this.inputs.nodes()) n.keepState(-1);
    this.program = undefined;
    host.setProgram(undefined);
    for (const s of this.sources) s.freeze();
    host.delayed?.flush();
    this.closeProgram(program, again);
    const safe = await this.closeSinks(how, again, snapshot !== undefined);
    host.pressure.end();
    // results got lost: the state that made them is not stored either, and the messages come again
    // and what a spread rule did not store with its partitions comes again to whoever reads them next
    redo ||= (again && !safe) || this.spread !== undefined;
    let held: readonly Ack[] = none;
    if (redo) ledger.giveBack();
    else {
      // its results are settled by now; what it could not confirm is back among the held
      await checkpoints.settled();
      held = await checkpoints.last(snapshot);
    }
    host.releaseTables();
    return snapshot && { snapshot, held };
  }

  private async settleWorks(timeoutMs: number): Promise<void> {
    const { clock } = this.deps.env;
    const endMs = clock.monotonic() + timeoutMs;
    while (this.checkpoints.ledger.works > 0 && clock.monotonic() < endMs) await clock.sleep(5);
  }

  private closeProgram(program: RunningProgram | undefined, again: boolean): void {
    try {
      program?.close(again);
    } catch (error) {
      this.deps.env.log.warn({ rule: this.ruleId, cause: messageOf(error) }, 'Closing a rule failed.');
    }
  }

  /** @returns false when rows were lost to a disk that takes nothing */
  private async closeSinks({ timeoutMs, keepQueues, handOver }: RunEnding, again: boolean, stateKept: boolean): Promise<boolean> {
    const patienceMs = handOver === 'switch' ? STORE_PATIENCE_MS : 0;
    const close = (list: readonly SinkNode[]) => Promise.all(list.map((s) => s.close(timeoutMs, keepQueues, again, stateKept, patienceMs)));
    const safe = await close(this.sinks.filter((s) => !s.deadLetter));
    // last, since the others may refuse something until their end
    safe.push(...(await close(this.sinks.filter((s) => s.deadLetter))));
    return !safe.includes(false);
  }
}
