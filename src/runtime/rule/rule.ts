// A rule from creation to deletion: takes commands, asks rule-machine.ts what follows from them, and does it. A run is a RuleRun; a new one is made
// at each start, with what kept-run.ts has of the one before. Called by the service through RuleHandle and by the patrol loop.
import type { TimerHandle } from '../../base/clock.ts';
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import type { CloseReason } from '../../contract/source.ts';
import { type ParkedAccess, type RuleHandle, type RuleHealth, type RuleState, type RuleStatus, stateTexts, type Topo } from '../api.ts';
import type { RuleDefinition } from '../definition.ts';
import type { Diag } from '../diagnosis/cause.ts';
import { diagOf } from '../diagnosis/diag.ts';
import { createParkedAccess } from '../sink/parked-access.ts';
import { healthOf } from '../status/health.ts';
import { statusOf } from '../status/status.ts';
import { topoOf } from '../status/topo.ts';
import { type ParkedRule, parkedText } from '../suspect/index.ts';
import { RuleTrace, type TraceStrategy } from '../trace/rule-trace.ts';
import { KeptRun } from './kept-run.ts';
import type { RuleDeps } from './rule-deps.ts';
import { type Command, type Ending, newMachine, type RuleEvent, recoveryPauseMs, step } from './rule-machine.ts';
import { RuleNotes } from './rule-notes.ts';
import { RuleRun } from './rule-run.ts';
import type { KeptState } from './run-api.ts';
import { RunLog } from './run-log.ts';
import { createSchedule, type Schedule } from './schedule.ts';
import type { RuleAction } from './state-table.ts';

/** A rule is "starting" until its sources are connected, but not longer than this: a broker may be away for days. */
const CONNECT_MS = 300;

interface OwnCommand extends Command {
  readonly done: () => void;
}

export class Rule implements RuleHandle {
  readonly id: string;
  definition: RuleDefinition;
  lastStartAtMs = 0;
  lastStopAtMs = 0;
  /** The run, or the last one: its counters stay visible after a stop. */
  run: RuleRun | undefined;
  onTriggeredChange: ((triggered: boolean) => void) | undefined;
  private readonly deps: RuleDeps;
  private schedule: Schedule;
  private machine = newMachine<OwnCommand>();
  private readonly kept: KeptRun;
  private readonly log: RunLog;
  private trace: RuleTrace | undefined;
  private readonly told = new RuleNotes();
  private recovery: TimerHandle | undefined;
  private startedAtMonoMs = 0;

  /** @throws RULE_INVALID_CRON */
  constructor(definition: RuleDefinition, deps: RuleDeps) {
    this.id = definition.id;
    this.definition = definition;
    this.deps = deps;
    this.log = new RunLog(deps.env, deps.logs);
    this.kept = new KeptRun(definition.id, deps.env, deps.checkpoints);
    this.schedule = createSchedule(definition.options, deps.env.settings.timeZone);
    this.told.log(this.log.now, definition);
    const { parked } = this;
    if (parked) this.machine = { ...this.machine, state: 'stoppedByError', message: parkedText(parked) };
  }

  get state(): RuleState {
    return this.machine.state;
  }

  get message(): string {
    return this.machine.message;
  }

  get parked(): ParkedRule | undefined {
    return this.deps.env.deps.suspects?.parkedRule(this.id);
  }

  async start(): Promise<void> {
    this.mustExist();
    this.deps.env.deps.suspects?.release(this.id);
    await this.command('start', '', 'user');
  }

  stop(): Promise<void> {
    return this.command('stop', 'canceled manually', 'user');
  }

  async restart(options: { keepState?: boolean } = {}): Promise<void> {
    this.mustExist();
    await this.switchOver(async () => {
      await this.command('stop', 'canceled manually', options.keepState ? 'keep' : 'user');
      await this.start();
    });
  }

  async update(definition: RuleDefinition): Promise<void> {
    this.mustExist();
    const schedule = createSchedule(definition.options, this.deps.env.settings.timeZone);
    await this.switchOver(async () => {
      await this.command('stop', 'stopped by update', 'keep');
      const before = this.definition;
      this.definition = definition;
      this.deps.env.deps.suspects?.forget(this.id);
      this.told.log(this.log.now, definition);
      this.schedule = schedule;
      this.happened({ type: 'replaced' });
      await this.kept.dropQueues(before, definition);
      if (definition.triggered) await this.start();
    });
  }

  /** Subscriptions stay open, and what they give meanwhile is kept for the next run. */
  private async switchOver(go: () => Promise<void>): Promise<void> {
    const { pool } = this.deps;
    pool.pin();
    this.happened({ type: 'switchBegins' });
    try {
      await go();
    } finally {
      await this.happened({ type: 'switchEnds' });
      await pool.unpin();
    }
  }

  async delete(): Promise<void> {
    this.happened({ type: 'deleting' });
    await this.command('stop', 'canceled manually', 'delete');
    this.deps.env.deps.suspects?.forget(this.id);
    this.deps.pool.endHandover(this.id);
    this.kept.drop();
    this.clearRecovery();
    this.deps.traces.forget(this.id);
    this.deps.onDeleted(this);
    await this.kept.dropQueues(this.definition, undefined);
    await this.deps.checkpoints.forget(this.id);
  }

  /** Orderly end of the gateway: state is stored, sessions at peers are kept. */
  async shutdown(): Promise<void> {
    this.happened({ type: 'closing' });
    if (this.state === 'running' || this.state === 'starting') await this.command('stop', 'canceled manually', 'shutdown');
    else if (this.machine.switching === 0) this.deps.pool.endHandover(this.id);
  }

  resetOffset(stream: string, values: Readonly<Record<string, unknown>>): void {
    if (this.state !== 'running' || !this.run)
      throw new GatewayError('SERVICE_REFUSED', { text: `rule ${this.id} should be running when modify state` });
    try {
      this.run.resetOffset(stream, values);
    } catch (error) {
      throw new GatewayError('SERVICE_REFUSED', { text: messageOf(error) }, { cause: error });
    }
  }

  /** In sentences, what it asks for and does not get. */
  get notes(): readonly string[] {
    return this.told.list(this.definition);
  }

  private mustExist(): void {
    if (this.machine.life === 'deleted') throw new GatewayError('RUNTIME_RULE_CLOSED', { rule: this.id });
  }

  /** Asked at each round of the patrol loop. */
  patrol(nowMs: number): void {
    if (this.machine.life !== 'live' || this.parked) return;
    if (this.schedule.scheduled) {
      const due = this.schedule.inSchedule(nowMs);
      if (due && this.state === 'waiting') void this.command('scheduleStart', '', 'user');
      else if (!due && (this.state === 'running' || this.state === 'starting'))
        void this.command('scheduleStop', 'schedule terminated', 'user');
    } else if (this.schedule.onceForMs > 0 && this.state === 'running' && nowMs - this.lastStartAtMs >= this.schedule.onceForMs)
      void this.command('stop', 'duration terminated', 'user');
  }

  // -------------------------------------------------------------------------------------------------------------- what is

  brief(): { status: string; message: string } {
    return { status: stateTexts[this.state], message: this.message };
  }

  status(): RuleStatus {
    return statusOf(this);
  }

  health(): RuleHealth {
    return healthOf(this, this.deps.env);
  }

  async setTrace(strategy: TraceStrategy | undefined): Promise<void> {
    if (this.trace?.strategy === strategy) return;
    this.trace = strategy && new RuleTrace(this.id, strategy, this.deps.traces, this.deps.env.clock);
    // operators are wrapped when a run begins; state and messages in between are kept
    if (this.state === 'running' || this.state === 'starting') await this.restart({ keepState: true });
  }

  look(): void {
    if (this.state !== 'running') return;
    for (const s of this.run?.sources ?? []) s.lookOnce();
  }

  async diag({ search = false } = {}): Promise<Diag> {
    if (search && this.state === 'running')
      await Promise.all((this.run?.sources ?? []).filter((s) => s.stats().recordsIn === 0).map((s) => s.search()));
    return diagOf(this, this.health(), this.deps.env.clock.now());
  }

  parkedRows(): ParkedAccess {
    return createParkedAccess(this.deps.env, this.id, this.definition.actions, this.run?.sinks ?? [], this.state === 'running');
  }

  topo(): Topo {
    return topoOf(this.definition, this.run?.plan);
  }

  /** Epoch ms, 0 = no schedule. */
  get nextStartAtMs(): number {
    return this.state === 'stopped' ? 0 : this.schedule.nextStart(this.deps.env.clock.now());
  }

  // ---------------------------------------------------------------------------------------------------------- transitions

  private command(action: RuleAction, message: string, ending: Ending): Promise<void> {
    return new Promise((done) => {
      this.happened({ type: 'command', command: { action, message, ending, done }, scheduled: this.schedule.scheduled });
    });
  }

  /** @returns when what was to be done at once is done; runs are opened and closed in the background */
  private happened(event: RuleEvent<OwnCommand>): Promise<void> | undefined {
    const { machine, effects } = step(this.machine, event);
    this.machine = machine;
    let waits: Promise<void> | undefined;
    for (const e of effects) {
      switch (e.do) {
        case 'open':
          void this.open(e.command);
          break;
        case 'halt':
          void this.halt(e.command);
          break;
        case 'answer':
          e.command.done();
          break;
        case 'clearRecovery':
          this.clearRecovery();
          break;
        case 'planRecovery':
          this.planRecovery();
          break;
        case 'forget':
          void this.forgetState(e.ending).catch((error: unknown) => this.closeFailed(error));
          break;
        case 'endHandover':
          this.deps.pool.endHandover(this.id);
          break;
        case 'storeKept':
          waits = this.kept.store();
          break;
        case 'untrigger':
          this.onTriggeredChange?.(false);
      }
    }
    return waits;
  }

  private async open(c: OwnCommand): Promise<void> {
    const { pool, checkpointer, checkpoints } = this.deps;
    const env = this.log.open(this.definition.options);
    let run: RuleRun | undefined;
    let state: KeptState | undefined;
    let entered = true;
    const leave = () => {
      if (entered) env.bootGate.leave();
      entered = false;
    };
    env.bootGate.enter();
    try {
      state = await this.kept.take();
      const own: RuleRun = new RuleRun(this.definition, {
        env,
        pool,
        checkpointer,
        trace: this.trace,
        snapshot: state?.snapshot,
        held: state?.held ?? [],
        onEnd: (error, text) => this.ended(own, error, text),
        onStored: () => checkpoints.stored(this.id),
      });
      run = own;
      this.run = run;
      await run.prepare();
      await this.told.look(env.deps.connectors, this.definition, run.statements.keys());
      this.told.log(this.log.now, this.definition);
      await run.open();
      leave();
      this.lastStartAtMs = env.clock.now();
      this.startedAtMonoMs = env.clock.monotonic();
      const connecting = run.connected(CONNECT_MS);
      if (connecting) {
        // the command is done; the rule says "running" when its sources are there, or after a moment without them
        c.done();
        await connecting;
      }
      leave();
      c.done();
      this.happened({ type: 'opened', scheduled: this.schedule.scheduled });
    } catch (error) {
      this.log.now.warn({ rule: this.id, cause: messageOf(error) }, 'Rule cannot start.');
      this.happened({ type: 'refusing' });
      await run
        ?.close({ reason: 'stopped', state: 'drop', keepQueues: true, timeoutMs: 0 })
        .catch((cause: unknown) => this.closeFailed(cause));
      // a rule that could not start (a plugin is missing) still has its state when it can
      this.kept.put(state);
      await this.kept.store();
      this.lastStopAtMs = env.clock.now();
      await this.log.close();
      leave();
      c.done();
      this.happened({ type: 'refused', message: messageOf(error), scheduled: this.schedule.scheduled });
    }
  }

  private async halt(c: OwnCommand): Promise<void> {
    const { env } = this.deps;
    const { options } = this.definition;
    const parks = c.ending === 'park';
    const saves = c.ending === 'shutdown' || parks || (c.ending === 'user' && options.qos > 0 && options.enableSaveStateBeforeStop);
    // what is confirmed by the end of the run can still be told to the peer; messages that wait there stay for the rule's next start
    if (parks) this.deps.pool.pin();
    try {
      const reason: CloseReason = c.ending === 'shutdown' || parks ? 'shutdown' : 'stopped';
      const kept = await this.run?.close({
        reason,
        handOver: this.machine.switching > 0 ? 'switch' : c.ending === 'error' && this.recovers ? 'recovery' : undefined,
        state: saves || c.ending === 'keep' ? 'save' : 'drop',
        keepQueues: c.ending !== 'delete',
        // a rule that is deleted or fails does not wait for its sinks
        timeoutMs: c.ending === 'delete' || c.ending === 'error' ? 0 : env.settings.stopTimeoutMs,
      });
      if (c.ending === 'keep') this.kept.put(kept);
    } catch (error) {
      this.closeFailed(error);
    }
    if (parks) await this.deps.pool.unpin('shutdown');
    env.deps.suspects?.letGo(this.id);
    this.lastStopAtMs = env.clock.now();
    await this.forgetState(c.ending).catch((error: unknown) => this.closeFailed(error));
    await this.log.close();
    this.happened({ type: 'halted', scheduled: this.schedule.scheduled });
  }

  /** A rule with qos 0 begins anew after a stop by the user, as in eKuiper; only an end of the process (orderly or not) keeps its state. */
  private async forgetState(ending: Ending): Promise<void> {
    if (ending === 'finish' || (ending === 'user' && this.definition.options.qos === 0)) await this.kept.forget();
  }

  private closeFailed(error: unknown): void {
    this.log.now.error({ rule: this.id, cause: messageOf(error) }, 'Ending a run failed.');
  }

  private ended(run: RuleRun, error: unknown, text: string): void {
    if (run !== this.run) return;
    if (error !== undefined) {
      const parks = (error as { code?: unknown } | null)?.code === 'RULE_PARKED';
      this.log.now.error(
        { rule: this.id, ...(parks && { code: 'RULE_PARKED' }), cause: messageOf(error) },
        parks ? 'Rule is parked.' : 'Rule stops by an error.',
      );
      void this.command('fail', messageOf(error), parks ? 'park' : 'error');
    } else void this.command('finish', text ? `done: ${text}` : 'done', 'finish');
  }

  /** A failed run is followed by another one. */
  private get recovers(): boolean {
    return this.definition.options.restart.attempts > 0 && this.machine.life === 'live';
  }

  /** Restart strategy: pauses grow and are spread, and shrink again after a run that lasted. */
  private planRecovery(): void {
    const r = this.definition.options.restart;
    const { clock } = this.deps.env;
    if (!this.recovers) return;
    this.happened({ type: 'recovering', afterLong: clock.monotonic() - this.startedAtMonoMs > 2 * r.maxDelayMs });
    const pauseMs = recoveryPauseMs(r, this.machine.recoveries - 1, this.deps.env.random());
    this.recovery = clock.setTimer(pauseMs, () => {
      this.recovery = undefined;
      void this.command('recover', '', 'user');
    });
  }

  private clearRecovery(): void {
    this.deps.env.clock.clear(this.recovery);
    this.recovery = undefined;
  }
}
