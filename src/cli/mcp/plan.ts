// Plans: what an assistant wants to change, checked and shown before anything happens. A plan has an id, ends by itself, is used once, and is void
// when what it touches has changed meanwhile. Used by change-tools.ts. Next: apply-plan.ts.
import { randomUUID } from 'node:crypto';
import { lineDiff } from '../../service/apply/line-diff.ts';
import { type Before, type Change, targetOf } from '../../service/guarded/change.ts';
import { CliError } from '../cli-error.ts';
import type { Client } from '../client.ts';
import { encode } from '../command.ts';

export interface Plan {
  readonly id: string;
  readonly reason: string;
  readonly changes: readonly Change[];
  /** The changes as the gateway takes them. */
  readonly given: readonly unknown[];
  readonly before: ReadonlyMap<string, Before>;
  readonly expiresAtMs: number;
}

export const PLAN_LIFE_MS = 10 * 60_000;
const MAX_PLANS = 20;
export const MAX_CHANGES = 20;

/** Plans of one caller. */
export class Plans {
  private readonly plans = new Map<string, Plan>();
  private readonly nowMs: () => number;

  constructor(nowMs: () => number) {
    this.nowMs = nowMs;
  }

  add(reason: string, given: readonly unknown[], changes: readonly Change[], before: ReadonlyMap<string, Before>): Plan {
    this.forgetOld();
    if (this.plans.size >= MAX_PLANS) this.plans.delete(this.plans.keys().next().value!);
    const plan: Plan = { id: `plan-${randomUUID().slice(0, 8)}`, reason, given, changes, before, expiresAtMs: this.nowMs() + PLAN_LIFE_MS };
    this.plans.set(plan.id, plan);
    return plan;
  }

  /** @throws CliError when there is no such plan, or no more */
  get(id: string): Plan {
    this.forgetOld();
    const plan = this.plans.get(id);
    if (plan === undefined)
      throw new CliError(
        `There is no plan ${id}: it was never made, was used, or is older than ${PLAN_LIFE_MS / 60_000} minutes. Make a new one with plan_changes.`,
        'refused',
      );
    return plan;
  }

  /** Takes it out: a plan is used once. */
  take(id: string): Plan {
    const plan = this.get(id);
    this.plans.delete(id);
    return plan;
  }

  private forgetOld(): void {
    for (const plan of this.plans.values()) if (plan.expiresAtMs <= this.nowMs()) this.plans.delete(plan.id);
  }
}

/** Everything that could refuse the changes, as far as it can be known before. @throws CliError with the gateway's own words */
export async function checkChanges(client: Client, changes: readonly Change[], before: ReadonlyMap<string, Before>): Promise<void> {
  const targets = changes.map(targetOf);
  const twice = targets.find((t, i) => targets.indexOf(t) !== i);
  if (twice !== undefined) throw new CliError(`${twice} is changed twice; a plan has one change for each.`, 'usage');
  const made: string[] = [];
  for (const change of changes) {
    const old = before.get(targetOf(change))!;
    const mustExist = change.op !== 'put_rule' && change.op !== 'put_source';
    if (mustExist && old.text === undefined) throw new CliError(`There is no ${targetOf(change)}.`, 'refused');
    if (change.op === 'put_source') {
      await checkSource(client, change.sql);
      made.push(change.sql);
    } else if (change.op === 'put_rule') await checkRule(client, change.definition, made);
    if (!('rule' in change) && old.text?.includes('******'))
      throw new CliError(`The statement of ${targetOf(change)} holds secrets; a person changes it with the command line.`, 'refused');
  }
}

async function checkSource(client: Client, sql: string): Promise<void> {
  await failOnErrors(client, { sql, kind: 'script' });
}

/** @param made streams that the plan makes before: the gateway does not have them yet */
async function checkRule(client: Client, definition: Readonly<Record<string, unknown>>, made: readonly string[]): Promise<void> {
  const { sql } = definition;
  if (made.length === 0 || typeof sql !== 'string') {
    await client.call('POST', '/rules/validate', JSON.stringify(definition), true);
    return;
  }
  await failOnErrors(client, { sql: [...made, sql].map((s) => `${s.replace(/;\s*$/, '')}\n`).join(';\n'), kind: 'script' });
}

async function failOnErrors(client: Client, body: object): Promise<void> {
  const { diagnostics } = await client.json<{ diagnostics: { severity: string; message: string; hint: string }[] }>(
    'POST',
    '/sql/lint',
    JSON.stringify(body),
  );
  const errors = diagnostics.filter((d) => d.severity === 'error');
  if (errors.length > 0) throw new CliError(errors.map((e) => `${e.message}${e.hint ? ` (${e.hint})` : ''}`).join('\n'), 'refused');
}

/** The lines that change, as `- old` and `+ new`. */
export function diffOf(change: Change, { text }: Before): string {
  switch (change.op) {
    case 'put_rule':
      return lineDiff(text === undefined ? '' : pretty(text), pretty(JSON.stringify(change.definition)));
    case 'put_source':
      return lineDiff(text ?? '', change.sql);
    case 'delete_rule':
      return lineDiff(pretty(text ?? ''), '');
    case 'drop_source':
      return lineDiff(text ?? '', '');
    default:
      return change.op.replace('_rule', '');
  }
}

/** Members in one order, so that only what changes is shown. */
const pretty = (text: string): string => (text === '' ? '' : JSON.stringify(sorted(JSON.parse(text)), undefined, 2));

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([k, v]) => [k, sorted(v)]),
  );
}

/** What is there now of each target. */
export async function lookAt(client: Client, changes: readonly Change[]): Promise<Map<string, Before>> {
  const found = new Map<string, Before>();
  const sources = changes.some((c) => !('rule' in c))
    ? await client.json<{ streams: Record<string, string>; tables: Record<string, string> }>('POST', '/ruleset/export')
    : { streams: {}, tables: {} };
  const rules = await client.json<{ id: string; status: string }[]>('GET', '/rules');
  for (const change of changes) {
    const target = targetOf(change);
    if (found.has(target)) continue;
    if ('rule' in change) {
      const listed = rules.find((r) => r.id === change.rule);
      const text = listed === undefined ? undefined : await client.call('GET', `/rules/${encode(change.rule)}`);
      found.set(target, { text, running: listed !== undefined && /^(running|starting)/.test(listed.status) });
    } else found.set(target, { text: sources[`${change.kind}s`][change.name], running: false });
  }
  return found;
}

/** @throws CliError when something else has changed what the plan touches */
export async function checkUnchanged(client: Client, plan: Plan): Promise<void> {
  const now = await lookAt(client, plan.changes);
  for (const [target, before] of plan.before)
    if (now.get(target)?.text !== before.text)
      throw new CliError(`${target} was changed since the plan was made. Make a new plan.`, 'refused');
}
