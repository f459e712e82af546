// A text that holds several statements: where each of them stands. A semicolon ends one; what is only blanks and comments is none.
// Used by formatting of files and by the linter.
import { tokenize } from '../lexer.ts';

export interface Part {
  /** With the comments before it, without the semicolon. */
  readonly text: string;
  /** Offset of `text` in the whole. */
  readonly start: number;
  /** A semicolon follows. */
  readonly closed: boolean;
}

/** @returns the statements in order; the last one has what stands after the last semicolon, when that is a statement */
export function splitStatements(sql: string): Part[] {
  const parts: Part[] = [];
  let start = 0;
  let empty = true;
  for (const token of tokenize(sql, Number.POSITIVE_INFINITY, true)) {
    if (token.type !== ';' && token.type !== 'end') {
      empty = false;
      continue;
    }
    if (!empty) parts.push({ text: sql.slice(start, token.span.start), start, closed: token.type === ';' });
    start = token.span.end;
    empty = true;
  }
  return parts;
}
