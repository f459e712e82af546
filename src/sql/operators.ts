// Binding strength of the operators, low to high; all bind to the left. Shared by the parser and the printer.
// Member access and brackets bind like `*`, as in eKuiper: `a * b[0]` is `(a * b)[0]`. Source: docs/spec/sql.md §1.
import type { BinaryOp, Expr } from './ast.ts';

export const binaryPrecedence: Readonly<Record<BinaryOp, number>> = {
  OR: 1,
  AND: 2,
  '=': 3,
  '!=': 3,
  '<': 3,
  '<=': 3,
  '>': 3,
  '>=': 3,
  '+': 4,
  '-': 4,
  '|': 4,
  '^': 4,
  '*': 5,
  '/': 5,
  '%': 5,
  '&': 5,
};

/** IN, LIKE, BETWEEN and their negations. */
export const PREDICATE_PRECEDENCE = 3;
/** `->`, `.`, `[...]`. */
export const POSTFIX_PRECEDENCE = 5;
/** Literals, names, calls, CASE: never need parentheses. */
export const PRIMARY_PRECEDENCE = 6;

export function precedenceOf(expr: Expr): number {
  switch (expr.kind) {
    case 'binary':
      return binaryPrecedence[expr.op];
    case 'between':
    case 'in':
    case 'like':
      return PREDICATE_PRECEDENCE;
    case 'member':
    case 'index':
    case 'slice':
      return POSTFIX_PRECEDENCE;
    default:
      return PRIMARY_PRECEDENCE;
  }
}
