// Binding strength of the operators, low to high; all bind to the left. Shared by the parser and the printer.
// Member access and brackets bind like `*` in eKuiper: `a * b[0]` is `(a * b)[0]` (docs/spec/sql.md §1). In standard SQL they bind tightest.
// The printer writes what both read alike.
import type { BinaryOp, Expr } from './ast.ts';

export const binaryPrecedence: Readonly<Record<BinaryOp, number>> = {
  OR: 1,
  AND: 2,
  '=': 4,
  '!=': 4,
  '<': 4,
  '<=': 4,
  '>': 4,
  '>=': 4,
  '||': 5,
  '<<': 5,
  '>>': 5,
  '+': 6,
  '-': 6,
  '|': 6,
  '^': 6,
  '*': 7,
  '/': 7,
  '%': 7,
  '&': 7,
};

/** NOT in front of a condition. */
export const NOT_PRECEDENCE = 3;
/** IN, LIKE, BETWEEN, IS and their negations. */
export const PREDICATE_PRECEDENCE = 4;
/** `->`, `.`, `[...]`. */
export const POSTFIX_PRECEDENCE = 7;
/** A minus sign in front of an expression. */
export const NEGATE_PRECEDENCE = 8;
/** The same in standard SQL: `2 * o->v` is `2 * (o->v)`. */
export const TIGHT_POSTFIX_PRECEDENCE = 9;
/** Literals, names, calls, CASE: never need parentheses. */
export const PRIMARY_PRECEDENCE = 9;

export function precedenceOf(expr: Expr): number {
  switch (expr.kind) {
    case 'binary':
      return binaryPrecedence[expr.op];
    case 'not':
      return NOT_PRECEDENCE;
    case 'negate':
      return NEGATE_PRECEDENCE;
    case 'between':
    case 'in':
    case 'like':
    case 'is':
      return PREDICATE_PRECEDENCE;
    case 'member':
    case 'index':
    case 'slice':
      return POSTFIX_PRECEDENCE;
    default:
      return PRIMARY_PRECEDENCE;
  }
}
