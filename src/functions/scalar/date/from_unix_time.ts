// SQL from_unix_time(seconds).
import { defineScalar, param } from '../../../contract/function.ts';
import { toInt64 } from '../../../data/cast.ts';
import { DateTime } from '../../../data/datetime.ts';
import { formatDateAndTime } from '../../../data/datetime-format.ts';
import { refuseIntLiteral } from './from_days.ts';

export const fromUnixTime = defineScalar({
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
      const sec = toInt64(seconds!(row), 'strict');
      return sec === 0n ? null : formatDateAndTime(new DateTime(sec * 1_000_000_000n, site.env.timeZone));
    },
});
