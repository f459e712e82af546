// Gives a plan to the gateway, which does it, watches all rules and takes everything back by itself, also when this program ends meanwhile; waits for how it
// ended. Used by change-tools.ts.
import type { GuardState } from '../../service/guarded/guard.ts';
import { CliError } from '../cli-error.ts';
import { encode } from '../command.ts';
import type { Plan } from './plan.ts';
import type { ToolContext } from './tool.ts';

export interface Applied {
  /** What the plan says is in effect. */
  readonly applied: boolean;
  readonly reverted: boolean;
  /** Why it was taken back; [] when it was not. */
  readonly reasons: readonly string[];
  readonly watchedSeconds: number;
  /** What could not be taken back; a person must look. */
  readonly notReverted: readonly string[];
  readonly rules: GuardState['rules'];
}

const LOOK_EVERY_MS = 1_000;
/** A gateway that restarts is waited for. */
const AWAY_MS = 60_000;

/** @param watchMs how long the gateway watches  @throws CliError when the gateway refuses all of it */
export async function applyPlan({ client, sleep, nowMs }: ToolContext, plan: Plan, watchMs: number): Promise<Applied> {
  const body = {
    changes: plan.given,
    watchSeconds: watchMs / 1000,
    expected: Object.fromEntries([...plan.before].map(([target, { text }]) => [target, text ?? null])),
    by: 'assistant',
    reason: plan.reason,
  };
  let state = await client.json<GuardState>('POST', '/changes/watched', JSON.stringify(body));
  let seenMs = nowMs();
  while (!['kept', 'reverted'].includes(state.phase)) {
    await sleep(LOOK_EVERY_MS);
    try {
      state = await client.json<GuardState>('GET', `/changes/watched/${encode(state.id)}`);
      seenMs = nowMs();
    } catch (error) {
      if (!(error instanceof CliError) || error.kind !== 'unreachable' || nowMs() - seenMs > AWAY_MS) throw error;
    }
  }
  const { reasons, notReverted, rules, watchedMs } = state;
  return {
    applied: state.phase === 'kept',
    reverted: state.phase === 'reverted' && notReverted.length === 0,
    reasons,
    watchedSeconds: Math.round(watchedMs / 1000),
    notReverted,
    rules,
  };
}
