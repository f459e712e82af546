// SQL t + INTERVAL …, time_add(t, ms [, days [, months]]).
import { defineScalar, param } from '../../../contract/function.ts';
import { toInt } from '../../../data/cast.ts';
import { DateTime } from '../../../data/datetime.ts';
import { civilOf, daysInMonth, epochNsOfCivil, inZone } from '../../../data/datetime-civil.ts';
import { toDateTime } from '../../../data/datetime-from.ts';
import type { Value } from '../../../data/value.ts';

const DAY_MS = 86_400_000;

export const timeAdd = defineScalar({
  name: 'time_add',
  group: 'date',
  since: '0.2.0',
  onlyStandard: true,
  pure: true,
  nulls: 'null',
  params: [
    param('t', 'datetime'),
    param('ms', 'int'),
    param('days', 'int', { optional: true }),
    param('months', 'int', { optional: true }),
  ],
  returns: 'unknown',
  doc:
    'Time t moved: what `t + INTERVAL 1 DAY` is. A number is a time in ms and stays one, with days of 24 h; of a date and time or its text the days and ' +
    "months are those of the calendar in the rule's zone, and the end of a month stays within it.",
  examples: [
    ['time_add(a, 90000)', 1700000090000, { a: 1700000000000 }],
    ['time_add(a, -500)', 500n, { a: 1000n }],
    ['a + INTERVAL 1 DAY', 1700086400000, { a: 1700000000000 }],
    ['format_time(a + INTERVAL 1 MONTH, "yyyy-MM-dd")', '2024-02-29', { a: '2024-01-31T12:00:00Z' }],
    ['format_time(a - INTERVAL "1 day 2 hours", "yyyy-MM-dd HH:mm")', '2024-02-28 22:00', { a: '2024-03-01T00:00:00Z' }],
    ['a + INTERVAL 1 DAY', null, { a: null }],
    ['a + INTERVAL 1 DAY', { error: 'parse' }, { a: 'yesterday' }],
  ],
  compile:
    ([t, ms, days, months], { env }) =>
    (row) => {
      const moved = t!(row);
      const by = toInt(ms!(row), 'strict');
      const byDays = days ? toInt(days(row), 'strict') : 0;
      const byMonths = months ? toInt(months(row), 'strict') : 0;
      if (moved == null) return null;
      if (byMonths === 0 && typeof moved === 'number') return moved + byDays * DAY_MS + by;
      if (byMonths === 0 && typeof moved === 'bigint') return moved + BigInt(byDays * DAY_MS + by);
      const there = onCalendar(inZone(toDateTime(moved, env), env.timeZone), byDays, byMonths, by);
      if (typeof moved === 'number') return there.epochMs;
      return typeof moved === 'bigint' ? BigInt(there.epochMs) : (there as Value);
    },
});

function onCalendar(t: DateTime, days: number, months: number, ms: number): DateTime {
  let { epochNs } = t;
  if (days !== 0 || months !== 0) {
    const c = civilOf(t);
    const month = c.year * 12 + (c.month - 1) + months;
    const year = Math.floor(month / 12);
    const inYear = month - year * 12 + 1;
    epochNs = epochNsOfCivil({ ...c, year, month: inYear, day: Math.min(c.day, daysInMonth(year, inYear)) + days }, t.zone);
  }
  return new DateTime(epochNs + BigInt(ms) * 1_000_000n, t.zone);
}
