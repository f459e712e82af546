// Errors that point: a span becomes line, column, the line of text with carets under it, and a hint. Used by the parser and the
// checks here, and by plan/ for unknown names. The message itself stays eKuiper's; what is ours comes after a line break.
import type { ErrorCode } from '../base/errors/catalogue/index.ts';
import { GatewayError } from '../base/errors/gateway-error.ts';
import type { Span } from './ast.ts';

export interface Position {
  /** From 1. */
  readonly line: number;
  /** From 1, in characters (code points). */
  readonly column: number;
}

/** Widest part of a line that is shown; longer lines are cut around the caret. */
const MAX_LINE_COLUMNS = 120;

export function positionOf(sql: string, offset: number): Position {
  const before = sql.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  let line = 1;
  for (let i = before.indexOf('\n'); i >= 0; i = before.indexOf('\n', i + 1)) line++;
  return { line, column: [...before.slice(lineStart)].length + 1 };
}

/** @returns message, then place, the line of text, carets under the span, and the hint; lines joined by `\n`. */
export function renderDiagnostic(sql: string, span: Span, message: string, hint?: string): string {
  return `${message}\n${renderPlace(sql, span, hint)}`;
}

/** The part of {@link renderDiagnostic} after the message. */
export function renderPlace(sql: string, span: Span, hint?: string): string {
  const start = Math.min(Math.max(span.start, 0), sql.length);
  const { line, column } = positionOf(sql, start);
  const lineStart = sql.lastIndexOf('\n', start - 1) + 1;
  const newline = sql.indexOf('\n', start);
  const text = sql.slice(lineStart, newline < 0 ? sql.length : newline).replace(/\r$/, '');

  const from = start - lineStart > MAX_LINE_COLUMNS / 2 ? start - lineStart - MAX_LINE_COLUMNS / 2 : 0;
  const shown = text.slice(from, from + MAX_LINE_COLUMNS).toWellFormed();
  const lead = from > 0 ? '…' : '';
  const tail = from + MAX_LINE_COLUMNS < text.length ? '…' : '';
  // Tabs are kept in the padding, so that the caret stands below its character whatever the tab width.
  const padding = lead + [...text.slice(from, start - lineStart)].map((c) => (c === '\t' ? '\t' : ' ')).join('');
  const marked = Math.min(span.end, lineStart + from + shown.length) - start;
  const carets = '^'.repeat(Math.max(1, [...sql.slice(start, start + Math.max(0, marked))].length));

  const lines = [`at line ${line}, column ${column}:`, `  ${lead}${shown}${tail}`, `  ${padding.replace('…', ' ')}${carets}`];
  if (hint) lines.push(`hint: ${hint}`);
  return lines.join('\n');
}

/** Makes the error of a span.
 *  @param text eKuiper's message   @param hint how to cure it, one sentence without a full stop
 *  @returns GatewayError whose params are {text, start, end, line, column, hint} */
export function sqlError(code: ErrorCode, text: string, sql: string, span: Span, hint?: string): GatewayError {
  const { line, column } = positionOf(sql, Math.min(span.start, sql.length));
  return new GatewayError(code, { text, start: span.start, end: span.end, line, column, hint }, { detail: renderPlace(sql, span, hint) });
}
