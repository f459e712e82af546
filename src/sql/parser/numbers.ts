// Number literals: text to int64 or float64. Called by primary.ts and by DEFAULT clauses.
import type { FloatLiteral, IntLiteral, Span } from '../ast.ts';
import type { Token } from '../tokens.ts';
import type { Reader } from './reader.ts';

const MAX_INT64 = 2n ** 63n - 1n;
const MIN_INT64 = -(2n ** 63n);
/** Digits of the largest int64; longer texts are clamped without making a huge bigint. */
const MAX_DIGITS = 19;

/** @param text digits with an optional minus; clamped to int64 as eKuiper does */
export function intLiteral(text: string, span: Span): IntLiteral {
  const negative = text.startsWith('-');
  const digits = text.replace(/^-?0*/, '');
  const limit = negative ? MIN_INT64 : MAX_INT64;
  const size = digits.length > MAX_DIGITS ? undefined : BigInt(digits || '0');
  const value = size === undefined ? limit : negative ? -size : size;
  return { kind: 'int', value: value > MAX_INT64 ? MAX_INT64 : value < MIN_INT64 ? MIN_INT64 : value, span };
}

/** @param sign `-` when a minus was taken before the token; `span` then covers both */
export function floatLiteral(r: Reader, token: Token, sign: '' | '-', span: Span = token.span): FloatLiteral {
  const value = Number(sign + token.text);
  if (!Number.isFinite(value)) throw r.error('SQL_BAD_LITERAL', `found ${JSON.stringify(sign + token.text)}, invalid number value.`, span);
  return { kind: 'float', value, span };
}
