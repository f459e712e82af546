// Checkpoints of one run: keeps its ledger (delivery/ledger.ts), asks the cadence when one is due, and carries it through: take the state,
// wait for the results before it, store, confirm. Called by run-host.ts (messages), checkpoint/checkpointer.ts (time) and rule-run.ts (end).
import type { Clock } from '../../base/clock.ts';
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { Ack } from '../../data/ack.ts';
import type { CheckpointStore } from '../../store/index.ts';
import type { Checkpointed, Checkpointer } from '../checkpoint/checkpointer.ts';
import { packSnapshot, type RuleSnapshot } from '../checkpoint/rule-state.ts';
import { afterCheckpoint, type Flow, isDue, nearWindow, noFlow } from '../delivery/cadence.ts';
import { Ledger } from '../delivery/ledger.ts';

/** State as bytes, taken at one moment. */
export interface PackedState {
  readonly bytes: number;
  /** @param held messages that are in it and not confirmed  @throws when it could not be stored */
  save(held: number): Promise<void>;
}

export interface RunCheckpointDeps {
  ruleId: string;
  clock: Clock;
  log: Log;
  checkpointer: Checkpointer;
  store: CheckpointStore;
  intervalMs: number;
  maxStateBytes: number;
  /** ackPolicy early */
  early: boolean;
  /** State of everything in the run; undefined when it does not run any more. */
  snapshot(): RuleSnapshot | undefined;
  /** Set for a rule whose state is kept elsewhere (spread.ts): taken instead. */
  elsewhere?(): { pack(): PackedState | undefined } | undefined;
  /** Messages of all sources so far. */
  received(): number;
  nodes(): readonly object[];
  onStored(): void;
  crash(error: unknown): void;
}

export class RunCheckpoint implements Checkpointed {
  readonly ledger: Ledger;
  bytes = 0;
  lastAtMs = 0;
  /** When the state was taken that is stored; 0 = none of this run is. */
  takenAtMs = 0;
  failures = 0;
  /** Why the last one could not be stored; '' = it was. */
  error = '';
  private readonly deps: RunCheckpointDeps;
  private flow: Flow = noFlow;
  private lastMs: number;
  /** The one that is being made. */
  private underWay: Promise<void> | undefined;
  private ended = false;

  constructor(deps: RunCheckpointDeps) {
    this.deps = deps;
    this.ledger = new Ledger(deps.early);
    this.lastMs = deps.clock.monotonic();
  }

  /** A message went into the state. Hot path of stateful rules. @param remember see Ledger.take */
  hold(ack: Ack, remember: boolean): void {
    const { ledger, deps } = this;
    const received = deps.received();
    if (ledger.take(ack, received, remember)) deps.checkpointer.wake();
    else if (this.flow.window !== undefined && !this.checkpointing && nearWindow(this.flow, ledger.spanAt(received)))
      deps.checkpointer.now(this);
  }

  /** The state changed, with or without a message. */
  touch(): void {
    if (this.ledger.touch()) this.deps.checkpointer.wake();
  }

  /** Messages that the run before had in its state. */
  adopt(held: readonly Ack[]): void {
    this.ledger.adopt(held, this.deps.received());
    if (this.ledger.heldCount > 0) this.deps.checkpointer.wake();
  }

  get waits(): boolean {
    return this.ledger.dirty || this.ledger.heldCount > 0;
  }

  get heldCount(): number {
    return this.ledger.heldCount;
  }

  get checkpointing(): boolean {
    return this.underWay !== undefined;
  }

  get nodes(): readonly object[] {
    return this.deps.nodes();
  }

  dueAt(nowMs: number): boolean {
    const { ledger, deps } = this;
    const { due, flow } = isDue(this.flow, {
      nowMs,
      heldCount: ledger.heldCount,
      span: ledger.heldCount > 0 ? ledger.spanAt(deps.received()) : 0,
      lastCheckpointMs: this.lastMs,
      intervalMs: deps.intervalMs,
    });
    this.flow = flow;
    return due;
  }

  async checkpoint(): Promise<void> {
    if (this.underWay || this.ended) return;
    this.underWay = this.make();
    await this.underWay;
  }

  private async make(): Promise<void> {
    const { ledger, deps } = this;
    try {
      // as bytes at once: operators give out live state, and rows that come while results are delivered must not get into it
      const takenAtMs = deps.clock.now();
      const state = this.take();
      if (!state) return;
      this.flow = afterCheckpoint(this.flow);
      await ledger.seal({ nowMs: deps.clock.monotonic(), window: this.flow.window });
      let stored = false;
      try {
        stored = await this.store(state);
      } finally {
        if (stored) {
          this.takenAtMs = takenAtMs;
          ledger.commit();
        } else ledger.abandon();
      }
    } catch (error) {
      deps.crash(error);
    } finally {
      this.lastMs = deps.clock.monotonic();
      this.underWay = undefined;
      if (!this.ended && this.waits) deps.checkpointer.wake();
    }
  }

  private take(): PackedState | undefined {
    const elsewhere = this.deps.elsewhere?.();
    if (elsewhere) return elsewhere.pack();
    const snapshot = this.deps.snapshot();
    return snapshot && this.packed(snapshot);
  }

  /** For the store of this gateway. */
  private packed(snapshot: RuleSnapshot): PackedState {
    const { ruleId, clock, store } = this.deps;
    const state = packSnapshot(snapshot);
    return { bytes: state.byteLength, save: () => store.save({ rule: ruleId, atMs: clock.now(), state }) };
  }

  /** Nothing is held any more, since another gateway reads it again. */
  renounce(): void {
    this.ledger.renounce();
  }

  /** The run ends: no checkpoint begins any more. */
  stop(): void {
    this.ended = true;
    this.deps.checkpointer.remove(this);
  }

  /** Resolves when the one under way is through: it must not store an older state over the last one. */
  async settled(): Promise<void> {
    await this.underWay;
  }

  /** The last one, of a run that ended. Its results are settled. @param snapshot undefined: there is nothing to be stored
   *  @returns confirmations that could not be given, because the store failed */
  async last(snapshot: RuleSnapshot | undefined): Promise<readonly Ack[]> {
    const { ledger, deps } = this;
    const held = ledger.giveBack();
    if (snapshot && (ledger.dirty || held.length > 0)) {
      try {
        if (!(await this.store(this.packed(snapshot)))) return held;
      } catch (error) {
        // too large: it would stop the rule
        deps.log.error({ rule: deps.ruleId, cause: messageOf(error) }, 'State is dropped.');
      }
    }
    for (const ack of held) ack.release();
    return [];
  }

  /** @returns false when the store failed; it shows in health and is tried again */
  private async store(state: PackedState): Promise<boolean> {
    const { ruleId, clock, log, maxStateBytes } = this.deps;
    this.bytes = state.bytes;
    if (state.bytes > maxStateBytes)
      throw new GatewayError('RUNTIME_STATE_TOO_LARGE', { bytes: state.bytes, limit: maxStateBytes }, { where: { rule: ruleId } });
    try {
      await state.save(this.ledger.sealedCount);
    } catch (error) {
      this.failures++;
      this.error = messageOf(error);
      log.error({ code: 'STORE_FAILED', rule: ruleId, cause: messageOf(error) }, 'State could not be stored; it is tried again.');
      return false;
    }
    this.deps.onStored();
    this.error = '';
    this.lastAtMs = clock.now();
    return true;
  }
}
