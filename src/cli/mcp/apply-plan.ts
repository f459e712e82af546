// Does what a plan says, watches the gateway, and takes everything back when a rule gets worse or a step fails. Used by change-tools.ts.
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { Client } from '../client.ts';
import { encode } from '../command.ts';
import type { Overview } from '../commands/top.ts';
import { type Before, type Change, perform, targetOf, undo } from './changes.ts';
import type { Plan } from './plan.ts';
import type { ToolContext } from './tool.ts';
import { type Judged, worsened } from './worse.ts';

export interface Applied {
  /** What the plan says is in effect. */
  readonly applied: boolean;
  readonly reverted: boolean;
  /** Why it was taken back; [] when it was not. */
  readonly reasons: readonly string[];
  readonly watchedSeconds: number;
  /** What could not be taken back; a person must look. */
  readonly notReverted: readonly string[];
  readonly rules: readonly { id: string; state: string; ok: boolean; problems: readonly string[] }[];
}

const LOOK_EVERY_MS = 1_000;

/** @param plan taken and found unchanged  @param watchMs how long the gateway is watched */
export async function applyPlan({ client, sleep, nowMs }: ToolContext, plan: Plan, watchMs: number): Promise<Applied> {
  const overview = () => client.json<Overview>('GET', '/overview');
  const before = await overview();
  const versions = await versionsOf(client, plan.changes);
  const judged = judgedOf(plan.changes);
  const done: Change[] = [];
  let reasons: string[] = [];
  const startMs = nowMs();
  try {
    for (const change of plan.changes) {
      done.push(change);
      await perform(client, change, plan.before.get(targetOf(change))!);
    }
    while (nowMs() - startMs < watchMs) {
      await sleep(LOOK_EVERY_MS);
      reasons = worsened(before, await overview(), judged);
      if (reasons.length > 0) break;
    }
  } catch (error) {
    reasons = [`${targetOf(done.at(-1)!)}: ${messageOf(error)}`];
  }
  const watchedSeconds = Math.round((nowMs() - startMs) / 1000);
  const notReverted = reasons.length === 0 ? [] : await takeBack(client, done, plan.before, versions);
  const rules = (await overview()).rules
    .filter((r) => judged.changed.has(r.id) || !r.ok)
    .map(({ id, state, ok, problems }) => ({ id, state, ok, problems }));
  return {
    applied: reasons.length === 0,
    reverted: reasons.length > 0 && notReverted.length === 0,
    reasons,
    watchedSeconds,
    notReverted,
    rules,
  };
}

/** Last change first. @returns what failed, in sentences */
async function takeBack(
  client: Client,
  done: readonly Change[],
  before: ReadonlyMap<string, Before>,
  versions: ReadonlyMap<string, string>,
): Promise<string[]> {
  const failed: string[] = [];
  for (const change of done.toReversed()) {
    const old = before.get(targetOf(change))!;
    try {
      await undo(client, change, old, 'rule' in change ? versions.get(change.rule) : undefined);
    } catch (error) {
      // the step that failed may have had no effect: then there is nothing to take back
      if (change === done.at(-1) && (await isAsBefore(client, change, old))) continue;
      failed.push(`${targetOf(change)}: ${messageOf(error)}`);
    }
  }
  return failed;
}

async function isAsBefore(client: Client, change: Change, before: Before): Promise<boolean> {
  const path = 'rule' in change ? `/rules/${encode(change.rule)}` : `/${change.kind}s/${encode(change.name)}`;
  const there = await client.call('GET', path).then(
    () => true,
    () => false,
  );
  return there === (before.text !== undefined);
}

/** Newest version of each rule that is changed: with it the rule comes back with its secrets. */
async function versionsOf(client: Client, changes: readonly Change[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const change of changes) {
    if (change.op !== 'put_rule' && change.op !== 'delete_rule') continue;
    const [newest] = await client.json<{ version: string; what: string }[]>('GET', `/rules/${encode(change.rule)}/versions`);
    if (newest !== undefined && newest.what !== 'deleted') found.set(change.rule, newest.version);
  }
  return found;
}

function judgedOf(changes: readonly Change[]): Judged {
  const changed = new Set<string>();
  const ended = new Set<string>();
  for (const c of changes) if ('rule' in c) (c.op === 'delete_rule' || c.op === 'stop_rule' ? ended : changed).add(c.rule);
  return { changed, ended };
}
