// A rule that is spread over several gateways (option `spread`): each reads some partitions of the input and has the state of these. When the group
// shares the input out again, the state is stored with the partitions and read by whoever has them next. docs/adr/0261. Made by rule-run.ts; the
// source's side is contract/spread.ts.
import type { Clock } from '../../base/clock.ts';
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import { withinLimit } from '../../base/limit.ts';
import type { Log } from '../../base/log.ts';
import type { Share, SpreadMember } from '../../contract/spread.ts';
import type { ProgramHost, RuleProgram, RunningProgram } from '../../exec/operator.ts';
import { matchOperators, packSnapshot, unpackSnapshot } from '../checkpoint/rule-state.ts';
import type { RuleDefinition } from '../definition.ts';
import type { PackedState, RunCheckpoint } from './run-checkpoint.ts';
import { SpreadProgram } from './spread-program.ts';

type SlotOf = Parameters<RuleProgram['start']>[1];

export interface SpreadDeps {
  ruleId: string;
  clock: Clock;
  log: Log;
  checkpoints(): Pick<RunCheckpoint, 'waits' | 'checkpoint' | 'settled' | 'renounce'>;
}

export class SpreadRun implements SpreadMember {
  readonly ruleId: string;
  private readonly deps: SpreadDeps;
  private plan: Pick<RuleProgram, 'fingerprints'> | undefined;
  private program: SpreadProgram | undefined;
  private share: Share | undefined;
  private left = false;

  constructor(deps: SpreadDeps) {
    this.deps = deps;
    this.ruleId = deps.ruleId;
  }

  /** Each partition has a program of its own. */
  start(plan: RuleProgram, host: ProgramHost, slotOf: SlotOf): RunningProgram {
    this.plan = plan;
    const once = slotsOnce(slotOf);
    this.program = new SpreadProgram(() => plan.start(host, once));
    return this.program;
  }

  begin(share: Share, states: ReadonlyMap<number, Uint8Array | undefined>): void {
    if (this.left || !this.program) return;
    this.deps.checkpoints().renounce();
    this.share = share;
    this.program.assign(new Map([...states].map(([partition, state]) => [partition, this.operatorsOf(partition, state)])));
    this.deps.log.info({ rule: this.ruleId, partitions: [...states.keys()] }, 'The rule reads these partitions now.');
  }

  private operatorsOf(partition: number, state: Uint8Array | undefined): Record<string, unknown> | undefined {
    if (!state || !this.plan) return undefined;
    const { log } = this.deps;
    try {
      const { kept, dropped } = matchOperators(unpackSnapshot(state), this.plan);
      if (dropped.length) log.warn({ rule: this.ruleId, partition, operators: dropped }, 'State of changed operators is dropped.');
      return kept;
    } catch (error) {
      log.error(
        { rule: this.ruleId, partition, cause: messageOf(error) },
        'Saved state of a partition is damaged; the rule begins without.',
      );
      return undefined;
    }
  }

  /** State of all partitions now. Asked by run-checkpoint.ts. */
  pack(): PackedState | undefined {
    const { share, program, plan } = this;
    if (!share || !program || !plan) return undefined;
    const mark = share.mark();
    const states = new Map<number, Uint8Array>();
    let bytes = 0;
    for (const [partition, operators] of program.saveParts()) {
      const state = packSnapshot({ v: 1, fingerprints: plan.fingerprints, operators, offsets: {}, sources: {}, sinks: {} });
      bytes += state.byteLength;
      states.set(partition, state);
    }
    return { bytes, save: (held) => mark.save(states, held) };
  }

  async end(limitMs: number): Promise<void> {
    const { share, deps } = this;
    if (!share) return;
    try {
      await withinLimit(deps.clock, limitMs, 'the last state of the partitions', this.storeLast(share));
    } catch (error) {
      deps.log.warn(
        { rule: this.ruleId, cause: messageOf(error) },
        'Partitions go without their last state: their next reader repeats a little.',
      );
    }
    if (this.share !== share) return;
    this.share = undefined;
    this.program?.close();
    deps.checkpoints().renounce();
  }

  private async storeLast(share: Share): Promise<void> {
    const checkpoints = this.deps.checkpoints();
    await checkpoints.settled();
    if (this.share !== share) return;
    const storing = checkpoints.waits ? checkpoints.checkpoint() : undefined;
    // the state is taken: a window that ends now ends at the next reader
    this.program?.close();
    await storing;
  }

  /** The run ends. @param keep false: it failed, and its state is not stored again */
  async leave(limitMs: number, keep: boolean): Promise<void> {
    this.left = true;
    if (keep) await this.end(limitMs);
    this.share = undefined;
    this.program?.close();
    this.deps.checkpoints().renounce();
  }
}

/** @param sinks those of the rule, configured  @throws RULE_CANNOT_SPREAD for what would be lost with a gateway, or is not of one partition */
export function checkSpread(
  definition: RuleDefinition,
  plan: Pick<RuleProgram, 'inputs'>,
  sinks: readonly { readonly name: string; readonly keepsState: boolean; readonly cache: { readonly enableCache: boolean } }[],
): void {
  const refuse = (problem: string): never => {
    throw new GatewayError('RULE_CANNOT_SPREAD', { rule: definition.id, problem });
  };
  if (plan.inputs.length !== 1 || plan.inputs[0]?.kind !== 'stream') refuse('it must read one stream, and may join lookup tables only');
  if (definition.options.ackPolicy === 'early') refuse('ackPolicy early confirms messages before their state is stored');
  for (const sink of sinks) {
    if (sink.keepsState) refuse(`action ${sink.name} makes batches, which are of no partition: remove batchSize and lingerInterval`);
    if (sink.cache.enableCache)
      refuse(`action ${sink.name} keeps rows on the disk of this gateway, which may not come back: remove enableCache`);
  }
}

/** A program that is started for each partition reads the same columns each time: a subscription is asked for each of them once. */
function slotsOnce(slotOf: SlotOf): SlotOf {
  const known = new Map<string, number>();
  return (input, column) => {
    const key = `${input} ${column}`;
    const slot = known.get(key) ?? slotOf(input, column);
    known.set(key, slot);
    return slot;
  };
}
