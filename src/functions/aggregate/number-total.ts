// Running total of numbers, the state of sum and avg. The first value that is not null says the type: int64 (later floats are cut to ints,
// the sum wraps as in Go) or float64 (later ints are an error, as in eKuiper). Errors are kept in the state and thrown by `result`, so that
// a window that keeps rows and one that keeps totals fail alike: as a whole.
import { rowError } from '../../base/errors/gateway-error.ts';
import { describe } from '../../data/go-format.ts';
import { type Value, wrapInt64 } from '../../data/value.ts';

/** Plain data. */
export interface NumberTotal {
  kind: 'none' | 'int' | 'float';
  /** Values that are not null. */
  count: number;
  /** Total, for kind int; for kind float the total with every value cut, which a merge into an int total needs. */
  int: bigint;
  cut: number;
  /** Total, for kind float. */
  float: number;
  first: Value;
  /** First value that is not a number, as text. */
  notNumber?: string;
  /** First value that is not a float, as text; an error for kind float. */
  notFloat?: string;
}

export const emptyTotal = (): NumberTotal => ({ kind: 'none', count: 0, int: 0n, cut: 0, float: 0, first: null });

/** 2^63: floats from here on are not int64. */
const INT64_LIMIT = 2 ** 63;

export function addToTotal(total: NumberTotal, v: Value): NumberTotal {
  if (v == null) return total;
  if (total.kind === 'none') {
    total.kind = typeof v === 'bigint' ? 'int' : 'float';
    total.first = v;
  }
  total.count++;
  if (typeof v === 'number') {
    if (total.kind === 'float') {
      total.float += v;
      total.cut += Math.trunc(v);
    } else if (v >= -INT64_LIMIT && v < INT64_LIMIT) total.int = wrapInt64(total.int + BigInt(Math.trunc(v)));
    else total.notNumber ??= describe(v);
  } else if (typeof v === 'bigint') {
    if (total.kind === 'int') total.int = wrapInt64(total.int + v);
    else {
      total.cut += Number(v);
      total.notFloat ??= describe(v);
    }
  } else {
    total.notNumber ??= describe(v);
    total.notFloat ??= describe(v);
  }
  return total;
}

/** The total of a's values followed by b's. Changes and returns a. */
export function mergeTotals(a: NumberTotal, b: NumberTotal): NumberTotal {
  if (b.kind === 'none') return a;
  if (a.kind === 'none') return { ...b };
  a.count += b.count;
  if (a.kind === 'float') {
    a.float += b.float;
    a.cut += b.kind === 'float' ? b.cut : Number(b.int);
    a.notFloat ??= b.kind === 'float' ? b.notFloat : describe(b.first);
  } else if (b.kind === 'int') a.int = wrapInt64(a.int + b.int);
  else if (Number.isFinite(b.cut)) a.int = wrapInt64(a.int + BigInt(b.cut));
  else a.notNumber ??= describe(b.cut);
  a.notNumber ??= b.notNumber;
  return a;
}

/** @param name of the function, for eKuiper's text
 *  @returns bigint or number; null when there was no value
 *  @throws rowError `run sum function error: found invalid arg string(x)`, `requires float64 but found int64(2)` */
export function totalOf(total: NumberTotal, name: string): bigint | number | null {
  if (total.kind === 'none') return null;
  if (typeof total.first !== 'number' && typeof total.first !== 'bigint')
    throw rowError(`run ${name} function error: found invalid arg ${describe(total.first)}`);
  if (total.kind === 'int') {
    if (total.notNumber !== undefined) throw rowError(`requires int but found ${total.notNumber}`);
    return total.int;
  }
  if (total.notFloat !== undefined) throw rowError(`requires float64 but found ${total.notFloat}`);
  return total.float;
}
