// SQL convert_tz(t, zone).
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { toTextAlways } from '../../../data/cast.ts';
import { inZone, isZoneName } from '../../../data/datetime-civil.ts';
import { toDateTime } from '../../../data/datetime-from.ts';
import { refuseDateLiterals } from './date-part.ts';

export const convertTz = defineScalar({
  name: 'convert_tz',
  group: 'date',
  since: '0.1.0',
  pure: true,
  nulls: 'null-or-empty',
  params: [param('t', 'datetime'), param('zone', 'string')],
  validate: refuseDateLiterals(0),
  returns: 'datetime',
  doc: 'The same moment in another zone of the IANA database, e.g. "Asia/Shanghai".',
  examples: [
    ['to_seconds(convert_tz(a, "Asia/Tokyo"))', 0n, { a: 0 }],
    ['hour(convert_tz(a, "America/New_York"))', 20n, { a: '2024-03-10T01:02:03Z' }],
    ['convert_tz(a, "UTC")', null, { a: null }],
    ['convert_tz(a, "Nope/Zone")', { error: 'unknown time zone Nope/Zone' }, { a: 0 }],
  ],
  compile: ([t, zone], site) => {
    let source: string | undefined;
    let name = 'UTC';
    return (row) => {
      const value = t!(row);
      const text = zone!(row);
      const moment = toDateTime(value, site.env);
      const wanted = toTextAlways(text);
      if (wanted !== source) {
        name = zoneName(wanted);
        source = wanted;
      }
      return inZone(moment, name);
    };
  },
});

/** Go's names for two zones that have none: '' is UTC, `Local` the machine's. */
function zoneName(text: string): string {
  if (text === '') return 'UTC';
  if (text === 'Local') return Temporal.Now.timeZoneId();
  if (!isZoneName(text)) throw rowError(`unknown time zone ${text}`);
  return text;
}
