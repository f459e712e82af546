// What an import or a restore did, or would do, object by object. Made by importer.ts; shown by REST and CLI.

export type Outcome = 'created' | 'changed' | 'unchanged' | 'removed' | 'refused' | 'left out';

export interface ReportItem {
  /** eKuiper's name of the part: `rules`, `sourceConfig`, …; `secrets` and `files` are ours. */
  part: string;
  name: string;
  outcome: Outcome;
  /** Why it was refused or left out. */
  reason?: string;
  /** Secrets that did not come with it, each by its place: `actions/0/mqtt/password`. Somebody has to set them again. */
  missing?: readonly string[];
}

export interface ImportReport {
  /** False: nothing was changed (a refusal, a dry run, an import that says nothing). */
  applied: boolean;
  atMs: number;
  items: readonly ReportItem[];
  /** For people: what else is worth knowing. */
  notes: readonly string[];
}

export const refusedIn = (report: ImportReport): readonly ReportItem[] => report.items.filter((i) => i.outcome === 'refused');

/** One line an object, for a terminal. */
export function printReport({ applied, items, notes }: ImportReport): string {
  const lines = items
    .filter((i) => i.outcome !== 'unchanged' || i.missing)
    .map(({ part, name, outcome, reason, missing }) => {
      const lost = missing?.length ? `; set again: ${missing.join(', ')}` : '';
      return `${outcome.padEnd(9)} ${part} ${name}${reason ? `: ${reason}` : ''}${lost}`;
    });
  const same = items.filter((i) => i.outcome === 'unchanged').length;
  if (same > 0) lines.push(`unchanged ${same} more`);
  return [...lines, ...notes, applied ? 'Done.' : 'Nothing was changed.'].join('\n');
}
