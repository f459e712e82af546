// A statement as tokens with the comments between them. The lexer leaves comments out, so they are read from the text between two tokens.
// Used by layout.ts and statements.ts.
import { tokenize } from '../lexer.ts';
import type { Token } from '../tokens.ts';

export interface Comment {
  /** As written, without blanks at its end. */
  readonly text: string;
  /** `--`: it takes the rest of its line. */
  readonly line: boolean;
  /** It stands on a line of its own, before what follows; else behind what comes before it. */
  readonly own: boolean;
}

export interface Piece {
  readonly token: Token;
  /** How the token is printed: reserved words in upper case, operators without blanks inside. */
  readonly text: string;
  /** How it stands in the text. */
  readonly written: string;
  /** Comments between the token before and this one. */
  readonly before: readonly Comment[];
}

/** @returns pieces in order; the last one is the end */
export function piecesOf(sql: string): Piece[] {
  let at = 0;
  return tokenize(sql, Number.POSITIVE_INFINITY, true).map((token) => {
    const gap = sql.slice(at, token.span.start);
    const first = at === 0;
    at = token.span.end;
    return {
      token,
      text: textOf(token, sql),
      written: sql.slice(token.span.start, token.span.end),
      before: commentsIn(gap, first),
    };
  });
}

/** They may be names of columns too. */
const UNITS = new Set(['DD', 'HH', 'MI', 'SS', 'MS']);

/** Operators without the blanks that the lexer allows inside (`- >`), words as they are read, everything else as it stands there. */
function textOf(token: Token, sql: string): string {
  const written = sql.slice(token.span.start, token.span.end);
  if (['string', 'single', 'name', 'bad'].includes(token.type)) return written;
  if (token.type === 'end') return '';
  // operators as they are written: `<>` is read as `!=`
  return /^[A-Z]+$/.test(token.type) && !UNITS.has(token.type) ? token.text : written.replace(/\s+/g, '');
}

/** @param first the text begins with the gap: a comment in it stands on a line of its own */
export function commentsIn(gap: string, first: boolean): Comment[] {
  const found: Comment[] = [];
  let own = first;
  for (let at = 0; at < gap.length; at++) {
    if (gap[at] === '\n') own = true;
    const line = gap.startsWith('--', at);
    if (!line && !gap.startsWith('/*', at)) continue;
    const close = line ? gap.indexOf('\n', at) : gap.indexOf('*/', at + 2) + 2;
    const end = line && close < 0 ? gap.length : close;
    found.push({ text: gap.slice(at, end).trimEnd(), line, own });
    at = end - 1;
  }
  return found;
}
