// The span of a function of time, written as in windows: a unit and a number, `silent_for(mi, 10)`. The number may be a column, so that each
// device has a limit of its own.
import { rowError } from '../../base/errors/gateway-error.ts';
import { type ArgFact, type Param, param } from '../../contract/function.ts';
import { brief } from '../../data/go-format.ts';
import type { Value } from '../../data/value.ts';

const UNIT_MS: Readonly<Record<string, number>> = { DD: 86_400_000, HH: 3_600_000, MI: 60_000, SS: 1000, MS: 1 };

export const spanParams = (optional = false): Param[] => [param('unit', 'any', { optional }), param('n', 'any', { optional })];

/** @param at index of the unit  @throws Error for anything but dd, hh, mi, ss, ms */
export function checkSpan(args: readonly ArgFact[], at: number): void {
  const unit = args[at];
  if (unit?.node !== 'timeUnit') throw new Error(`Expect a unit (dd, hh, mi, ss or ms) for parameter ${at + 1}`);
  const n = args[at + 1];
  if (n === undefined) throw new Error(`Expect a number of ${unit.text.toLowerCase()} for parameter ${at + 2}`);
  if (n.literal && !((typeof n.value === 'bigint' || typeof n.value === 'number') && Number(n.value) > 0))
    throw new Error(`Expect a number greater than 0 for parameter ${at + 2}`);
}

/** @throws rowError when the number is none, or not greater than 0 */
export function spanMs(site: { args: readonly ArgFact[] }, args: readonly Value[], at: number): number {
  const n = args[at + 1];
  const number = typeof n === 'bigint' ? Number(n) : n;
  if (typeof number !== 'number' || !(number > 0) || number === Number.POSITIVE_INFINITY)
    throw rowError(`a span must be a number greater than 0 but is ${brief(n)}`);
  return Math.max(1, Math.round(number * UNIT_MS[site.args[at]!.text.toUpperCase()]!));
}
