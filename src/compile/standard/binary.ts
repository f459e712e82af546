// Operators in standard SQL: null beside anything is null, int64 that overflows is an error of the row, and AND and OR do not depend on the order of
// their sides (logic.ts). Called by ../binary.ts; the fast ways for a column beside a literal are the same as there.
import { rowError } from '../../base/errors/gateway-error.ts';
import type { Expr } from '../../contract/function.ts';
import { arithmetic, div, invalidOperation, refuseContainer } from '../../data/arithmetic.ts';
import { comparisons } from '../../data/compare.ts';
import type { Value } from '../../data/value.ts';
import type { BinaryOp, BoundBinary } from '../../plan/bound.ts';
import { exactNumber } from '../column-comparison.ts';
import type { CompileContext } from '../context.ts';
import { compileExpr } from '../expression.ts';
import { compileAnd, compileOr } from './logic.ts';

type Compute = (a: Value, b: Value) => Value;

const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;

function inRange(v: bigint, a: bigint, op: string, b: bigint): bigint {
  if (v > MAX_INT64 || v < MIN_INT64) throw rowError(`bigint out of range: ${a} ${op} ${b}`);
  return v;
}

const ofInts: Partial<Record<BinaryOp, (a: bigint, b: bigint) => Value>> = {
  '+': (a, b) => inRange(a + b, a, '+', b),
  '-': (a, b) => inRange(a - b, a, '-', b),
  '*': (a, b) => inRange(a * b, a, '*', b),
  // MIN / -1 is the one quotient that does not fit
  '/': (a, b) => (b === 0n ? div(a, b) : inRange(a / b, a, '/', b)),
};

const isPlain = (v: Value): boolean => typeof v !== 'object' || v === null || 'isDateTime' in v;

/** @returns what the operator gives for two values */
function computation(op: BinaryOp): Compute | undefined {
  const way = arithmetic[op];
  if (!way) return undefined;
  const ints = ofInts[op];
  const name = op as '+';
  return (a, b) => {
    if (ints && typeof a === 'bigint' && typeof b === 'bigint') return ints(a, b);
    if (a == null || b == null) {
      refuseContainer(a, name);
      refuseContainer(b, name);
      return null;
    }
    return way(a, b);
  };
}

/** @returns true, false, or null when a side is null */
function comparison(op: BinaryOp): ((a: Value, b: Value, zone: string) => boolean | null) | undefined {
  const compare = comparisons[op];
  if (!compare) return undefined;
  return (a, b, zone) => {
    if (a == null || b == null) {
      if (!isPlain(a) || !isPlain(b)) throw invalidOperation(a, op as '=', b);
      return null;
    }
    return compare(a, b, zone);
  };
}

export function compileStandardBinary(e: BoundBinary, ctx: CompileContext): Expr {
  const left = compileExpr(e.left, ctx);
  const right = compileExpr(e.right, ctx);
  if (e.op === 'AND') return compileAnd(left, right);
  if (e.op === 'OR') return compileOr(left, right);
  const n = exactNumber(e.right);
  const compute = computation(e.op);
  if (compute) return (n !== undefined && arithmeticWithNumber(e.op, left, n, right, compute)) || ((t) => compute(left(t), right(t)));
  const compare = comparison(e.op)!;
  const zone = ctx.env.timeZone;
  return (t) => compare(left(t), right(t), zone);
}

/** A float on the left of a numeric literal needs no call. */
function arithmeticWithNumber(op: BinaryOp, left: Expr, n: number, right: Expr, compute: Compute): Expr | undefined {
  switch (op) {
    case '+':
      return (t) => {
        const a = left(t);
        return typeof a === 'number' ? a + n : compute(a, right(t));
      };
    case '-':
      return (t) => {
        const a = left(t);
        return typeof a === 'number' ? a - n : compute(a, right(t));
      };
    case '*':
      return (t) => {
        const a = left(t);
        return typeof a === 'number' ? a * n : compute(a, right(t));
      };
    case '/':
      if (n === 0) return undefined;
      return (t) => {
        const a = left(t);
        return typeof a === 'number' ? a / n : compute(a, right(t));
      };
    default:
      return undefined;
  }
}
