// Arithmetic, comparison, AND, OR. A comparison of a column with a literal is the commonest condition of all and gets a closure of its own.

import type { Expr } from '../contract/function.ts';
import { arithmetic, refuseContainer } from '../data/arithmetic.ts';
import { comparisons } from '../data/compare.ts';
import { andValues, orValues } from '../data/logic.ts';
import type { Tuple } from '../data/tuple.ts';
import type { Value } from '../data/value.ts';
import type { BinaryOp, BoundBinary } from '../plan/bound.ts';
import { compileColumnComparison, exactNumber } from './column-comparison.ts';
import type { CompileContext } from './context.ts';
import { compileExpr } from './expression.ts';
import { compileStandardBinary } from './standard/binary.ts';

type Arithmetic = (a: Value, b: Value) => Value;

export function compileBinary(e: BoundBinary, ctx: CompileContext): Expr {
  const fast = compileColumnComparison(e, ctx);
  if (fast) return fast;
  if (ctx.standard) return compileStandardBinary(e, ctx);
  const left = compileExpr(e.left, ctx);
  const right = compileExpr(e.right, ctx);
  if (e.op === 'AND') return compileAnd(left, right);
  if (e.op === 'OR') return compileOr(left, right);
  const compute = arithmetic[e.op];
  if (compute) {
    const op = e.op;
    const n = exactNumber(e.right);
    if (n !== undefined) {
      const withNumber = arithmeticWithNumber(op, left, n, right, compute);
      if (withNumber) return withNumber;
    }
    return (t) => {
      const a = left(t);
      if (typeof a === 'object') refuseContainer(a, op); // said before the right side can fail
      return compute(a, right(t));
    };
  }
  const compare = comparisons[e.op]!;
  const zone = ctx.env.timeZone;
  const op = e.op;
  return (t) => {
    const a = left(t);
    if (typeof a === 'object') refuseContainer(a, op);
    return compare(a, right(t), zone);
  };
}

/** Arithmetic with a numeric literal on the right: a float on the left needs no call. Zero is left to the general way, for its error. */
function arithmeticWithNumber(op: BinaryOp, left: Expr, n: number, right: Expr, compute: Arithmetic): Expr | undefined {
  const general = (a: Value, t: Tuple): Value => {
    if (typeof a === 'object') refuseContainer(a, op);
    return compute(a, right(t));
  };
  switch (op) {
    case '+':
      return (t) => {
        const a = left(t);
        return typeof a === 'number' ? a + n : general(a, t);
      };
    case '-':
      return (t) => {
        const a = left(t);
        return typeof a === 'number' ? a - n : general(a, t);
      };
    case '*':
      return (t) => {
        const a = left(t);
        return typeof a === 'number' ? a * n : general(a, t);
      };
    case '/':
      if (n === 0) return undefined;
      return (t) => {
        const a = left(t);
        return typeof a === 'number' ? a / n : general(a, t);
      };
    default:
      return undefined;
  }
}

/** False on the left decides; anything else needs the right side, whose error makes the whole an error. */
function compileAnd(left: Expr, right: Expr): Expr {
  return (t) => {
    const a = left(t);
    if (a === false) return false;
    if (a !== true) refuseContainer(a, 'AND');
    const b = right(t);
    return a === true && typeof b === 'boolean' ? b : andValues(a, b);
  };
}

function compileOr(left: Expr, right: Expr): Expr {
  return (t) => {
    const a = left(t);
    if (a === true) return true;
    if (a !== false) refuseContainer(a, 'OR');
    const b = right(t);
    return a === false && typeof b === 'boolean' ? b : orValues(a, b);
  };
}
