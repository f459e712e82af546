// SQL from_unix_time(seconds).
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, inStandard, param } from '../../../contract/function.ts';
import { toInt64 } from '../../../data/cast.ts';
import { DateTime } from '../../../data/datetime.ts';
import { formatDateAndTime } from '../../../data/datetime-format.ts';
import { refuseIntLiteral } from './from_days.ts';

const LIMIT_SECONDS = 2 ** 53 / 1000;

/** The fraction is shown to the millisecond, as `2024-01-01 00:00:00.250`. */
function ofFraction(seconds: number, zone: string): string {
  if (!(Math.abs(seconds) < LIMIT_SECONDS)) throw rowError(`${seconds} is not a number of seconds since 1970`);
  const ms = Math.round(seconds * 1000);
  const time = formatDateAndTime(new DateTime(BigInt(ms) * 1_000_000n, zone));
  const rest = ((ms % 1000) + 1000) % 1000;
  return rest === 0 ? time : `${time}.${String(rest).padStart(3, '0')}`;
}

export const fromUnixTime = inStandard(
  defineScalar({
    name: 'from_unix_time',
    group: 'date',
    since: '0.1.0',
    pure: true,
    nulls: 'null-or-empty',
    params: [param('seconds', 'int')],
    validate: refuseIntLiteral,
    returns: 'string',
    doc: 'Date and time of a number of seconds since 1970 in the configured zone, as yyyy-MM-dd HH:mm:ss; 0 is null. Takes no literal.',
    examples: [
      ['from_unix_time(a)', '2024-01-01 00:00:00', { a: 1704067200n }],
      ['from_unix_time(a)', '1969-12-31 23:59:55', { a: -5 }],
      ['from_unix_time(a)', null, { a: 0 }],
      ['from_unix_time(a)', null, { a: null }],
      ['from_unix_time(a)', { error: 'cannot convert string(x) to int' }, { a: 'x' }],
    ],
    compile:
      ([seconds], site) =>
      (row) => {
        const v = seconds!(row);
        if (site.standard && typeof v === 'number' && !Number.isInteger(v)) return ofFraction(v, site.env.timeZone);
        const sec = toInt64(v, 'strict');
        if (sec === 0n && site.standard) return formatDateAndTime(new DateTime(0n, site.env.timeZone));
        return sec === 0n ? null : formatDateAndTime(new DateTime(sec * 1_000_000_000n, site.env.timeZone));
      },
  }),
  {
    doc: 'Date and time of a number of seconds since 1970 in the configured zone, as yyyy-MM-dd HH:mm:ss, with .SSS for a fraction. Takes no literal.',
    examples: [
      ['from_unix_time(a)', '2024-01-01 00:00:00', { a: 1704067200n }],
      ['from_unix_time(a)', '2024-01-01 00:00:00.250', { a: 1704067200.25 }],
      ['from_unix_time(a)', '1970-01-01 00:00:00', { a: 0 }],
      ['from_unix_time(a)', null, { a: null }],
      ['from_unix_time(a)', { error: 'cannot convert string(x) to int' }, { a: 'x' }],
    ],
  },
);
