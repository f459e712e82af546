// Windows of standard SQL against a slow model that sees all rows at once: it sorts them, reads the wall clock of each from Intl and puts them
// into windows by its text. Rows come in disorder, with gaps and equal stamps; the rule is restarted at random points; the days are those of
// clock changes in three zones.
import { describe, expect, test } from 'vitest';
import { createVirtualClock } from '../../src/base/clock.ts';
import type { Row } from '../../src/data/value.ts';
import { startRule, stream, type TestOptions } from '../helpers/program.ts';
import { randomFrom } from '../helpers/random.ts';

const HOUR = 3_600_000;

interface Item {
  k: string;
  v: number;
  hit: boolean;
  tsMs: number;
}

const changes: readonly [string, string][] = [
  ['Europe/Berlin', '2025-03-30T01:00Z'],
  ['Europe/Berlin', '2025-10-26T01:00Z'],
  ['America/New_York', '2025-03-09T07:00Z'],
  ['America/New_York', '2025-11-02T06:00Z'],
  ['Australia/Lord_Howe', '2025-04-05T15:00Z'],
  ['Australia/Lord_Howe', '2025-10-04T15:30Z'],
];

function itemsOf(seed: number, changeMs: number, count: number): Item[] {
  const random = randomFrom(seed);
  let tsMs = changeMs - 40 * HOUR;
  return Array.from({ length: count }, (_, v) => {
    const kind = random();
    // bursts, equal stamps, hours without a row
    tsMs += kind < 0.2 ? 0 : kind < 0.9 ? Math.floor(random() * 0.5 * HOUR) : Math.floor(random() * 9 * HOUR);
    return { k: 'abc'[Math.floor(random() * 3)]!, v, hit: random() < 0.2, tsMs };
  });
}

/** Wall clock as if it were UTC, hour by hour of the text. */
function wallOf(timeZone: string): (atMs: number) => Date {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, dateStyle: 'short', timeStyle: 'medium', hourCycle: 'h23' });
  return (atMs) => {
    const p = Object.fromEntries(format.formatToParts(atMs).map((part) => [part.type, Number(part.value)]));
    return new Date(Date.UTC(p['year']!, p['month']! - 1, p['day']!, p['hour']!, p['minute']!, p['second']!));
  };
}

type Windows = readonly Item[][];

/** Rows of one name, in order of time, are a window. */
function byName(items: readonly Item[], nameOf: (i: Item) => string): Windows {
  const windows = new Map<string, Item[]>();
  for (const i of items) windows.set(nameOf(i), [...(windows.get(nameOf(i)) ?? []), i]);
  return [...windows.values()];
}

function sessions(items: readonly Item[], gapMs: number): Windows {
  const out: Item[][] = [];
  for (const i of items) {
    const last = out.at(-1);
    if (last && i.tsMs - last.at(-1)!.tsMs <= gapMs) last.push(i);
    else out.push([i]);
  }
  return out;
}

/** Every row's window: those up to two hours before it, of equal times those that came too. */
const slidings = (items: readonly Item[], lengthMs: number, hits: boolean): Windows =>
  items.filter((i) => !hits || i.hit).map((i) => items.filter((o) => o.tsMs >= i.tsMs - lengthMs && o.tsMs <= i.tsMs));

const counts = (items: readonly Item[], n: number, every: number): Windows =>
  items.flatMap((_, at) => ((at + 1) % every === 0 && at + 1 >= n ? [items.slice(at + 1 - n, at + 1)] : []));

interface Kind {
  sql: string;
  options?: TestOptions;
  windows(items: readonly Item[], wall: (atMs: number) => Date, hits: boolean): Windows;
}

const day = (d: Date): string => d.toISOString().slice(0, 10);
const kinds: readonly Kind[] = [
  { sql: 'TUMBLINGWINDOW(dd, 1)', windows: (items, wall) => byName(items, (i) => day(wall(i.tsMs))) },
  {
    sql: 'TUMBLINGWINDOW(hh, 12)',
    windows: (items, wall) => byName(items, (i) => `${day(wall(i.tsMs))} ${wall(i.tsMs).getUTCHours() < 12}`),
  },
  {
    sql: 'TUMBLINGWINDOW(hour, 8)',
    options: { windowOffsetMs: 6 * HOUR },
    windows: (items, wall) =>
      byName(items, (i) => {
        const moved = new Date(wall(i.tsMs).getTime() - 6 * HOUR);
        return `${day(moved)} ${Math.floor(moved.getUTCHours() / 8)}`;
      }),
  },
  { sql: 'TUMBLINGWINDOW(month, 1)', windows: (items, wall) => byName(items, (i) => day(wall(i.tsMs)).slice(0, 7)) },
  {
    sql: 'TUMBLINGWINDOW(week, 1)',
    windows: (items, wall) =>
      byName(items, (i) => {
        const d = wall(i.tsMs);
        return day(new Date(d.getTime() - ((d.getUTCDay() + 6) % 7) * 24 * HOUR));
      }),
  },
  {
    sql: 'HOPPINGWINDOW(dd, 2, 1)',
    windows(items, wall) {
      const days = [...new Set(items.flatMap((i) => [0, 24].map((h) => day(new Date(wall(i.tsMs).getTime() + h * HOUR)))))];
      return days.map((end) => {
        const before = day(new Date(Date.parse(end) - 24 * HOUR));
        return items.filter((i) => [end, before].includes(day(wall(i.tsMs))));
      });
    },
  },
  { sql: 'SESSIONWINDOW(dd, 300, 1)', windows: (items) => sessions(items, 24 * HOUR) },
  { sql: 'SESSIONWINDOW(hh, 5000, 2)', windows: (items) => sessions(items, 2 * HOUR) },
  { sql: 'SLIDINGWINDOW(hh, 2)', windows: (items, _wall, hits) => slidings(items, 2 * HOUR, hits) },
  { sql: 'COUNTWINDOW(4)', windows: (items) => counts(items, 4, 4) },
  { sql: 'COUNTWINDOW(5, 2)', windows: (items) => counts(items, 5, 2) },
];

describe.each(changes)('in %s around %s', (timeZone, change) => {
  const wall = wallOf(timeZone);
  const cases = kinds.flatMap((kind) => [true, false].map((hits) => ({ kind, hits, name: `${kind.sql}${hits ? ' WHEN' : ''}` })));
  // @covers issue:20#3
  test.each(cases)('$name per key has the windows of the model, in event time with disorder and restarts', ({ kind, hits }) => {
    const seed = kind.sql.length + change.length + (hits ? 100 : 0);
    const items = itemsOf(seed, Date.parse(change), 90);
    const random = randomFrom(seed + 1);
    // rows of one key and time keep their order; others come up to two hours late
    const arrivals = items
      .map((i) => ({ i, at: i.tsMs + Math.floor(hash(i.k, i.tsMs) * 2 * HOUR) }))
      .sort((a, b) => a.at - b.at || a.i.v - b.i.v);
    const over = `OVER (${hits ? 'WHEN hit ' : ''}PARTITION BY k)`;
    const sql = `SELECT collect(v) AS vs FROM demo GROUP BY ${kind.sql} ${over}`.replace('WHEN hit', 'WHEN hit = true');
    const options: TestOptions = {
      sources: [stream('demo', undefined, { timestamp: 'ts' })],
      sqlCompatibility: 'standard',
      isEventTime: true,
      lateToleranceMs: 2 * HOUR,
      timeZone,
      clock: createVirtualClock(Date.parse('2025-01-01')),
      ...kind.options,
    };
    const out: string[] = [];
    let rule = startRule(sql, options);
    const take = (): void => void out.push(...rule.results.splice(0).map((rows) => String((rows as Row[])[0]!['vs'])));
    for (const { i } of arrivals) {
      rule.push('demo', { k: i.k, v: i.v, hit: i.hit }, { tsMs: i.tsMs });
      take();
      if (random() >= 0.1) continue;
      const state = structuredClone(rule.running.save());
      rule.running.close();
      rule = startRule(sql, { ...options, state });
    }
    rule.push('demo', { k: 'end', v: -1, hit: false }, { tsMs: items.at(-1)!.tsMs + 400 * 24 * HOUR });
    take();
    // what the watermark has passed and no session or window can take in any more
    const expected = byName(items, (i) => i.k)
      .flatMap((own) => kind.windows(own, wall, hits))
      .filter((w) => w.length > 0 && (!hits || w.some((i) => i.hit)))
      .map((w) => String(w.map((i) => i.v)));
    expect(out.filter((vs) => vs !== '-1').sort()).toEqual(expected.sort());
    expect(expected.length).toBeGreaterThan(0);
  });
});

/** 0 ≤ x < 1 of a key and a time. */
function hash(k: string, n: number): number {
  let h = k.charCodeAt(0);
  for (let x = Math.floor(n / 1000); x > 0; x = Math.floor(x / 7)) h = (h * 31 + x) % 1_000_003;
  return h / 1_000_003;
}
