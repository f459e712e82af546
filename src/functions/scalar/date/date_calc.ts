// SQL date_calc(t, duration).
import { defineScalar, param } from '../../../contract/function.ts';
import { toTextAlways } from '../../../data/cast.ts';
import { DateTime } from '../../../data/datetime.ts';
import { formatDateAndTime } from '../../../data/datetime-format.ts';
import { toDateTime } from '../../../data/datetime-from.ts';
import { parseGoDuration } from '../../../data/go-duration.ts';
import { refuseDateLiterals } from './date-part.ts';

export const dateCalc = defineScalar({
  name: 'date_calc',
  group: 'date',
  since: '0.1.0',
  pure: true,
  nulls: 'pass',
  params: [param('t', 'datetime'), param('duration', 'string', { literal: true })],
  validate: refuseDateLiterals(0),
  returns: 'string',
  doc: 'Date and time t moved by a duration such as "1h30m", "-24h" or "2s" (units h m s ms us ns), as yyyy-MM-dd HH:mm:ss.',
  examples: [
    ['date_calc(a, "1s")', '2024-01-01 00:00:00', { a: '2023-12-31T23:59:59Z' }],
    ['date_calc(a, "-1h30m")', '2024-02-29 11:35:09', { a: '2024-02-29 13:05:09' }],
    ['date_calc(a, "1s")', { error: 'unsupported type to convert to timestamp <nil>' }, { a: null }],
    ['date_calc(a, "1d")', { error: 'time: unknown unit "d" in duration "1d"' }, { a: 0 }],
    ['date_calc(a, "x")', { error: 'time: invalid duration "x"' }, { a: 0 }],
  ],
  compile: ([t, duration], site) => {
    let source: string | undefined;
    let spanNs = 0n;
    return (row) => {
      const moment = toDateTime(t!(row), site.env);
      const text = toTextAlways(duration!(row));
      if (text !== source) {
        // As in eKuiper the minus is taken off first, so the error names the rest.
        spanNs = text.startsWith('-') ? -parseGoDuration(text.slice(1)) : parseGoDuration(text);
        source = text;
      }
      return formatDateAndTime(new DateTime(moment.epochNs + spanNs, moment.zone));
    };
  },
});
