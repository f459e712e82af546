import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DateTime } from '../../src/data/datetime.ts';
import { civilOf, daysInMonth, daysOfDate, epochNsOfCivil, fixedZoneName, isZoneName } from '../../src/data/datetime-civil.ts';

const zones = ['UTC', 'Asia/Shanghai', 'America/New_York', 'Australia/Lord_Howe', '+05:30', '-03:00'];

describe('calendar', () => {
  it('agrees with Temporal in every zone', () => {
    fc.assert(
      fc.property(fc.integer({ min: -8e13, max: 8e13 }), fc.constantFrom(...zones), (ms, zone) => {
        const c = civilOf(DateTime.fromMs(ms, zone));
        const t = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone);
        expect(c).toEqual({
          year: t.year,
          month: t.month,
          day: t.day,
          hour: t.hour,
          minute: t.minute,
          second: t.second,
          nano: t.millisecond * 1e6,
          weekday: t.dayOfWeek % 7,
          yearDay: t.dayOfYear,
          offsetSec: Math.trunc(t.offsetNanoseconds / 1e9),
        });
      }),
    );
  });

  it('goes back from fields to the moment, unless the wall time occurs twice', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 4_000_000_000_000_000_000n), fc.constantFrom(...zones), (ns, zone) => {
        const c = civilOf(new DateTime(ns, zone));
        const back = epochNsOfCivil(c, zone);
        expect(civilOf(new DateTime(back, zone))).toMatchObject({ day: c.day, hour: c.hour, minute: c.minute, nano: c.nano });
      }),
    );
  });

  it('carries months and days over', () => {
    expect(daysOfDate(1970, 1, 1)).toBe(0);
    expect(daysOfDate(2024, 13, 1)).toBe(daysOfDate(2025, 1, 1));
    expect(daysOfDate(2024, 3, 0)).toBe(daysOfDate(2024, 2, 29));
    expect([1900, 2000, 2023, 2024].map((y) => daysInMonth(y, 2))).toEqual([28, 29, 28, 29]);
  });

  it('knows names of zones', () => {
    expect(isZoneName('Asia/Shanghai')).toBe(true);
    expect(isZoneName('Nope/Zone')).toBe(false);
    expect(isZoneName('+08:00')).toBe(false);
    expect(isZoneName('')).toBe(false);
    expect([0, 3600, -19_800].map(fixedZoneName)).toEqual(['UTC', '+01:00', '-05:30']);
  });
});
