// Is the gateway worse than before a change? Compares two looks at all rules. Rules that were changed are judged by their errors too; others only by what
// they were before. Used by guard.ts.
import type { RuleOverview } from '../rules/rule-overview.ts';

type RuleLook = Omit<RuleOverview, 'name' | 'tags'>;

export interface Look {
  readonly rules: readonly RuleLook[];
}

export interface Judged {
  /** Rules that the change makes, replaces or starts. */
  readonly changed: ReadonlySet<string>;
  /** Rules that the change stops or removes: nothing is expected of them. */
  readonly ended: ReadonlySet<string>;
}

/** Fewer rows say nothing about a share. */
const ENOUGH_ROWS = 3;
/** More of the rows than this fail. */
const MAX_SHARE = 0.05;

/** @returns sentences, one for each rule that is worse; [] = none is */
export function worsened(before: Look, now: Look, { changed, ended }: Judged): string[] {
  const was = new Map(before.rules.map((r) => [r.id, r]));
  const there = new Set(now.rules.map((r) => r.id));
  const found: string[] = [];
  for (const old of before.rules) if (!there.has(old.id) && !ended.has(old.id)) found.push(`Rule ${old.id} is gone.`);
  for (const rule of now.rules) {
    if (ended.has(rule.id)) continue;
    const old = was.get(rule.id);
    const why = changed.has(rule.id) ? judgeChanged(old, rule) : judgeOther(old, rule);
    if (why !== undefined) found.push(`Rule ${rule.id}: ${why}`);
  }
  return found;
}

const stopsByError = (r: RuleLook | undefined): boolean => r !== undefined && /error/.test(r.state);

function judgeOther(old: RuleLook | undefined, now: RuleLook): string | undefined {
  if (old === undefined) return undefined;
  if (stopsByError(now) && !stopsByError(old)) return `it was ${old.state} and is ${now.state}. ${now.problems.join(' ')}`;
  if (old.ok && !now.ok) return now.problems.join(' ') || `it is ${now.state}`;
  if (old.state === 'running' && now.state !== 'running' && now.state !== 'starting') return `it was running and is ${now.state}`;
  return undefined;
}

function judgeChanged(old: RuleLook | undefined, now: RuleLook): string | undefined {
  const other = judgeOther(old, now);
  if (other !== undefined) return other;
  if (old === undefined && !now.ok) return now.problems.join(' ') || `it is ${now.state}`;
  // a new run counts from its own start
  const base = old !== undefined && old.startedAtMs === now.startedAtMs ? old : undefined;
  const rows = now.recordsIn - (base?.recordsIn ?? 0);
  const failed = now.exceptions - (base?.exceptions ?? 0);
  if (failed === 0 || rows < ENOUGH_ROWS) return undefined;
  const shareBefore = old !== undefined && old.recordsIn > 0 ? old.exceptions / old.recordsIn : 0;
  const limit = Math.max(MAX_SHARE, 2 * shareBefore);
  return failed / rows > limit ? `${failed} of ${rows} rows failed. ${now.problems.join(' ')}`.trim() : undefined;
}
