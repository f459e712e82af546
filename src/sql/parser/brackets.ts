// `object[i]`, `object[from:to]` with either end missing, and `object[]` (everything). Called by expr.ts.
// eKuiper reads an end that begins with an integer as that integer alone: `a[1 + b]` is refused, `a[b + 1]` and `a[(1 + b)]` are not.
import type { Expr, IndexExpr, SliceExpr } from '../ast.ts';
import { parseExpr } from './expr.ts';
import { parsePrimary } from './primary.ts';
import type { Reader } from './reader.ts';

export function parseBrackets(r: Reader, object: Expr): IndexExpr | SliceExpr {
  r.take();
  if (r.accept(']') !== undefined) return { kind: 'slice', object, span: r.spanFrom(object.span) };
  const first = r.peek();
  const from = first.type === ':' ? undefined : parseEnd(r, 'start');
  if (from !== undefined && r.accept(']') !== undefined) return { kind: 'index', object, index: from, span: r.spanFrom(object.span) };
  if (r.accept(':') === undefined) {
    const hint = from?.kind === 'int' ? 'put an expression that begins with a number in parentheses' : undefined;
    throw r.error('SQL_SYNTAX', `Unexpected token ${JSON.stringify(first.text)}. when parsing bracket expressions.`, undefined, hint);
  }
  if (r.accept(']') !== undefined) return { kind: 'slice', object, from, span: r.spanFrom(object.span) };
  const to = parseEnd(r, 'end');
  if (r.accept(']') === undefined) {
    const hint = to.kind === 'int' ? 'put an expression that begins with a number in parentheses' : undefined;
    throw r.error('SQL_SYNTAX', `Found ${JSON.stringify(r.peek().text)}, expected right bracket.`, undefined, hint);
  }
  return { kind: 'slice', object, from, to, span: r.spanFrom(object.span) };
}

function parseEnd(r: Reader, which: 'start' | 'end'): Expr {
  const negative = r.peek().type === '-';
  const number = r.peek(negative ? 1 : 0);
  if (number.type === 'int' && isAlone(r, negative ? 2 : 1)) {
    const written = (negative ? '-' : '') + number.text;
    if (!isInt64(written))
      throw r.error('SQL_BAD_LITERAL', `The ${which} index ${written} is not an int value in bracket expression.`, number.span);
    return parsePrimary(r);
  }
  if (negative && number.type === 'float' && !r.standard)
    throw r.error(
      'SQL_SYNTAX',
      `The ${which} index -${number.text} is invalid in bracket expression.`,
      undefined,
      'an index is a whole number',
    );
  return parseExpr(r);
}

/** In standard SQL an end may be any expression: `a[1 + b]`. */
function isAlone(r: Reader, ahead: number): boolean {
  return !r.standard || r.peek(ahead).type === ']' || r.peek(ahead).type === ':';
}

/** Elsewhere integers are clamped; here eKuiper refuses what does not fit. 40 digits are enough to see that. */
function isInt64(written: string): boolean {
  const value = BigInt(written.slice(0, 40));
  return BigInt.asIntN(64, value) === value;
}
