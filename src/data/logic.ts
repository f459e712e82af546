// AND and OR on values. The compiler short-circuits: when the left side decides, the right one is not evaluated.
// `true OR null` is true, `null OR true` is false, `null AND …` is false. Rules: docs/spec/sql.md §4.4.
import { invalidOperation, refuseContainer } from './arithmetic.ts';
import type { Value } from './value.ts';

/** @param right evaluated only when left is not false */
export function and(left: Value, right: () => Value): boolean {
  if (left === false) return false;
  refuseContainer(left, 'AND');
  return andValues(left, right());
}

/** @param right evaluated only when left is not true */
export function or(left: Value, right: () => Value): boolean {
  if (left === true) return true;
  refuseContainer(left, 'OR');
  return orValues(left, right());
}

/** Both operands are known and the left one is not false. */
export function andValues(a: Value, b: Value): boolean {
  if (typeof a === 'boolean' && typeof b === 'boolean') return a && b;
  refuseContainer(a, 'AND');
  if (a == null || b == null) return false;
  throw invalidOperation(a, 'AND', b);
}

/** Both operands are known and the left one is not true. */
export function orValues(a: Value, b: Value): boolean {
  if (typeof a === 'boolean' && typeof b === 'boolean') return a || b;
  refuseContainer(a, 'OR');
  if (a == null || b == null) return false;
  throw invalidOperation(a, 'OR', b);
}
