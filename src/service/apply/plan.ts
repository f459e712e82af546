// The difference between what a folder says and what the gateway has, object by object, without any effect: the plan that `kuiper apply` shows and
// carries out, and the drift that `--check` tells of. Used by apply-service.ts.
import type { ReportItem } from '../transfer/report.ts';
import { lineDiff } from './line-diff.ts';
import { type ApplyObject, type Objects, sameObject, type TreeProblem, textOf } from './tree.ts';

export interface PlanItem extends ReportItem {
  /** Where in the folder it stands, or would stand. */
  path: string;
  /** Lines that come and go. */
  diff?: string;
}

/** Never removed by an apply: what else lies in etc is the owner's. */
const KEPT = new Set(['pluginFiles']);

/** @param prune what the folder does not name goes; otherwise it stays and is not in the plan */
export async function planOf(wanted: Objects, now: Objects, problems: readonly TreeProblem[], prune: boolean): Promise<PlanItem[]> {
  const items: PlanItem[] = problems.map(({ path, reason }) => ({ part: 'files', name: path, path, outcome: 'refused', reason }));
  for (const [key, object] of wanted) {
    const old = now.get(key);
    const at = { part: object.part, name: object.name, path: object.path };
    if (old && sameObject(object, old)) items.push({ ...at, outcome: 'unchanged' });
    else items.push({ ...at, outcome: old ? 'changed' : 'created', ...(await diffOf(old, object)) });
  }
  if (prune)
    for (const [key, old] of now)
      if (!wanted.has(key) && !KEPT.has(old.part))
        items.push({ part: old.part, name: old.name, path: old.path, outcome: 'removed', ...(await diffOf(old, undefined)) });
  return items;
}

export const differing = (items: readonly PlanItem[]): PlanItem[] =>
  items.filter((i) => i.outcome === 'created' || i.outcome === 'changed' || i.outcome === 'removed');

async function diffOf(before: ApplyObject | undefined, after: ApplyObject | undefined): Promise<{ diff?: string }> {
  const [a, b] = [before && (await textOf(before)), after && (await textOf(after))];
  if ((before && a === undefined) || (after && b === undefined)) return {};
  const diff = before && after ? lineDiff(a!, b!) : prefixed(after ? '+' : '-', (after ? b : a)!);
  return diff === '' ? {} : { diff };
}

const MAX_SHOWN_LINES = 40;

function prefixed(mark: '+' | '-', text: string): string {
  const lines = text.replace(/\n$/, '').split('\n');
  const more = lines.length - MAX_SHOWN_LINES;
  return [...lines.slice(0, MAX_SHOWN_LINES).map((l) => `${mark} ${l}`), ...(more > 0 ? [`  … ${more} more lines`] : [])].join('\n');
}

/** For a terminal. @param full with the lines that differ */
export function printPlan(
  { applied, items, notes, revision }: { applied: boolean; items: readonly PlanItem[]; notes: readonly string[]; revision: string },
  full = true,
): string {
  const marks: Readonly<Record<string, string>> = { created: '+', changed: '~', removed: '-', refused: '!' };
  const lines = items
    .filter((i) => i.outcome !== 'unchanged')
    .flatMap(({ part, name, outcome, reason, diff, path }) => [
      `${marks[outcome] ?? ' '} ${outcome.padEnd(8)} ${part === 'files' ? path : `${part} ${name}`}${reason ? `: ${reason}` : ''}`,
      ...(full && diff ? diff.split('\n').map((l) => `      ${l}`) : []),
    ]);
  const count = (outcome: string) => items.filter((i) => i.outcome === outcome).length;
  const sum = (['created', 'changed', 'removed', 'unchanged', 'refused'] as const)
    .map((o) => [count(o), o] as const)
    .filter(([n]) => n > 0)
    .map(([n, o]) => `${n} ${o}`)
    .join(', ');
  return [
    ...lines,
    ...notes,
    `${sum === '' ? 'Nothing' : sum}; ${applied ? `applied as revision ${revision}.` : 'nothing was changed.'}`,
  ].join('\n');
}
