// [NOT] IN, [NOT] LIKE and [NOT] BETWEEN, from the keyword on. Called by expr.ts with the left operand.
import type { BetweenExpr, Expr, InExpr, IsExpr, LikeExpr } from '../ast.ts';
import { PREDICATE_PRECEDENCE } from '../operators.ts';
import { parseExpr } from './expr.ts';
import { parsePrimary } from './primary.ts';
import type { Reader } from './reader.ts';

export function parseIn(r: Reader, value: Expr, not: boolean): InExpr {
  r.take();
  if (r.accept('(') === undefined) {
    const set = parseExpr(r, PREDICATE_PRECEDENCE + 1);
    return { kind: 'in', not, value, set, span: r.spanFrom(value.span) };
  }
  const list: Expr[] = [];
  do list.push(parseExpr(r));
  while (r.accept(',') !== undefined);
  if (r.accept(')') === undefined) throw r.error('SQL_SYNTAX', `expect ) for IN expression, but got ${JSON.stringify(r.peek().text)}`);
  // eKuiper would read `x IN (1) + 2` as adding 2 to the list, which fails for every row.
  if (!r.standard && ['+', '-', '|', '^', '*', '/', '%', '&', '->', '.', '['].includes(r.peek().type))
    throw r.error(
      'SQL_SYNTAX',
      `found ${JSON.stringify(r.peek().text)}, expected a comparison or the end after the list of IN`,
      undefined,
      'put the whole IN expression in parentheses',
    );
  return { kind: 'in', not, value, list, span: r.spanFrom(value.span) };
}

/** `value IS [NOT] NULL | TRUE | FALSE`: standard SQL. */
export function parseIs(r: Reader, value: Expr): IsExpr {
  r.take();
  const not = r.accept('NOT') !== undefined;
  const { type } = r.peek();
  const what = r.atWord('NULL') ? 'NULL' : type === 'TRUE' ? 'TRUE' : type === 'FALSE' ? 'FALSE' : undefined;
  if (what === undefined) return r.failFound('expected NULL, TRUE or FALSE.');
  r.take();
  return { kind: 'is', not, value, what, span: r.spanFrom(value.span) };
}

export function parseLike(r: Reader, value: Expr, not: boolean): LikeExpr {
  r.take();
  const pattern = parseExpr(r, PREDICATE_PRECEDENCE + 1);
  return { kind: 'like', not, value, pattern, span: r.spanFrom(value.span) };
}

export function parseBetween(r: Reader, value: Expr, not: boolean): BetweenExpr {
  r.take();
  const low = r.standard ? parseExpr(r, PREDICATE_PRECEDENCE + 1) : parsePrimary(r);
  if (r.accept('AND') === undefined) {
    const found = r.peek();
    const hint = found.type in { '+': 1, '-': 1, '*': 1, '/': 1, '%': 1, '->': 1, '[': 1 } ? 'put the lower end in parentheses' : undefined;
    throw r.error('SQL_SYNTAX', `expect AND expression after between but found ${found.text}`, undefined, hint);
  }
  const high = parseExpr(r, PREDICATE_PRECEDENCE + 1);
  return { kind: 'between', not, value, low, high, span: r.spanFrom(value.span) };
}
