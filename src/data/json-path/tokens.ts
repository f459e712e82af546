// Words of a JSON path expression, cut as Go's text/scanner does it: names, numbers, quoted texts, and single signs. Called by parser.ts.
import { rowError } from '../../base/errors/gateway-error.ts';

export type TokenKind = 'name' | 'number' | 'text' | 'sign' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** As written; of quoted texts with the quotes. */
  readonly text: string;
  /** Offsets into the path. */
  readonly start: number;
  readonly end: number;
}

const SKIPPED = /(?:[ \t\r\n]|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y;
const NAME = /[\p{L}_][\p{L}_\p{Nd}]*/uy;
const NUMBER = /0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9_]+)?/y;
const QUOTED = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`/y;

/** Longest path; paths are parsed once per call, and this keeps a wrong one from costing seconds. */
const MAX_LENGTH = 4096;

/** @throws rowError for a path that is too long or has an open quote */
export function tokenize(path: string): Token[] {
  if (path.length > MAX_LENGTH) throw rowError(`parsing error: a JSON path has at most ${MAX_LENGTH} characters`);
  const tokens: Token[] = [];
  let at = skip(path, 0);
  while (at < path.length) {
    const token = tokenAt(path, at);
    tokens.push(token);
    at = skip(path, token.end);
  }
  tokens.push({ kind: 'end', text: '', start: path.length, end: path.length });
  return tokens;
}

const skip = (path: string, at: number): number => at + (matchAt(SKIPPED, path, at)?.length ?? 0);

function tokenAt(path: string, start: number): Token {
  const c = path[start]!;
  const found =
    named('name', matchAt(NAME, path, start)) ??
    named('number', matchAt(NUMBER, path, start)) ??
    named('text', matchAt(QUOTED, path, start));
  if (found) return { ...found, start, end: start + found.text.length };
  if (c === '"' || c === "'" || c === '`') throw rowError(`parsing error: ${path} - 1:${start + 1} literal not terminated`);
  const sign = String.fromCodePoint(path.codePointAt(start)!);
  return { kind: 'sign', text: sign, start, end: start + sign.length };
}

const named = (kind: TokenKind, text: string | undefined) => (text === undefined ? undefined : { kind, text });

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}
