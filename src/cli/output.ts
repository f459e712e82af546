// Where and in which form a command prints: tables on a terminal, JSON into a pipe, YAML on request, eKuiper's texts with --ekuiper.
// Made by cli.ts; commands reach it as context.show. Next: table.ts.
import { stringify } from 'yaml';
import { indent } from './command.ts';
import { type Cell, paint, renderTable, safe } from './table.ts';

export type OutputForm = 'table' | 'json' | 'yaml' | 'ekuiper';

export interface Io {
  /** Results. */
  out(text: string): void;
  /** Errors and remarks: never part of what a pipe reads. */
  err(text: string): void;
  /** Whether results go to a terminal. */
  readonly terminal: boolean;
  /** Whether remarks go to a terminal. */
  readonly errorTerminal?: boolean;
  /** Width of the terminal in columns. */
  readonly columns?: number;
  readonly color: boolean;
}

/** How a JSON answer looks in the other forms. */
export interface View {
  /** Rows of the answer; absent: an object is shown as YAML. */
  readonly table?: (value: never) => { head: readonly string[]; rows: readonly (readonly Cell[])[] };
  /** A page of its own for a terminal, instead of a table. */
  readonly page?: (value: never, paintText: (style: Style, text: string) => string) => string;
  /** Text for an empty list, on a terminal and with --ekuiper. */
  readonly empty?: string;
  /** eKuiper's text where it is not the indented JSON. */
  readonly ekuiper?: (value: never) => string;
}

export type Style = Parameters<typeof paint>[0];

/** Prints a JSON answer. Integers above 2^53 keep their digits as JSON. */
export function show(json: string, view: View, form: OutputForm, io: Io): void {
  const text = json.trim();
  if (form === 'json') {
    io.out(indent(text));
    return;
  }
  const value = JSON.parse(text) as never;
  if (form === 'yaml') {
    io.out(stringify(value, { lineWidth: 0 }).trimEnd());
    return;
  }
  if (view.empty !== undefined && Array.isArray(value) && (value as unknown[]).length === 0) {
    io.out(view.empty);
    return;
  }
  if (form === 'ekuiper') {
    io.out(view.ekuiper ? view.ekuiper(value) : indent(text));
    return;
  }
  if (view.page) io.out(view.page(value, (style, t) => paint(style, safe(t), io.color)));
  else if (view.table) {
    const { head, rows } = view.table(value);
    io.out(renderTable(head, rows, io.columns ?? 100, io.color));
  } else if (Array.isArray(value) && (value as unknown[]).every((v) => typeof v === 'string'))
    io.out((value as string[]).map(safe).join('\n'));
  else io.out(safe(stringify(value, { lineWidth: 0 }).trimEnd()));
}
