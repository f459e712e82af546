// A row as text for a person who must find out why it failed: the columns that the rule reads, cut where they are long. Called when a row fails.
import { toJsonText } from '../data/json-text.ts';
import type { Tuple } from '../data/tuple.ts';
import type { FailedRows } from '../exec/failed-rows.ts';
import type { CompileContext } from './context.ts';

const MAX_TEXT = 60;
const MAX_SAMPLE = 300;
const MAX_COLUMNS = 20;

/** @returns undefined with sqlCompatibility ekuiper: there a failure is that of the whole collection */
export function failedRows(ctx: CompileContext): FailedRows | undefined {
  if (!ctx.standard) return undefined;
  // names that begin with NUL are marks of joined rows
  const columns = ctx.frame.columns
    .map(({ column, slot }) => ({ name: column.replace(/^\d+ /, ''), slot }))
    .filter((c) => !c.name.startsWith('\u0000'));
  return { sample: (t) => sampleOf(t, columns), once: ctx.outside === undefined };
}

function sampleOf(t: Tuple, columns: readonly { name: string; slot: number }[]): string {
  const row: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  const whole = columns.find((c) => c.name === '*');
  const object = whole && t.cols[whole.slot];
  const entries: [string, unknown][] =
    typeof object === 'object' && object !== null ? Object.entries(object) : columns.map((c) => [c.name, t.cols[c.slot]]);
  for (const [name, v] of entries.slice(0, MAX_COLUMNS)) if (v !== undefined) row[name.slice(0, MAX_TEXT)] = shorten(v);
  const text = JSON.stringify(row);
  return text.length > MAX_SAMPLE ? `${text.slice(0, MAX_SAMPLE)}…` : text;
}

function shorten(v: unknown): unknown {
  if (typeof v === 'bigint') return v >= -(2n ** 53n) && v <= 2n ** 53n ? Number(v) : String(v);
  if (typeof v === 'string') return v.length > MAX_TEXT ? `${v.slice(0, MAX_TEXT)}…` : v;
  if (typeof v !== 'object' || v === null) return v;
  const text = (Array.isArray(v) && v.length > MAX_COLUMNS) || Object.keys(v).length > MAX_COLUMNS ? '…' : (toJsonText(v as never) ?? '');
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}
