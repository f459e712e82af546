// Expressions: precedence climbing over binary operators, predicates and postfix access. Operands are in primary.ts.
// Called by every clause. The shapes follow eKuiper's grammar, including what it refuses (docs/spec/sql.md §1, §4).
import type { BinaryOp, Expr } from '../ast.ts';
import { binaryPrecedence, POSTFIX_PRECEDENCE, PREDICATE_PRECEDENCE, TIGHT_POSTFIX_PRECEDENCE } from '../operators.ts';
import { parseBrackets } from './brackets.ts';
import { parseTyped } from './cast.ts';
import { parseMember } from './member.ts';
import { parseBetween, parseIn, parseIs, parseLike } from './predicates.ts';
import { parsePrimary } from './primary.ts';
import type { Reader } from './reader.ts';

/** @param minPrecedence operators that bind weaker are left for the caller */
export function parseExpr(r: Reader, minPrecedence = 1): Expr {
  r.enter();
  let left = parsePrimary(r);
  for (;;) {
    const next = parseOperator(r, left, minPrecedence);
    if (next === undefined) break;
    left = next;
  }
  r.leave();
  return left;
}

/** Reads one operator and its right side; undefined when the next token is not an operator of that strength. */
function parseOperator(r: Reader, left: Expr, minPrecedence: number): Expr | undefined {
  const type = r.peek().type;
  const postfix = r.standard ? TIGHT_POSTFIX_PRECEDENCE : POSTFIX_PRECEDENCE;
  if (type in binaryPrecedence) {
    const op = type as BinaryOp;
    const precedence = binaryPrecedence[op];
    if (precedence < minPrecedence) return undefined;
    r.take();
    const right = parseExpr(r, precedence + 1);
    return { kind: 'binary', op, left, right, span: r.spanFrom(left.span) };
  }
  switch (type) {
    case '->':
    case '.':
      return postfix < minPrecedence ? undefined : parseMember(r, left);
    case '[':
      return postfix < minPrecedence ? undefined : parseBrackets(r, left);
    case '::':
      return postfix < minPrecedence ? undefined : parseTyped(r, left);
    case 'name':
      return !r.standard || !r.atWord('IS') || PREDICATE_PRECEDENCE < minPrecedence ? undefined : parseIs(r, left);
    case 'IN':
    case 'LIKE':
    case 'BETWEEN':
    case 'NOT':
      return PREDICATE_PRECEDENCE < minPrecedence ? undefined : parsePredicate(r, left);
    default:
      return undefined;
  }
}

function parsePredicate(r: Reader, left: Expr): Expr {
  const not = r.accept('NOT') !== undefined;
  switch (r.peek().type) {
    case 'IN':
      return parseIn(r, left, not);
    case 'LIKE':
      return parseLike(r, left, not);
    case 'BETWEEN':
      return parseBetween(r, left, not);
    default:
      return r.failFound('expected expression.');
  }
}
