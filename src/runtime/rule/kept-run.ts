// What a rule keeps between two runs: the state of the one before, with the confirmations of messages that are in it and in no checkpoint. And what
// it leaves on disk for sinks. Used by rule.ts.
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { CheckpointAccess } from '../checkpoint/access.ts';
import { packSnapshot } from '../checkpoint/rule-state.ts';
import type { RuleDefinition } from '../definition.ts';
import type { Environment } from '../environment.ts';
import { parkedName, queueName, sinkName } from '../sink/names.ts';
import { retireSinks } from '../sink/retire.ts';
import type { KeptState } from './run-api.ts';

export class KeptRun {
  private readonly ruleId: string;
  private readonly env: Environment;
  private readonly checkpoints: CheckpointAccess;
  private state: KeptState | undefined;

  constructor(ruleId: string, env: Environment, checkpoints: CheckpointAccess) {
    this.ruleId = ruleId;
    this.env = env;
    this.checkpoints = checkpoints;
  }

  put(state: KeptState | undefined): void {
    this.state = state;
  }

  /** What the next run begins with: the state in memory, or that on disk. It is the run's from now on. */
  async take(): Promise<KeptState | undefined> {
    let { state } = this;
    if (!state) {
      const snapshot = await this.checkpoints.load(this.ruleId);
      state = snapshot && { snapshot, held: [] };
    }
    this.state = undefined;
    return state;
  }

  /** A rule that does not run: its state goes to disk, so that the messages in it can be confirmed. */
  async store(): Promise<void> {
    const { state, env } = this;
    if (!state?.held.length) return;
    try {
      await env.deps.store.checkpoints.save({ rule: this.ruleId, atMs: env.clock.now(), state: packSnapshot(state.snapshot) });
      this.checkpoints.stored(this.ruleId);
    } catch (error) {
      // unconfirmed messages come again when the peer is connected anew
      env.log.error(
        { code: 'STORE_FAILED', rule: this.ruleId, cause: messageOf(error) },
        'State of a rule that does not run could not be stored.',
      );
      return;
    }
    for (const ack of state.held) ack.release();
    if (this.state === state) this.state = { snapshot: state.snapshot, held: [] };
  }

  drop(): void {
    for (const ack of this.state?.held ?? []) ack.release();
    this.state = undefined;
  }

  /** Nothing of the rule's state is left, in memory or on disk. */
  async forget(): Promise<void> {
    this.drop();
    await this.checkpoints.forget(this.ruleId);
  }

  /** Queues on disk of sinks that a new definition no longer has. @param after undefined: the rule is deleted */
  async dropQueues(before: RuleDefinition, after: RuleDefinition | undefined): Promise<void> {
    await retireSinks(this.env, before, after);
    const keep = new Set(after?.actions.map(sinkName) ?? []);
    for (const a of before.actions) {
      const op = sinkName(a);
      if (keep.has(op)) continue;
      try {
        await this.env.deps.store.sinkQueues.clear(queueName(this.ruleId, op));
        await this.env.deps.store.sinkQueues.clear(parkedName(this.ruleId, op));
        for (const name of [queueName(this.ruleId, op), parkedName(this.ruleId, op)]) this.env.queueSpace.set(name, 0);
      } catch (error) {
        this.env.log.warn({ rule: this.ruleId, op, cause: messageOf(error) }, 'The queue of a removed sink could not be cleared.');
      }
    }
  }
}
