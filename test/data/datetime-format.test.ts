import { describe, expect, it } from 'vitest';
import { DateTime } from '../../src/data/datetime.ts';
import { formatDate, formatDateAndTime, formatDateTime, formatRfc3339, formatTimeOfDay } from '../../src/data/datetime-format.ts';
import { compileDatePattern } from '../../src/data/datetime-pattern.ts';

/** Thursday */
const t = new DateTime(BigInt(Date.UTC(2024, 1, 29, 13, 5, 9)) * 1_000_000n + 123_456_789n);
const shown = (pattern: string, at = t) => formatDateTime(at, compileDatePattern(pattern));

describe('letters of patterns', () => {
  it.each([
    ['yyyy YYYY yy YY', '2024 2024 24 24'],
    ['M MM MMM MMMM', '2 02 Feb February'],
    ['d dd', '29 29'],
    ['EEE EEEE', 'Thu Thursday'],
    ['HH h hh a', '13 1 01 PM'],
    ['m mm s ss', '5 05 9 09'],
    ['ssS', '09.1'],
    ['ssSSS', '09.123'],
    ['ss.SSS', '09.123'],
    ['ss,SSSSSS', '09,123456'],
    ['ssSSSSSSSSSSS', '09.12345678900'],
    ['z Z X XX XXX', 'UTC +0000 +00 +0000 +00:00'],
    ['G', 'AD'],
    ["yyyy-MM-dd'T'HH", '2024-02-29T13'],
    ["''yy''", "'24'"],
    ["'open", 'open'],
    ['\\yyy\\M', 'y24M'],
    ['q/Q?', 'q/Q?'],
    ['MMMMM ddd', ' '],
    ['', ''],
  ])('%s', (pattern, text) => {
    expect(shown(pattern)).toBe(text);
  });

  it('zones', () => {
    const inZone = (zone: string) => new DateTime(t.epochNs, zone);
    expect(shown('HH:mm z Z XXX', inZone('Asia/Shanghai'))).toBe('21:05 CST +0800 +08:00');
    expect(shown('HH:mm z Z X', inZone('America/New_York'))).toBe('08:05 EST -0500 -05');
    expect(shown('z', inZone('Europe/Berlin'))).toBe('CET');
    expect(shown('z', inZone('America/Sao_Paulo'))).toBe('-03');
    expect(shown('HH:mm z XXX', inZone('+05:30'))).toBe('18:35 +0530 +05:30');
  });

  it('midnight and noon on the clock of twelve', () => {
    expect(shown('h a', new DateTime(0n))).toBe('12 AM');
    expect(shown('h a', DateTime.fromMs(12 * 3_600_000))).toBe('12 PM');
  });

  it.each([
    ['yyy', 'invalid time format yyy for Y/y'],
    ['yyyyy', 'invalid time format yyyyy for Y/y'],
    ['H:mm', 'invalid time format H:mm of H, only HH is supported'],
    ['E', 'invalid time format E for E'],
    ['yyyy\\', 'yyyy\\ is invalid'],
    ["yyyy'", "yyyy' is invalid"],
  ])('refuses %s', (pattern, text) => {
    expect(() => compileDatePattern(pattern)).toThrow(text);
  });
});

describe('fixed forms', () => {
  it('RFC 3339 cuts zeros and shows offset 0 as Z', () => {
    expect(formatRfc3339(t)).toBe('2024-02-29T13:05:09.123456789Z');
    expect(formatRfc3339(DateTime.fromMs(1500, '+08:00'))).toBe('1970-01-01T08:00:01.5+08:00');
    expect(formatRfc3339(DateTime.fromMs(0, 'Africa/Abidjan'))).toBe('1970-01-01T00:00:00Z');
    expect(formatRfc3339(new DateTime(-1n))).toBe('1969-12-31T23:59:59.999999999Z');
  });

  it('date, date and time, time of day', () => {
    expect(formatDate(t)).toBe('2024-02-29');
    expect(formatDateAndTime(t)).toBe('2024-02-29 13:05:09');
    expect(formatDateAndTime(t, 6)).toBe('2024-02-29 13:05:09.123456');
    expect(formatTimeOfDay(t)).toBe('13:05:09');
    expect(formatTimeOfDay(t, 2)).toBe('13:05:09.12');
  });
});
