// Running total of numbers in standard SQL, the state of sum and avg: ints are summed exactly, floats as floats, and the total is a float as soon as one
// float came, whatever came first. (eKuiper's way, where the first value says the type: number-total.ts.)
import { rowError } from '../../base/errors/gateway-error.ts';
import { describe } from '../../data/go-format.ts';
import type { Value } from '../../data/value.ts';

/** Plain data. */
export interface ExactTotal {
  /** Values that are not null. */
  count: number;
  /** Sum of the ints; may be larger than an int64 on the way. */
  ints: bigint;
  floats: number;
  hasFloat: boolean;
}

export const emptyExactTotal = (): ExactTotal => ({ count: 0, ints: 0n, floats: 0, hasFloat: false });

/** @throws rowError for what is no number and not null */
export function checkNumber(name: string, v: Value): void {
  if (typeof v === 'number' || typeof v === 'bigint' || v == null) return;
  throw rowError(`run ${name} function error: found invalid arg ${describe(v)}`);
}

/** The state is as it was when the value is refused. */
export const addExactly =
  (name: string) =>
  (total: ExactTotal, v: Value): ExactTotal => {
    if (typeof v === 'number') {
      total.floats += v;
      total.hasFloat = true;
    } else if (typeof v === 'bigint') total.ints += v;
    else {
      checkNumber(name, v);
      return total;
    }
    total.count++;
    return total;
  };

export function mergeExactTotals(a: ExactTotal, b: ExactTotal): ExactTotal {
  a.count += b.count;
  a.ints += b.ints;
  a.floats += b.floats;
  a.hasFloat ||= b.hasFloat;
  return a;
}

const LIMIT = 2n ** 63n;

/** @returns null without values
 *  @throws rowError when a total of ints is no int64 */
export function exactTotalOf(total: ExactTotal): Value {
  if (total.count === 0) return null;
  if (total.hasFloat) return total.floats + Number(total.ints);
  if (total.ints >= LIMIT || total.ints < -LIMIT) throw rowError(`bigint out of range: the sum is ${total.ints}`);
  return total.ints;
}
