import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DateTime } from '../../src/data/datetime.ts';
import { formatDateTime, formatRfc3339 } from '../../src/data/datetime-format.ts';
import { parseDateTime } from '../../src/data/datetime-parse.ts';
import { compileDatePattern } from '../../src/data/datetime-pattern.ts';

/** 2023-11-14T22:13:20.123Z */
const env = { timeZone: 'UTC', clock: { now: () => 1_700_000_000_123 } };
const shanghai = { ...env, timeZone: 'Asia/Shanghai' };
const iso = (text: string, e = env) => formatRfc3339(parseDateTime(text, e));

describe('texts without a pattern', () => {
  it.each([
    ['2024-02-29 13:05:09', '2024-02-29T13:05:09Z'],
    ['2024-02-29 13:05:09.25', '2024-02-29T13:05:09.25Z'],
    ['2024-02-29 13:05:09,25', '2024-02-29T13:05:09.25Z'],
    ['2024-2-9 3:5:9', '2024-02-09T03:05:09Z'],
    ['2024-02-29 13:05', '2024-02-29T13:05:00Z'],
    ['2024-02-29 13', '2024-02-29T13:00:00Z'],
    ['2024-02-29', '2024-02-29T00:00:00Z'],
    ['2024-02', '2024-02-01T00:00:00Z'],
    ['2024', '2024-01-01T00:00:00Z'],
    ['2023-12-31T23:59:59Z', '2023-12-31T23:59:59Z'],
    ['2023-12-31T23:59:59', '2023-12-31T23:59:59Z'],
    ['2024-03-10T01:02:03.123456789Z', '2024-03-10T01:02:03.123456789Z'],
    ['2024-03-10T01:02:03.1234567899Z', '2024-03-10T01:02:03.123456789Z'],
    ['2024-03-10T01:02:03.Z', '2024-03-10T01:02:03Z'],
    ['2024-06-15T10:00:00+02:00', '2024-06-15T10:00:00+02:00'],
    ['2024-06-15T10:00:00+0200', '2024-06-15T10:00:00+02:00'],
    ['2024-06-15T10:00:00-05', '2024-06-15T10:00:00-05:00'],
    ['2024/02/29 13:05:09', '2024-02-29T13:05:09Z'],
    ['2024.02.29 13:05:09', '2024-02-29T13:05:09Z'],
    ['2/29/2024', '2024-02-29T00:00:00Z'],
    ['20240229', '2024-02-29T00:00:00Z'],
    ['Thu, 29 Feb 2024 13:05:00 GMT', '2024-02-29T13:05:00Z'],
    ['Thu Feb 29 13:05:09 2024', '2024-02-29T13:05:09Z'],
    ['29 Feb 24 13:05 +0100', '2024-02-29T13:05:00+01:00'],
  ])('%s', (text, expected) => {
    expect(iso(text)).toBe(expected);
  });

  it('without a year is this year, without a date is today', () => {
    expect(iso('03-05')).toBe('2023-03-05T00:00:00Z');
    expect(iso('10:30')).toBe('2023-11-14T10:30:00Z');
    expect(iso('3:04PM')).toBe('2023-11-14T15:04:00Z');
    // in Shanghai it is the 15th already
    expect(iso('10:30:15', shanghai)).toBe('2023-11-15T10:30:15+08:00');
  });

  it('without a zone is in the configured zone, and an offset of that zone means it', () => {
    expect(parseDateTime('2024-01-01 08:00:00', shanghai).epochMs).toBe(Date.UTC(2024, 0, 1));
    expect(parseDateTime('2024-01-01T08:00:00+08:00', shanghai).zone).toBe('Asia/Shanghai');
    expect(parseDateTime('2024-01-01T08:00:00+07:00', shanghai).zone).toBe('+07:00');
    expect(parseDateTime('2024-01-01T08:00:00Z', shanghai).zone).toBe('UTC');
  });

  it.each([
    'not a date',
    '',
    '12',
    '2024-02-30',
    '2024-13-01',
    '2024-01-01 24:00:00',
    '2024-01-01 10:60',
    '2024-01-01x',
    '2024-01-01T10:00',
  ])('refuses %j', (text) => {
    expect(() => iso(text)).toThrow(`Can't parse string as time: ${text}`);
  });

  it('skips to the offset after a clock change, and takes the first of two equal wall times', () => {
    const newYork = { ...env, timeZone: 'America/New_York' };
    expect(iso('2024-03-10 02:30:00', newYork)).toBe('2024-03-10T01:30:00-05:00');
    expect(iso('2024-11-03 01:30:00', newYork)).toBe('2024-11-03T01:30:00-04:00');
  });
});

describe('texts with a pattern', () => {
  const by = (pattern: string, text: string, e = env) => formatRfc3339(parseDateTime(text, e, compileDatePattern(pattern)));

  it.each([
    ['dd/MM/yyyy HH:mm', '03/02/2024 10:30', '2024-02-03T10:30:00Z'],
    ['yyyyMMddHHmmss', '20240203103015', '2024-02-03T10:30:15Z'],
    ["yyyy-MM-dd'T'HH:mm:ssSSS XX", '2024-02-03T10:30:15.250 +0200', '2024-02-03T10:30:15.25+02:00'],
    ['d MMM yy h:mm a', '3 feb 24 12:05 AM', '2024-02-03T00:05:00Z'],
    ['EEEE, MMMM d yyyy', 'Saturday, February 3 2024', '2024-02-03T00:00:00Z'],
    ['HH', '12', '2023-11-14T12:00:00Z'],
  ])('%s', (pattern, text, expected) => {
    expect(by(pattern, text)).toBe(expected);
  });

  it('falls back to the general layouts', () => {
    expect(by('dd/MM/yyyy', '2024-02-03')).toBe('2024-02-03T00:00:00Z');
  });
});

describe('rules', () => {
  const moments = fc.tuple(
    fc.bigInt(-62_135_596_800_000_000_000n, 253_402_200_000_000_000_000n),
    fc.constantFrom('UTC', 'Asia/Shanghai', 'America/New_York', '+05:30'),
  );

  it('what RFC 3339 prints is read back to the nanosecond', () => {
    fc.assert(
      fc.property(moments, ([ns, zone]) => {
        const t = new DateTime(ns, zone);
        // offsets with seconds (local mean time of old dates) cannot be written
        fc.pre(/^\d{4}-/.test(formatRfc3339(t)) && (zone === 'UTC' || ns > 0n));
        expect(parseDateTime(formatRfc3339(t), env).epochNs).toBe(ns);
      }),
    );
  });

  it('what a full pattern prints is read back', () => {
    const pattern = compileDatePattern('EEE d MMMM yyyy hh:mm:ss a SSSSSSSSS XXX');
    fc.assert(
      fc.property(moments, ([ns, zone]) => {
        fc.pre(zone === 'UTC' || ns > 0n);
        const t = new DateTime(ns, zone);
        expect(parseDateTime(formatDateTime(t, pattern), env, pattern).epochNs).toBe(ns);
      }),
    );
  });

  it('never hangs or throws anything but its own error', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseDateTime(text, env);
        } catch (error) {
          expect((error as Error).message).toBe(`Can't parse string as time: ${text}`);
        }
      }),
    );
  });
});
