// Any value → point in time, as SQL's date functions and event time read it: numbers are milliseconds since the epoch.
import { rowError } from '../base/errors/gateway-error.ts';
import { DateTime } from './datetime.ts';
import { parseDateTime, type TimeEnv } from './datetime-parse.ts';
import type { DatePattern } from './datetime-pattern.ts';
import { brief } from './go-format.ts';
import { isDateTime, type Value } from './value.ts';

/** What 64 bits hold, as eKuiper counts milliseconds. */
const MAX_MS = 2 ** 63;

/** @param pattern how texts are written (TIMESTAMP_FORMAT); without it the general layouts
 *  @throws rowError `unsupported type to convert to timestamp …` or `Can't parse string as time: …`
 *  @source eKuiper pkg/cast/time.go InterfaceToTime */
export function toDateTime(v: Value, env: TimeEnv, pattern?: DatePattern): DateTime {
  switch (typeof v) {
    case 'number':
      if (Math.abs(v) <= MAX_MS) return DateTime.fromMs(v, env.timeZone);
      break;
    case 'bigint':
      if (v >= -MAX_MS && v <= MAX_MS) return new DateTime(v * 1_000_000n, env.timeZone);
      break;
    case 'string':
      return parseDateTime(v, env, pattern);
    default:
      if (isDateTime(v)) return v;
  }
  throw rowError(`unsupported type to convert to timestamp ${brief(v)}`);
}
