// What first_by and last_by share: the value of the row with the smallest or largest key. Not a function itself.
import { rowError } from '../../base/errors/gateway-error.ts';
import { describe } from '../../data/go-format.ts';
import { isDateTime, type Value } from '../../data/value.ts';

/** Plain data. */
export interface ByTime {
  at: number | bigint | null;
  value: Value;
}

export const noneYet = (): ByTime => ({ at: null, value: null });

/** Numbers and datetimes; null rows do not count. @throws rowError */
export function timeKey(v: Value): number | bigint | undefined {
  if (v == null) return undefined;
  if (typeof v === 'number' || typeof v === 'bigint') return v;
  if (isDateTime(v)) return v.epochNs;
  throw rowError(`a time must be a number or a datetime, but is ${describe(v)}`);
}

/** Of equal times the first row stays for first_by, the last one for last_by. */
export function takeByTime(which: 'first' | 'last', state: ByTime, value: Value, at: number | bigint | null | undefined): ByTime {
  if (at == null) return state;
  if (state.at !== null && (which === 'first' ? at >= state.at : at < state.at)) return state;
  return { at, value: value ?? null };
}
