// SQL parse_time(text, pattern[, zone]).
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { toTextAlways } from '../../../data/cast.ts';
import { matchPattern } from '../../../data/datetime-parse.ts';
import { compileDatePattern, type DatePattern } from '../../../data/datetime-pattern.ts';
import { isTimeZone } from './time-zone.ts';

export const parseTime = defineScalar({
  name: 'parse_time',
  group: 'date',
  since: '0.2.0',
  onlyStandard: true,
  pure: true,
  nulls: 'null',
  params: [param('text', 'string'), param('pattern', 'string'), param('zone', 'string', { optional: true })],
  returns: 'datetime',
  doc: 'Point in time of a text that is written by the pattern (the letters of format_time), in the zone of the gateway or the one given, e.g. "Europe/Berlin". A text that does not fit is an error of the row.',
  examples: [
    ['format_time(parse_time("31.12.2024 23:59", "dd.MM.yyyy HH:mm"), "yyyy-MM-dd HH:mm:ss")', '2024-12-31 23:59:00'],
    [
      'parse_time("2024-06-01 12:00", "yyyy-MM-dd HH:mm", "Europe/Berlin") = parse_time("2024-06-01 10:00", "yyyy-MM-dd HH:mm", "UTC")',
      true,
    ],
    ['parse_time(a, "yyyy")', null, { a: null }],
    ['parse_time("noon", "HH:mm")', { error: 'noon does not fit the pattern HH:mm' }],
  ],
  compile: ([text, pattern, zone], site) => {
    let known: string | undefined;
    let compiled: DatePattern = [];
    return (row) => {
      const written = toTextAlways(text!(row));
      const wanted = toTextAlways(pattern!(row));
      if (wanted !== known) {
        compiled = compileDatePattern(wanted);
        known = wanted;
      }
      const at = zone ? toTextAlways(zone(row)) : site.env.timeZone;
      if (!isTimeZone(at)) throw rowError(`${at} is no time zone`);
      const time = matchPattern(written, compiled, { ...site.env, timeZone: at });
      if (!time) throw rowError(`${written} does not fit the pattern ${wanted}`);
      return time;
    };
  },
});
