// The count arguments of repeat() and sequence(). Not a function itself. eKuiper takes results of functions and casts here but no literal:
// `repeat("x", 2)` is an error of the row (recorded), `repeat("x", cast(n, "bigint"))` works. Int columns work here as well.
import { reserveArray } from '../../../base/budget.ts';
import { rowError } from '../../../base/errors/gateway-error.ts';
import type { CallSite } from '../../../contract/function.ts';
import type { Value } from '../../../data/value.ts';

/** @throws rowError `second argument should be int` */
export function goInt(v: Value, index: number, site: CallSite): bigint {
  if (typeof v !== 'bigint' || site.args[index]?.literal) throw rowError(`${['first', 'second', 'third'][index]} argument should be int`);
  return v;
}

/** Largest array that one call may make; a wrong count must not take the gateway's memory. */
const MAX_ELEMENTS = 10_000_000n;

/** @throws rowError that names the limit */
export function checkLength(n: bigint): void {
  if (n > MAX_ELEMENTS) throw rowError(`an array of ${n} elements is too long: at most ${MAX_ELEMENTS}`);
  if (n > 16n) reserveArray(Number(n));
}
