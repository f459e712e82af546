// Any value → point in time, as SQL's date functions and event time read it: numbers are milliseconds since the epoch.
import { rowError } from '../base/errors/gateway-error.ts';
import { DateTime } from './datetime.ts';
import { parseDateTime, type TimeEnv } from './datetime-parse.ts';
import type { DatePattern } from './datetime-pattern.ts';
import { brief } from './go-format.ts';
import { isDateTime, type Value } from './value.ts';

/** @param pattern how texts are written (TIMESTAMP_FORMAT); without it the general layouts
 *  @throws rowError `unsupported type to convert to timestamp …` or `Can't parse string as time: …`
 *  @source eKuiper pkg/cast/time.go InterfaceToTime */
export function toDateTime(v: Value, env: TimeEnv, pattern?: DatePattern): DateTime {
  switch (typeof v) {
    case 'number':
      if (Number.isFinite(v)) return DateTime.fromMs(v, env.timeZone);
      break;
    case 'bigint':
      return new DateTime(v * 1_000_000n, env.timeZone);
    case 'string':
      return parseDateTime(v, env, pattern);
    default:
      if (isDateTime(v)) return v;
  }
  throw rowError(`unsupported type to convert to timestamp ${brief(v)}`);
}
