// Marks of calendar windows against a model that knows no clock changes: it walks through time in steps of five minutes and reads the wall
// clock of each from Intl.
import { describe, expect, test } from 'vitest';
import { createMarks, type Marks, type MarksSpec } from '../../src/windows/marks.ts';
import type { TimeUnit } from '../../src/windows/spec.ts';

const STEP = 300_000;
const ms = (text: string): number => Date.parse(text);

/** Wall clock of a zone as if it were UTC. */
function wallOf(timeZone: string): (atMs: number) => number {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, dateStyle: 'short', timeStyle: 'medium', hourCycle: 'h23' });
  const known = new Map<number, number>();
  const read = (atMs: number): number => {
    const p = Object.fromEntries(format.formatToParts(atMs).map((part) => [part.type, Number(part.value)]));
    return Date.UTC(p['year']!, p['month']! - 1, p['day']!, p['hour']!, p['minute']!, p['second']!);
  };
  return (atMs) => {
    let wall = known.get(atMs);
    if (wall === undefined) known.set(atMs, (wall = read(atMs)));
    return wall;
  };
}

const walls = new Map(['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata'].map((zone) => [zone, wallOf(zone)]));

/** Marks between two moments. */
function model(spec: MarksSpec, fromMs: number, toMs: number): number[] {
  const wall = walls.get(spec.timeZone)!;
  const lengths: Partial<Record<TimeUnit, number>> = { ww: 604_800_000, dd: 86_400_000, hh: 3_600_000, mi: 60_000 };
  const length = lengths[spec.unit] && lengths[spec.unit]! * spec.count;
  const origin = (spec.offsetMs ?? 0) + (spec.unit === 'ww' ? 4 * 86_400_000 : 0);
  const label = (w: number): number => {
    if (length) return Math.floor((w - origin) / length);
    const d = new Date(w - origin);
    return Math.floor(
      (d.getUTCFullYear() * 12 + d.getUTCMonth()) / (spec.count * { mm: 1, qq: 3, yy: 12 }[spec.unit as 'mm' | 'qq' | 'yy']),
    );
  };
  const marks: number[] = [];
  let highest = Number.NEGATIVE_INFINITY;
  // begin early enough to be in step with what ran before
  for (let at = fromMs - 3 * 86_400_000; at <= toMs; at += STEP) {
    const w = wall(at);
    const before = wall(at - STEP) + STEP;
    const own = label(w);
    const again = length !== undefined && before > w && (before - origin) % length === 0 && (w - origin) % length === 0;
    if ((own > highest || again) && at > fromMs) marks.push(at);
    if (own > highest || again) highest = own;
  }
  return marks;
}

function walk(marks: Marks, fromMs: number, toMs: number): number[] {
  const out: number[] = [];
  for (let at = marks.next(fromMs); at <= toMs; at = marks.next(at)) out.push(at);
  return out;
}

/** Around the clock changes of a year, three days each. */
const zones: readonly [string, string, string][] = [
  ['Europe/Berlin', '2025-03-30T00:00Z', '2025-10-26T00:00Z'],
  ['America/New_York', '2025-03-09T06:00Z', '2025-11-02T06:00Z'],
  ['Australia/Lord_Howe', '2025-04-05T15:00Z', '2025-10-04T15:30Z'],
  ['Asia/Kolkata', '2025-03-30T00:00Z', '2025-10-26T00:00Z'],
];

describe.each(zones)('marks in %s', (timeZone, spring, autumn) => {
  const steps: [TimeUnit, number, number][] = [
    ['dd', 1, 0],
    ['dd', 2, 0],
    ['dd', 1, 6 * 3_600_000],
    ['ww', 1, 0],
    ['hh', 1, 0],
    ['hh', 2, 0],
    ['hh', 3, 0],
    ['hh', 5, 0],
    ['hh', 12, 0],
    ['hh', 8, 6 * 3_600_000],
    ['hh', 8, 2.5 * 3_600_000],
    ['mi', 15, 0],
    ['mi', 30, 0],
    ['mi', 40, 0],
    ['mi', 90, 0],
    ['mm', 1, 0],
  ];
  // @covers issue:20#3
  // @covers finding:sql#B3
  test.each(steps)(
    'windows of (%s, %i) with an offset of %i ms end where the wall clock says, on the days of both clock changes',
    (unit, count, offsetMs) => {
      const spec = { unit, count, timeZone, offsetMs };
      for (const change of [spring, autumn]) {
        const fromMs = ms(change) - 2 * 86_400_000;
        const toMs = ms(change) + (unit === 'mm' || unit === 'ww' ? 8 : 2) * 86_400_000;
        const expected = model(spec, fromMs, toMs);
        const marks = createMarks(spec);
        expect(walk(marks, fromMs, toMs).map(iso)).toEqual(expected.map(iso));
        // from any moment the same marks are found, forwards and backwards, by an instance that was never asked before
        for (let at = expected[0] ?? fromMs; at < toMs; at += 25 * 60_000 + 1) {
          const last = expected.findLast((m) => m <= at);
          if (last === undefined) continue;
          const fresh = createMarks(spec);
          expect(iso(fresh.floor(at))).toBe(iso(last));
          const next = expected.find((m) => m > at);
          if (next !== undefined) expect(iso(fresh.next(at))).toBe(iso(next));
        }
      }
    },
  );
});

const iso = (at: number): string => new Date(at).toISOString();

describe('marks', () => {
  test('days in Berlin end at midnight through the clock change in spring and have 23 hours once', () => {
    const marks = createMarks({ unit: 'dd', count: 1, timeZone: 'Europe/Berlin' });
    expect(walk(marks, ms('2025-03-29T00:00Z'), ms('2025-04-01T00:00Z')).map(iso)).toEqual([
      '2025-03-29T23:00:00.000Z',
      '2025-03-30T22:00:00.000Z',
      '2025-03-31T22:00:00.000Z',
    ]);
  });

  test('shifts of eight hours with an offset of six begin at 06, 14 and 22 of the wall clock, and the night of the change has nine hours', () => {
    const marks = createMarks({ unit: 'hh', count: 8, timeZone: 'Europe/Berlin', offsetMs: 6 * 3_600_000 });
    expect(walk(marks, ms('2025-10-25T10:00Z'), ms('2025-10-26T22:00Z')).map(iso)).toEqual([
      '2025-10-25T12:00:00.000Z',
      '2025-10-25T20:00:00.000Z',
      '2025-10-26T05:00:00.000Z',
      '2025-10-26T13:00:00.000Z',
      '2025-10-26T21:00:00.000Z',
    ]);
  });

  test('weeks begin on Monday, months on the first, quarters in January, years on New Year', () => {
    const first = (unit: TimeUnit, at: string): string => iso(createMarks({ unit, count: 1, timeZone: 'UTC' }).next(ms(at)));
    expect(first('ww', '2026-11-30T00:00Z')).toBe('2026-12-07T00:00:00.000Z');
    expect(first('ww', '2026-11-29T23:59Z')).toBe('2026-11-30T00:00:00.000Z');
    expect(first('mm', '2026-02-01T00:00Z')).toBe('2026-03-01T00:00:00.000Z');
    expect(first('qq', '2026-02-01T00:00Z')).toBe('2026-04-01T00:00:00.000Z');
    expect(first('yy', '2026-02-01T00:00Z')).toBe('2027-01-01T00:00:00.000Z');
  });

  test('steps back through a clock change reach the same wall time', () => {
    const days = createMarks({ unit: 'dd', count: 1, timeZone: 'America/New_York' });
    expect(iso(days.back(ms('2025-03-11T04:00Z'), 3))).toBe('2025-03-08T05:00:00.000Z');
    expect(iso(days.back(ms('2025-03-09T05:00Z'), 1))).toBe('2025-03-08T05:00:00.000Z');
  });

  test('a change of the date line leaves a day out', () => {
    const marks = createMarks({ unit: 'dd', count: 1, timeZone: 'Pacific/Apia' });
    expect(walk(marks, ms('2011-12-29T00:00Z'), ms('2012-01-01T00:00Z')).map(iso)).toEqual([
      '2011-12-29T10:00:00.000Z',
      '2011-12-30T10:00:00.000Z',
      '2011-12-31T10:00:00.000Z',
    ]);
  });

  test('dates before 1970 have marks too', () => {
    expect(iso(createMarks({ unit: 'hh', count: 12, timeZone: 'UTC' }).next(ms('1969-12-31T13:00Z')))).toBe('1970-01-01T00:00:00.000Z');
    expect(iso(createMarks({ unit: 'mm', count: 1, timeZone: 'UTC' }).floor(ms('1955-05-05T13:00Z')))).toBe('1955-05-01T00:00:00.000Z');
  });
});
