// Where in a statement the cursor stands: which word is being typed, what came before it, which brackets are open, which streams are in scope.
// Used by complete.ts and hover.ts. Next: selects.ts. Works on tokens, so that a statement which is not finished is understood as well.
import { commentsIn } from '../../sql/format/pieces.ts';
import { tokenize } from '../../sql/lexer.ts';
import type { Token } from '../../sql/tokens.ts';
import { type StepNames, selectAround } from './selects.ts';

export interface ScopeSource {
  /** Name of the stream or table. */
  readonly name: string;
  /** How columns name it: its alias, or its name. */
  readonly as: string;
}

export interface CursorPlace {
  /** What stands left of the cursor and belongs to the word under it. */
  readonly prefix: string;
  /** Range of the word under the cursor, UTF-16 units: what a completion replaces. */
  readonly start: number;
  readonly end: number;
  /** The cursor stands in a string, whose text so far is `prefix`. */
  readonly inString: boolean;
  /** Tokens of the statement before that word. */
  readonly before: readonly Token[];
  /** All tokens of the statement. */
  readonly statement: readonly Token[];
  /** Names before the brackets that are open, outermost first; '' where none stands there. */
  readonly open: readonly string[];
  /** What the SELECT around the cursor reads. */
  readonly scope: readonly ScopeSource[];
  /** Tokens of that SELECT, without those of SELECTs in it. */
  readonly select: readonly Token[];
  /** Steps of WITH and sub-selects that may be read there. */
  readonly steps: readonly StepNames[];
}

const isWordToken = (t: Token): boolean => t.type === 'name' || /^[A-Z]+$/.test(t.type);

/** @returns undefined in a comment */
export function placeAt(sql: string, offset: number): CursorPlace | undefined {
  const at = Math.min(Math.max(0, offset), sql.length);
  const left = tokenize(sql.slice(0, at), Number.POSITIVE_INFINITY, true).slice(0, -1);
  const last = left.at(-1);
  if (inComment(sql.slice(last?.span.end ?? 0, at), last)) return undefined;
  const touching = last !== undefined && last.span.end === at;
  const unclosed = touching && last.type === 'bad' && /^["']/.test(last.text);
  const typed = touching && (unclosed || isWordToken(last) || (last.type === 'bad' && last.text.startsWith('`')));
  const start = typed ? last.span.start + (unclosed ? 1 : 0) : at;
  const before = typed ? left.slice(0, -1) : left;
  const from = before.findLastIndex((t) => t.type === ';') + 1;
  const all = tokenize(sql, Number.POSITIVE_INFINITY, true).slice(0, -1);
  const begin = before[from]?.span.start ?? start;
  const first = Math.max(
    0,
    all.findIndex((t) => t.span.end > begin),
  );
  const close = all.findIndex((t, i) => i >= first && t.type === ';' && t.span.start >= at);
  const statement = all.slice(first, close < 0 ? all.length : close);
  const under = all.find((t) => t.span.start === last?.span.start && typed);
  const mine = before.slice(from);
  const { tokens, steps } = selectAround(statement, start);
  return {
    prefix: sql.slice(start, at),
    start,
    end: unclosed ? at : Math.max(at, under && isWordToken(under) ? under.span.end : at),
    inString: unclosed,
    before: mine,
    statement,
    open: openBrackets(mine),
    scope: scopeOf(tokens),
    select: tokens,
    steps,
  };
}

/** @param last the token before, which the lexer makes of a comment that is not closed */
function inComment(gap: string, last: Token | undefined): boolean {
  if (last?.type === 'bad' && last.text === '') return true;
  const comment = commentsIn(gap, false).at(-1);
  return comment?.line === true && !gap.slice(gap.lastIndexOf('--')).includes('\n');
}

function openBrackets(tokens: readonly Token[]): string[] {
  const open: string[] = [];
  tokens.forEach((t, i) => {
    if (t.type === '(' || t.type === '[')
      open.push(i > 0 && tokens[i - 1]!.type !== '(' && isWordToken(tokens[i - 1]!) ? tokens[i - 1]!.text : '');
    else if (t.type === ')' || t.type === ']') open.pop();
  });
  return open;
}

/** Streams, tables and steps behind FROM and JOIN, with their aliases. */
function scopeOf(tokens: readonly Token[]): ScopeSource[] {
  const found: ScopeSource[] = [];
  tokens.forEach((t, i) => {
    const name = tokens[i + 1];
    // a sub-select has been taken out: its name is left
    const of = tokens[i + 2];
    if ((t.type === 'FROM' || t.type === 'JOIN') && name?.type === 'AS' && of?.type === 'name') found.push({ name: of.text, as: of.text });
    if ((t.type !== 'FROM' && t.type !== 'JOIN') || name?.type !== 'name') return;
    const alias = tokens[i + 2]?.type === 'AS' && tokens[i + 3]?.type === 'name' ? tokens[i + 3]!.text : name.text;
    found.push({ name: name.text, as: alias });
  });
  return found;
}
