// LIKE: `%` is any run of characters (line breaks too), `_` exactly one, `\%` and `\_` the sign itself, all else is literal and the
// whole text must match (ekuiper-defects.md 26). A pattern is prepared once; matching goes
// through the text once, without backtracking.
import { spend } from '../base/budget.ts';
import { findText } from './text-search.ts';

export type LikeMatcher = (text: string) => boolean;

/** One character of a pattern: a literal, or ANY for `_`. */
const ANY = null;
type Sign = string | typeof ANY;

/** @param pattern text of the pattern   @returns a function that is safe to keep and share */
export function createLike(pattern: string): LikeMatcher {
  const pieces = parse(pattern);
  const [first, ...rest] = pieces as [Sign[], ...Sign[][]];
  const last = rest.pop();
  if (last === undefined) return exactMatcher(first);
  const middle = rest.filter((piece) => piece.length > 0);
  return [first, last, ...middle].every(isPlain) ? plainMatcher(first, middle, last) : signMatcher(first, middle, last);
}

/** Without `_`: text search, nothing allocated per text. */
function plainMatcher(first: Sign[], middle: Sign[][], last: Sign[]): LikeMatcher {
  const head = first.join('');
  const tail = last.join('');
  const parts = middle.map((piece) => piece.join(''));
  return (text) => {
    const end = text.length - tail.length;
    if (end < head.length || !text.startsWith(head) || !text.endsWith(tail)) return false;
    let at = head.length;
    for (const part of parts) {
      const found = findText(text, part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return at <= end;
  };
}

/** The leftmost place of each piece is as good as any other, so nothing is ever tried twice. */
function signMatcher(first: Sign[], middle: Sign[][], last: Sign[]): LikeMatcher {
  return (text) => {
    spend(text.length / 2);
    const chars = Array.from(text);
    const end = chars.length - last.length;
    if (end < first.length || !matchesAt(chars, 0, first) || !matchesAt(chars, end, last)) return false;
    let at = first.length;
    for (const piece of middle) {
      while (at + piece.length <= end && !matchesAt(chars, at, piece)) at++;
      if (at + piece.length > end) return false;
      at += piece.length;
    }
    return true;
  };
}

function exactMatcher(piece: Sign[]): LikeMatcher {
  if (isPlain(piece)) {
    const wanted = piece.join('');
    return (text) => text === wanted;
  }
  return (text) => {
    const chars = Array.from(text);
    return chars.length === piece.length && matchesAt(chars, 0, piece);
  };
}

const isPlain = (piece: Sign[]): boolean => !piece.includes(ANY);

function matchesAt(chars: readonly string[], at: number, piece: readonly Sign[]): boolean {
  for (let i = 0; i < piece.length; i++) {
    const sign = piece[i];
    if (sign === ANY || sign === chars[at + i]) continue;
    if (i > 16) spend(i / 4);
    return false;
  }
  if (piece.length > 16) spend(piece.length / 4);
  return true;
}

/** Splits at unescaped `%`: one piece more than there are percent signs. */
function parse(pattern: string): Sign[][] {
  spend(pattern.length);
  const pieces: Sign[][] = [[]];
  const chars = Array.from(pattern);
  for (let i = 0; i < chars.length; i++) {
    const c = chars[i]!;
    const next = chars[i + 1];
    if (c === '\\' && (next === '%' || next === '_')) {
      pieces.at(-1)!.push(next);
      i++;
    } else if (c === '%') pieces.push([]);
    else pieces.at(-1)!.push(c === '_' ? ANY : c);
  }
  return pieces;
}
