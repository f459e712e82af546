// AND and OR with three values, whatever the order of the sides: false decides AND and true decides OR, also when the other side is null or cannot be
// computed (`l[0] > 1 OR v = 10` with an empty list). What does not decide is null, and an error that nothing decides is the row's.
import { isBudgetError } from '../../base/budget.ts';
import type { Expr } from '../../contract/function.ts';
import { invalidOperation } from '../../data/arithmetic.ts';
import type { Tuple } from '../../data/tuple.ts';
import type { Value } from '../../data/value.ts';
import { SUSPENDED } from '../../exec/outside-calls.ts';

export const compileAnd = (left: Expr, right: Expr): Expr => decidedBy(false, 'AND', left, right);
export const compileOr = (left: Expr, right: Expr): Expr => decidedBy(true, 'OR', left, right);

function decidedBy(decides: boolean, op: 'AND' | 'OR', left: Expr, right: Expr): Expr {
  const afterError = (error: unknown, t: Tuple): Value => {
    // not a matter of the value: the row is over its budget, or is evaluated again
    if (error === SUSPENDED || isBudgetError(error)) throw error;
    let b: Value;
    try {
      b = right(t);
    } catch (second) {
      throw second === SUSPENDED || isBudgetError(second) ? second : error;
    }
    if (b === decides) return decides;
    throw error;
  };
  return (t) => {
    let a: Value;
    try {
      a = left(t);
    } catch (error) {
      return afterError(error, t);
    }
    if (a === decides) return decides;
    const b = right(t);
    if (b === decides) return decides;
    if (typeof a === 'boolean' && typeof b === 'boolean') return !decides;
    if ((a != null && typeof a !== 'boolean') || (b != null && typeof b !== 'boolean')) throw invalidOperation(a, op, b);
    return null;
  };
}
