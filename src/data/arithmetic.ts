// + - * / % & | ^ on values, with Go's arithmetic: int64 wraps, int/int truncates, a float on either side makes a float.
// Null on either side gives null (false for & | ^). Called by compile/ for every binary operator; the first lines of each function
// are the hot path. Rules: docs/spec/sql.md §4.4.
import { rowError } from '../base/errors/gateway-error.ts';
import { describe, goTypeName } from './go-format.ts';
import { type Value, wrapInt64 } from './value.ts';

export type BinaryOperatorText =
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '&'
  | '|'
  | '^'
  | '='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | 'AND'
  | 'OR'
  | 'IN'
  | 'NOT IN';

/** The error of an operator that does not take these operands. */
export const invalidOperation = (a: Value, op: BinaryOperatorText, b: Value) =>
  rowError(`invalid operation ${describe(a)} ${op} ${describe(b)}`);

/** Arrays, objects and bytes on the left are refused whatever stands right, even null.
 *  @throws rowError `+ is an invalid operation for []interface {}` */
export function refuseContainer(a: Value, op: BinaryOperatorText): void {
  if (typeof a === 'object' && a !== null && !('isDateTime' in a)) throw rowError(`${op} is an invalid operation for ${goTypeName(a)}`);
}

export function add(a: Value, b: Value): Value {
  if (typeof a === 'number') {
    if (typeof b === 'number') return a + b;
    if (typeof b === 'bigint') return a + Number(b);
  } else if (typeof a === 'bigint') {
    if (typeof b === 'bigint') return wrapInt64(a + b);
    if (typeof b === 'number') return Number(a) + b;
  }
  return noArithmetic(a, '+', b);
}

export function sub(a: Value, b: Value): Value {
  if (typeof a === 'number') {
    if (typeof b === 'number') return a - b;
    if (typeof b === 'bigint') return a - Number(b);
  } else if (typeof a === 'bigint') {
    if (typeof b === 'bigint') return wrapInt64(a - b);
    if (typeof b === 'number') return Number(a) - b;
  }
  return noArithmetic(a, '-', b);
}

export function mul(a: Value, b: Value): Value {
  if (typeof a === 'number') {
    if (typeof b === 'number') return a * b;
    if (typeof b === 'bigint') return a * Number(b);
  } else if (typeof a === 'bigint') {
    if (typeof b === 'bigint') return wrapInt64(a * b);
    if (typeof b === 'number') return Number(a) * b;
  }
  return noArithmetic(a, '*', b);
}

/** int / int truncates toward zero. @throws rowError `divided by zero`, for floats too */
export function div(a: Value, b: Value): Value {
  if (typeof a === 'number') {
    if (typeof b === 'number') return a / nonZero(b);
    if (typeof b === 'bigint') return a / nonZero(Number(b));
  } else if (typeof a === 'bigint') {
    if (typeof b === 'bigint') return wrapInt64(a / nonZeroInt(b));
    if (typeof b === 'number') return Number(a) / nonZero(b);
  }
  return noArithmetic(a, '/', b);
}

/** Remainder with the sign of the dividend. @throws rowError `divided by zero` */
export function mod(a: Value, b: Value): Value {
  if (typeof a === 'number') {
    if (typeof b === 'number') return a % nonZero(b);
    if (typeof b === 'bigint') return a % nonZero(Number(b));
  } else if (typeof a === 'bigint') {
    if (typeof b === 'bigint') return a % nonZeroInt(b);
    if (typeof b === 'number') return Number(a) % nonZero(b);
  }
  return noArithmetic(a, '%', b);
}

/** On two ints or two booleans. */
export function bitAnd(a: Value, b: Value): Value {
  if (typeof a === 'bigint' && typeof b === 'bigint') return a & b;
  if (typeof a === 'boolean' && typeof b === 'boolean') return a && b;
  return noBits(a, '&', b);
}

export function bitOr(a: Value, b: Value): Value {
  if (typeof a === 'bigint' && typeof b === 'bigint') return a | b;
  if (typeof a === 'boolean' && typeof b === 'boolean') return a || b;
  return noBits(a, '|', b);
}

export function bitXor(a: Value, b: Value): Value {
  if (typeof a === 'bigint' && typeof b === 'bigint') return a ^ b;
  if (typeof a === 'boolean' && typeof b === 'boolean') return a !== b;
  return noBits(a, '^', b);
}

function nonZero(x: number): number {
  if (x === 0) throw rowError('divided by zero');
  return x;
}

function nonZeroInt(x: bigint): bigint {
  if (x === 0n) throw rowError('divided by zero');
  return x;
}

function noArithmetic(a: Value, op: BinaryOperatorText, b: Value): null {
  refuseContainer(a, op);
  if (a == null || b == null) return null;
  throw invalidOperation(a, op, b);
}

function noBits(a: Value, op: BinaryOperatorText, b: Value): false {
  refuseContainer(a, op);
  if (a == null || b == null) return false;
  throw invalidOperation(a, op, b);
}

/** By operator. */
export const arithmetic: Readonly<Partial<Record<BinaryOperatorText, (a: Value, b: Value) => Value>>> = {
  '+': add,
  '-': sub,
  '*': mul,
  '/': div,
  '%': mod,
  '&': bitAnd,
  '|': bitOr,
  '^': bitXor,
};
