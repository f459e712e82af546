// A rule from creation to deletion: carries commands out by the state table, one transition at a time and at most one command waiting.
// A run is a RuleRun; a new one is made at each start. Called by the service through RuleHandle and by the patrol loop.
import type { TimerHandle } from '../../base/clock.ts';
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { CloseReason } from '../../contract/source.ts';
import { type RuleHandle, type RuleHealth, type RuleState, type RuleStatus, stateTexts, type Topo } from '../api.ts';
import type { CheckpointAccess } from '../checkpoint/access.ts';
import type { Checkpointer } from '../checkpoint/checkpointer.ts';
import { packSnapshot } from '../checkpoint/rule-state.ts';
import type { RuleDefinition } from '../definition.ts';
import type { Environment } from '../environment.ts';
import type { SourcePool } from '../ports.ts';
import { healthOf } from '../status/health.ts';
import { ignoredOptions } from '../status/ignored-options.ts';
import { statusOf, statusV2Of } from '../status/status.ts';
import { topoOf } from '../status/topo.ts';
import { type ParkedRule, parkedText } from '../suspect/index.ts';
import type { RuleLogs } from './rule-log.ts';
import { RuleRun } from './rule-run.ts';
import type { KeptState } from './run-api.ts';
import { createSchedule, type Schedule } from './schedule.ts';
import { type RuleAction, stateTable } from './state-table.ts';

export interface RuleDeps {
  env: Environment;
  pool: SourcePool;
  checkpointer: Checkpointer;
  checkpoints: CheckpointAccess;
  logs: RuleLogs;
  onDeleted(rule: Rule): void;
}

/** A rule is "starting" until its sources are connected, but not longer than this: a broker may be away for days. */
const CONNECT_MS = 300;

/** How a run is closed. */
type Ending = 'user' | 'keep' | 'error' | 'park' | 'finish' | 'shutdown' | 'delete';

interface Command {
  action: RuleAction;
  /** Message of the stop. */
  message: string;
  ending: Ending;
  done: () => void;
}

export class Rule implements RuleHandle {
  readonly id: string;
  definition: RuleDefinition;
  state: RuleState = 'stopped';
  message = '';
  lastStartAtMs = 0;
  lastStopAtMs = 0;
  /** The run, or the last one: its counters stay visible after a stop. */
  run: RuleRun | undefined;
  onTriggeredChange: ((triggered: boolean) => void) | undefined;
  private readonly deps: RuleDeps;
  private schedule: Schedule;
  private pending: Command | undefined;
  /** State of the run before, for the next one. */
  private kept: KeptState | undefined;
  /** Updates and restarts under way: what arrives between the runs is kept. */
  private switching = 0;
  private logging: ReturnType<RuleLogs['open']> | undefined;
  private recovery: TimerHandle | undefined;
  private recoveries = 0;
  private closed = false;
  private deleted = false;
  private startedAtMonoMs = 0;

  /** @throws RULE_INVALID_CRON */
  constructor(definition: RuleDefinition, deps: RuleDeps) {
    this.id = definition.id;
    this.definition = definition;
    this.deps = deps;
    this.schedule = createSchedule(definition.options, deps.env.settings.timeZone);
    this.logIgnored();
    const { parked } = this;
    if (parked) this.enter('stoppedByError', parkedText(parked));
  }

  get parked(): ParkedRule | undefined {
    return this.deps.env.deps.suspects?.parkedRule(this.id);
  }

  // ---------------------------------------------------------------------------------------------------------- commands

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
      this.logIgnored();
      this.schedule = schedule;
      this.recoveries = 0;
      await this.dropQueues(before, definition);
      if (definition.triggered) await this.start();
    });
  }

  /** Subscriptions stay open, and what they give meanwhile is kept for the next run. */
  private async switchOver(go: () => Promise<void>): Promise<void> {
    const { pool } = this.deps;
    pool.pin();
    this.switching++;
    try {
      await go();
    } finally {
      if (--this.switching === 0) {
        pool.endHandover(this.id);
        // a replaced rule that does not run: its state goes to disk, so that the messages in it can be confirmed
        if (this.kept?.held.length && this.state !== 'starting') await this.storeKept();
      }
      await pool.unpin();
    }
  }

  private async storeKept(): Promise<void> {
    const { kept } = this;
    if (!kept?.held.length) return;
    const { env, checkpoints } = this.deps;
    try {
      await env.deps.store.checkpoints.save({ rule: this.id, atMs: env.clock.now(), state: packSnapshot(kept.snapshot) });
      checkpoints.stored(this.id);
    } catch (error) {
      // unconfirmed messages come again when the peer is connected anew
      env.log.error(
        { code: 'STORE_FAILED', rule: this.id, cause: messageOf(error) },
        'State of a rule that does not run could not be stored.',
      );
      return;
    }
    for (const ack of kept.held) ack.release();
    if (this.kept === kept) this.kept = { snapshot: kept.snapshot, held: [] };
  }

  private dropKept(): void {
    for (const ack of this.kept?.held ?? []) ack.release();
    this.kept = undefined;
  }

  async delete(): Promise<void> {
    this.deleted = true;
    await this.command('stop', 'canceled manually', 'delete');
    this.closed = true;
    this.deps.env.deps.suspects?.forget(this.id);
    this.deps.pool.endHandover(this.id);
    this.dropKept();
    this.clearRecovery();
    this.deps.onDeleted(this);
    await this.dropQueues(this.definition, undefined);
    await this.deps.checkpoints.forget(this.id);
  }

  /** Orderly end of the gateway: state is stored, sessions at peers are kept. */
  async shutdown(): Promise<void> {
    this.closed = true;
    this.clearRecovery();
    if (this.state === 'running' || this.state === 'starting') await this.command('stop', 'canceled manually', 'shutdown');
    else if (this.switching === 0) this.deps.pool.endHandover(this.id);
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

  private logIgnored(): void {
    const notes = ignoredOptions(this.definition);
    if (notes.length) this.log.warn({ rule: this.id, notes }, 'Options of a rule are not taken as written.');
  }

  private mustExist(): void {
    if (this.deleted) throw new GatewayError('RUNTIME_RULE_CLOSED', { rule: this.id });
  }

  /** Asked at each round of the patrol loop. */
  patrol(nowMs: number): void {
    if (this.closed || this.parked) return;
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

  statusV2(): RuleStatus {
    return statusV2Of(this);
  }

  health(): RuleHealth {
    return healthOf(this, this.deps.env);
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
    return new Promise((done) => this.apply({ action, message, ending, done }));
  }

  private apply(c: Command): void {
    const move = stateTable[this.state][c.action];
    switch (move.effect) {
      case 'ignore':
        return c.done();
      case 'queue': {
        // one place: a later command replaces an earlier one, whose caller is answered
        const before = this.pending;
        this.pending = c;
        before?.done();
        return;
      }
      case 'settle':
        this.enter(move.to, c.message);
        this.clearRecovery();
        if (this.switching === 0) this.deps.pool.endHandover(this.id);
        if (c.action === 'stop') void this.forgetState(c.ending);
        return c.done();
      case 'wait':
        this.enter('waiting', c.message);
        return c.done();
      case 'run':
        if (c.action === 'start' && this.schedule.scheduled) {
          this.enter('waiting', '');
          return c.done();
        }
        void this.open(c);
        return;
      case 'halt':
        void this.halt(c, move.to);
    }
  }

  private enter(state: RuleState, message: string): void {
    this.state = state;
    this.message = message;
  }

  private next(): void {
    const c = this.pending;
    this.pending = undefined;
    if (c) this.apply(c);
  }

  private async open(c: Command): Promise<void> {
    this.clearRecovery();
    this.enter('starting', '');
    const { pool, checkpointer, checkpoints } = this.deps;
    const env = this.openLog();
    let run: RuleRun | undefined;
    let state: KeptState | undefined;
    let entered = true;
    const leave = () => {
      if (entered) env.bootGate.leave();
      entered = false;
    };
    env.bootGate.enter();
    try {
      state = this.kept;
      if (!state) {
        const snapshot = await checkpoints.load(this.id);
        state = snapshot && { snapshot, held: [] };
      }
      this.kept = undefined;
      const own: RuleRun = new RuleRun(this.definition, {
        env,
        pool,
        checkpointer,
        snapshot: state?.snapshot,
        held: state?.held ?? [],
        onEnd: (error, text) => this.ended(own, error, text),
        onStored: () => checkpoints.stored(this.id),
      });
      run = own;
      this.run = run;
      await run.prepare();
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
      if (this.state === 'starting') this.enter('running', '');
    } catch (error) {
      this.log.warn({ rule: this.id, cause: messageOf(error) }, 'Rule cannot start.');
      this.state = 'stopping';
      await run
        ?.close({ reason: 'stopped', state: 'drop', keepQueues: true, timeoutMs: 0 })
        .catch((cause: unknown) => this.closeFailed(cause));
      // a rule that could not start (a plugin is missing) still has its state when it can
      this.kept = state;
      await this.storeKept();
      this.lastStopAtMs = env.clock.now();
      await this.closeLog();
      this.enter('stoppedByError', messageOf(error));
      this.planRecovery();
    } finally {
      leave();
    }
    c.done();
    this.next();
  }

  private async halt(c: Command, to: RuleState): Promise<void> {
    this.clearRecovery();
    this.state = 'stopping';
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
        handOver: this.switching > 0 ? 'switch' : c.ending === 'error' && this.recovers ? 'recovery' : undefined,
        state: saves || c.ending === 'keep' ? 'save' : 'drop',
        keepQueues: c.ending !== 'delete',
        // a rule that is deleted or fails does not wait for its sinks
        timeoutMs: c.ending === 'delete' || c.ending === 'error' ? 0 : env.settings.stopTimeoutMs,
      });
      if (c.ending === 'keep') this.kept = kept;
    } catch (error) {
      this.closeFailed(error);
    }
    if (parks) await this.deps.pool.unpin('shutdown');
    this.lastStopAtMs = env.clock.now();
    await this.forgetState(c.ending).catch((error: unknown) => this.closeFailed(error));
    await this.closeLog();
    this.enter(to, c.message);
    if (to === 'stoppedByError' && !parks) this.planRecovery();
    if (c.ending === 'finish') this.onTriggeredChange?.(false);
    c.done();
    this.next();
  }

  /** A rule with qos 0 begins anew after a stop by the user, as in eKuiper; only an end of the process (orderly or not) keeps its state. */
  private async forgetState(ending: Ending): Promise<void> {
    if (ending === 'finish' || (ending === 'user' && this.definition.options.qos === 0)) {
      this.dropKept();
      await this.deps.checkpoints.forget(this.id);
    }
  }

  /** @returns what the run needs, with the rule's own log */
  private openLog(): Environment {
    const { env, logs } = this.deps;
    const { options } = this.definition;
    if (!options.debug && options.logFilename === '') return env;
    void this.closeLog();
    this.logging = logs.open(options);
    return { ...env, log: this.logging.log };
  }

  private async closeLog(): Promise<void> {
    const { logging } = this;
    this.logging = undefined;
    await logging?.close();
  }

  private get log(): Log {
    return this.logging?.log ?? this.deps.env.log;
  }

  private closeFailed(error: unknown): void {
    this.log.error({ rule: this.id, cause: messageOf(error) }, 'Ending a run failed.');
  }

  private ended(run: RuleRun, error: unknown, text: string): void {
    if (run !== this.run) return;
    if (error !== undefined) {
      const parks = (error as { code?: unknown } | null)?.code === 'RULE_PARKED';
      this.log.error(
        { rule: this.id, ...(parks && { code: 'RULE_PARKED' }), cause: messageOf(error) },
        parks ? 'Rule is parked.' : 'Rule stops by an error.',
      );
      void this.command('fail', messageOf(error), parks ? 'park' : 'error');
    } else void this.command('finish', text ? `done: ${text}` : 'done', 'finish');
  }

  /** A failed run is followed by another one. */
  private get recovers(): boolean {
    return this.definition.options.restart.attempts > 0 && !this.closed && !this.deleted;
  }

  /** Restart strategy: pauses grow and are spread, and shrink again after a run that lasted. */
  private planRecovery(): void {
    const r = this.definition.options.restart;
    const { clock } = this.deps.env;
    if (!this.recovers) return;
    if (clock.monotonic() - this.startedAtMonoMs > 2 * r.maxDelayMs) this.recoveries = 0;
    const plainMs = Math.min(r.maxDelayMs, r.delayMs * r.multiplier ** this.recoveries++);
    const pauseMs = plainMs * (1 + r.jitterFactor * (2 * this.deps.env.random() - 1));
    this.recovery = clock.setTimer(pauseMs, () => {
      this.recovery = undefined;
      void this.command('recover', '', 'user');
    });
  }

  private clearRecovery(): void {
    this.deps.env.clock.clear(this.recovery);
    this.recovery = undefined;
  }

  /** Queues on disk of sinks that a new definition no longer has. */
  private async dropQueues(before: RuleDefinition, after: RuleDefinition | undefined): Promise<void> {
    const keep = new Set(after?.actions.map((a) => `${a.type}_${a.index}`) ?? []);
    for (const a of before.actions) {
      const name = `${a.type}_${a.index}`;
      if (keep.has(name)) continue;
      try {
        await this.deps.env.deps.store.sinkQueues.clear(`${this.id}/${name}`);
      } catch (error) {
        this.deps.env.log.warn({ rule: this.id, sink: name, cause: messageOf(error) }, 'The queue of a removed sink could not be cleared.');
      }
    }
  }
}
