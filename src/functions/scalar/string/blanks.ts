// Blanks that lpad and rpad add. Not a function itself.
import { reserveText } from '../../../base/budget.ts';
import { rowError } from '../../../base/errors/gateway-error.ts';
import { toInt } from '../../../data/cast.ts';
import type { Value } from '../../../data/value.ts';

/** Longest run of blanks that one call may make; a wrong count must not take the gateway's memory. */
const MAX_BLANKS = 10_000_000;

/** @throws rowError for a count that is not a whole number, negative or too large */
export function blanks(v: Value): string {
  const count = toInt(v, 'strict');
  if (count < 0) throw rowError(`the number of blanks must not be negative, but got ${count}`);
  if (count > MAX_BLANKS) throw rowError(`the number of blanks must be at most ${MAX_BLANKS}, but got ${count}`);
  if (count > 256) reserveText(count);
  return ' '.repeat(count);
}
