import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScalarDefinition } from '../../../src/contract/function.ts';
import { DateTime } from '../../../src/data/datetime.ts';
import type { Value } from '../../../src/data/value.ts';
import * as date from '../../../src/functions/scalar/date/index.ts';
import { callSite } from '../call-site.ts';
import { evaluate } from '../run-examples.ts';

/** Value of a function for arguments, at a moment and in a zone. */
function run(definition: ScalarDefinition, args: Value[], nowMs = 0, timeZone = 'UTC'): Value {
  const site = callSite(
    definition.name,
    args.map((value) => ({ value })),
  );
  const env = { ...site.env, timeZone, clock: { ...site.env.clock, now: () => nowMs } };
  if (definition.exec) return definition.exec(...args);
  return definition.compile!(
    args.map((v) => () => v),
    { ...site, env },
  )({} as never);
}

const ms = fc.integer({ min: -6e13, max: 2.5e14 });

describe('the clock', () => {
  const nowMs = Date.UTC(2024, 1, 29, 20, 5, 9, 250);

  it('now() in the configured zone, with digits of the second', () => {
    expect(run(date.now, [], nowMs)).toBe('2024-02-29 20:05:09');
    expect(run(date.now, [3n], nowMs, 'Asia/Shanghai')).toBe('2024-03-01 04:05:09.250');
    expect(run(date.now, [6n], nowMs)).toBe('2024-02-29 20:05:09.250000');
    expect(run(date.now, [0n], nowMs)).toBe('2024-02-29 20:05:09');
  });

  it('cur_time() and cur_date()', () => {
    expect(run(date.curTime, [], nowMs, 'Asia/Shanghai')).toBe('04:05:09');
    expect(run(date.curTime, [1n], nowMs)).toBe('20:05:09.2');
    const zone = Temporal.Now.timeZoneId();
    const local = Temporal.Instant.fromEpochMilliseconds(nowMs).toZonedDateTimeISO(zone);
    expect(run(date.curDate, [], nowMs, 'Pacific/Kiritimati')).toBe(local.toPlainDate().toString());
  });

  it('refuses digits outside 0..6 and more than one argument', () => {
    expect(evaluate(date.now, 'now(7)', {})).toMatchObject({ $error: expect.stringContaining('0 to 6') });
    expect(evaluate(date.now, 'now(1, 2)', {})).toMatchObject({ $error: expect.stringContaining('too many arguments') });
    expect(evaluate(date.now, 'now(true)', {})).toMatchObject({ $error: expect.stringContaining('Expect int type for parameter 1') });
    expect(evaluate(date.now, 'now(1.5)', {})).toMatchObject({ $error: expect.stringContaining('Expect int type for parameter 1') });
  });
});

describe('parts of a date', () => {
  it('agree with Temporal', () => {
    fc.assert(
      fc.property(ms, fc.constantFrom('UTC', 'Asia/Shanghai', 'America/New_York'), (at, zone) => {
        const t = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);
        const part = (d: ScalarDefinition) => Number(run(d, [at], 0, zone));
        expect([date.month, date.dayOfMonth, date.hour, date.minute, date.second, date.dayOfYear, date.dayOfWeek].map(part)).toEqual([
          t.month,
          t.day,
          t.hour,
          t.minute,
          t.second,
          t.dayOfYear,
          t.dayOfWeek % 7,
        ]);
        expect(part(date.microsecond)).toBe(t.millisecond * 1000);
        expect(part(date.toSeconds)).toBe(Math.floor(at / 1000));
        expect(run(date.lastDay, [at], 0, zone)).toMatch(new RegExp(`-${t.daysInMonth}$`));
      }),
    );
  });

  it.each(['day_name', 'hour', 'last_day', 'format_time', 'date_calc', 'convert_tz'])('%s refuses a bare literal for the date', (name) => {
    const definition = Object.values(date).find((d) => d.name === name)!;
    const more = definition.params.length > 1 ? ', "1h"' : '';
    for (const literal of ['"2024-01-01"', '1', '1.5', 'true', 'a > 1'])
      expect(evaluate(definition, `${name}(${literal}${more})`, {})).toMatchObject({
        $error: expect.stringContaining('Expect datetime type for parameter 1'),
      });
  });
});

describe('reckoning', () => {
  it('what date_calc adds, date_diff finds', () => {
    fc.assert(
      fc.property(ms, fc.integer({ min: -1e6, max: 1e6 }), (at, seconds) => {
        const start = DateTime.fromMs(Math.trunc(at / 1000) * 1000);
        const moved = run(date.dateCalc, [start, `${seconds}s`]) as string;
        expect(run(date.dateDiff, [start, moved])).toBe(BigInt(seconds) * 1_000_000_000n);
      }),
    );
  });

  it('convert_tz keeps the moment', () => {
    fc.assert(
      fc.property(ms, fc.constantFrom('Asia/Tokyo', 'America/New_York', 'UTC', ''), (at, zone) => {
        expect((run(date.convertTz, [at, zone]) as DateTime).epochMs).toBe(at);
      }),
    );
  });

  it('from_days counts days from 1970-01-01 = 1, from_unix_time seconds in the configured zone', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), (n) => {
        expect(run(date.fromDays, [n])).toBe(new Date((n - 1) * 86_400_000).toISOString().slice(0, 10));
      }),
    );
    expect(run(date.fromUnixTime, [60n], 0, 'Asia/Shanghai')).toBe('1970-01-01 08:01:00');
    expect(evaluate(date.fromDays, 'from_days(1)', {})).toMatchObject({
      $error: expect.stringContaining('Expect int type for parameter 1'),
    });
  });

  it('spans beyond 292 years give the largest value', () => {
    expect(run(date.dateDiff, ['1000-01-01', '2000-01-01'])).toBe(2n ** 63n - 1n);
    expect(run(date.dateDiff, ['2000-01-01', '1000-01-01'])).toBe(-(2n ** 63n));
  });
});
