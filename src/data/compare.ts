// Comparison of values: the six SQL operators, order of ORDER BY, equality of CASE and IN, typed equality, text of group keys.
// Null makes every comparison false; ints compare with floats as floats; text byte by byte; a datetime with a datetime, a parsable
// text or epoch milliseconds; any other mix is an error. Called by compile/ and exec/. Rules: docs/spec/sql.md §4.4, 4.1, 6.
import { checkNesting, isBudgetError, spend, spendMembers, spendText } from '../base/budget.ts';
import { rowError } from '../base/errors/gateway-error.ts';
import { type BinaryOperatorText, invalidOperation, refuseContainer } from './arithmetic.ts';
import type { DateTime } from './datetime.ts';
import { toDateTime } from './datetime-from.ts';
import { brief, formatV, goTypeName } from './go-format.ts';
import { compareText } from './text.ts';
import { isDateTime, isStruct, type Value } from './value.ts';

/** NaN compares unequal to everything, so an order can be undefined. */
const UNORDERED = Number.NaN;

export function eq(a: Value, b: Value, zone = 'UTC'): boolean {
  if (typeof a === typeof b && (typeof a === 'number' || typeof a === 'string' || typeof a === 'boolean')) return a === b;
  return compareScalars(a, '=', b, zone) === 0;
}

export function ne(a: Value, b: Value, zone = 'UTC'): boolean {
  if (typeof a === typeof b && (typeof a === 'number' || typeof a === 'string' || typeof a === 'boolean')) return a !== b;
  const order = compareScalars(a, '!=', b, zone);
  return order !== undefined && order !== 0;
}

export function lt(a: Value, b: Value, zone = 'UTC'): boolean {
  if (typeof a === 'number' && typeof b === 'number') return a < b;
  const order = compareScalars(a, '<', b, zone);
  return order !== undefined && order < 0;
}

export function le(a: Value, b: Value, zone = 'UTC'): boolean {
  if (typeof a === 'number' && typeof b === 'number') return a <= b;
  const order = compareScalars(a, '<=', b, zone);
  return order !== undefined && order <= 0;
}

export function gt(a: Value, b: Value, zone = 'UTC'): boolean {
  if (typeof a === 'number' && typeof b === 'number') return a > b;
  const order = compareScalars(a, '>', b, zone);
  return order !== undefined && order > 0;
}

export function ge(a: Value, b: Value, zone = 'UTC'): boolean {
  if (typeof a === 'number' && typeof b === 'number') return a >= b;
  const order = compareScalars(a, '>=', b, zone);
  return order !== undefined && order >= 0;
}

/** By operator. */
export const comparisons: Readonly<Partial<Record<BinaryOperatorText, (a: Value, b: Value, zone?: string) => boolean>>> = {
  '=': eq,
  '!=': ne,
  '<': lt,
  '<=': le,
  '>': gt,
  '>=': ge,
};

/** The `=` of CASE v WHEN x and of IN (…): as `eq`, but an array or object beside null is false rather than an error. */
export function eqItem(a: Value, b: Value, zone = 'UTC'): boolean {
  return a != null && b != null && (isContainer(a) ? throwInvalid(a, '=', b) : eq(a, b, zone));
}

/** BETWEEN, both ends included. @throws rowError naming the pair that cannot be compared */
export function between(v: Value, low: Value, high: Value, zone = 'UTC'): boolean {
  refuseContainerBetween(v);
  if (v == null || low == null || high == null) return false;
  const fromLow = boundHolds(v, low, ge, zone);
  return boundHolds(v, high, le, zone) && fromLow; // the upper bound is compared in any case: it may be an error
}

function boundHolds(v: Value, bound: Value, holds: typeof ge, zone: string): boolean {
  try {
    return holds(v, bound, zone);
  } catch (error) {
    if (isBudgetError(error)) throw error;
    // Every other failure here is a pair of kinds without an order; eKuiper has a text of its own for it.
    throw rowError(`between operator cannot compare ${goTypeName(v)}(${brief(v)}) and ${goTypeName(bound)}(${brief(bound)})`);
  }
}

function refuseContainerBetween(v: Value): void {
  if (isContainer(v)) throw rowError(`BETWEEN is an invalid operation for ${goTypeName(v)}`);
}

/** @returns negative, 0, positive; NaN when unordered (NaN); undefined when a side is null */
function compareScalars(a: Value, op: BinaryOperatorText, b: Value, zone: string): number | undefined {
  refuseContainer(a, op);
  if (a == null || b == null) return undefined;
  switch (typeof a) {
    case 'number':
      if (typeof b === 'number') return order(a, b);
      if (typeof b === 'bigint') return order(a, Number(b));
      break;
    case 'bigint':
      if (typeof b === 'bigint') return a < b ? -1 : a > b ? 1 : 0;
      if (typeof b === 'number') return order(Number(a), b);
      break;
    case 'string':
      if (typeof b === 'string') return compareText(a, b);
      break;
    case 'boolean':
      if (typeof b === 'boolean' && (op === '=' || op === '!=')) return a === b ? 0 : 1;
      break;
    default: {
      const other = isDateTime(a) ? asDateTime(b, zone) : undefined;
      if (other) return order((a as DateTime).epochNs, other.epochNs);
    }
  }
  return throwInvalid(a, op, b);
}

function order<T extends number | bigint>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : a === b ? 0 : UNORDERED;
}

function asDateTime(v: Value, zone: string): DateTime | undefined {
  if (isDateTime(v)) return v;
  if (typeof v !== 'string' && typeof v !== 'number' && typeof v !== 'bigint') return undefined;
  try {
    return toDateTime(v, { timeZone: zone });
  } catch (error) {
    if (isBudgetError(error)) throw error;
    // The caller reports `invalid operation`, which names both values; the parser's own text would hide the operator.
    return undefined;
  }
}

const isContainer = (v: Value): boolean => typeof v === 'object' && v !== null && !isDateTime(v);

function throwInvalid(a: Value, op: BinaryOperatorText, b: Value): never {
  throw invalidOperation(a, op, b);
}

/** Order for ORDER BY; nulls are last whatever the direction.
 *  @param descending direction of this key, needed here because it does not move nulls
 *  @throws rowError `incompatible types for comparison: float64 and string` */
export function compareForOrder(a: Value, b: Value, descending = false, zone = 'UTC'): number {
  if (a == null || b == null) return a == null ? (b == null ? 0 : 1) : -1;
  const forward = compareSameKind(a, b, zone);
  return descending ? -forward : forward;
}

function compareSameKind(a: Value, b: Value, zone: string): number {
  if (typeof a === 'boolean' && typeof b === 'boolean') return 0; // eKuiper has no order of booleans and leaves them as they are
  const comparable =
    (isNumber(a) && isNumber(b)) ||
    (typeof a === 'string' && typeof b === 'string') ||
    (isDateTime(a) && asDateTime(b, zone) !== undefined);
  if (!comparable) throw rowError(`incompatible types for comparison: ${goTypeName(a)} and ${goTypeName(b)}`);
  const order = compareScalars(a, '<', b, zone);
  return order === undefined || Number.isNaN(order) ? 0 : order;
}

const isNumber = (v: Value): boolean => typeof v === 'number' || typeof v === 'bigint';

/** Typed equality of whole values (Go's reflect.DeepEqual): 1 as int64 is not 1.0. Null and absent are equal. NaN is not itself. */
export const deepEqual = (a: Value, b: Value): boolean => equalAt(a, b, 0);

function equalAt(a: Value, b: Value, depth: number): boolean {
  if (a == null || b == null) return a == null && b == null;
  if (typeof a !== 'object' || typeof b !== 'object') {
    if (typeof a === 'string' && typeof b === 'string' && a.length === b.length && a.length > 256) spendText(a.length);
    return a === b;
  }
  checkNesting(depth);
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) {
      spend(1);
      if (!equalAt(a[i], b[i], depth + 1)) return false;
    }
    return true;
  }
  if (a instanceof Uint8Array) {
    if (!(b instanceof Uint8Array) || a.length !== b.length) return false;
    spend(a.length / 16);
    return a.every((byte, i) => byte === b[i]);
  }
  if (isDateTime(a)) return isDateTime(b) && a.epochNs === b.epochNs;
  if (!isStruct(b)) return false;
  const keys = Object.keys(a);
  const others = Object.keys(b).length;
  spend(1);
  spendMembers(keys.length);
  spendMembers(others);
  if (keys.length !== others) return false;
  for (const key of keys) if (!Object.hasOwn(b, key) || !equalAt(a[key], b[key], depth + 1)) return false;
  return true;
}

/** Key of a group or partition: %v of each value followed by a comma, as eKuiper builds it; so 1 and "1" meet (documented). */
export function groupKeyText(values: readonly Value[]): string {
  let key = '';
  for (const v of values) key += `${formatV(v)},`;
  return key;
}
