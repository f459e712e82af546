// The historian on a real file with a clock of the test's own: what is kept, added up, removed and answered.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createVirtualClock, type VirtualClock } from '../../src/base/clock.ts';
import { createMemoryLog } from '../../src/base/log.ts';
import type { Historian, StoredValue } from '../../src/contract/history.ts';
import { createHistorian, type HistorySettings } from '../../src/history/index.ts';
import { Reading } from '../../src/history/read.ts';
import { openReader } from '../../src/history/reader.ts';
import { type Database, openStore } from '../../src/store/index.ts';
import { until } from '../helpers/mosquitto.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 0, 10);
const settings: HistorySettings = {
  maxBytes: 64 * 1024 ** 2,
  keepValuesMs: 7 * DAY,
  keepMinutesMs: 90 * DAY,
  keepHoursMs: 730 * DAY,
  flushMs: 1000,
  maxNames: 100,
};

interface Rig {
  box: Historian;
  clock: VirtualClock;
  folder: string;
  lines: { msg?: string }[];
  put(series: string, atMs: number, values: Record<string, StoredValue>, nth?: number): Promise<void>;
  /** Time goes on, and with it what is done each minute. */
  pass(ms: number): Promise<void>;
  end(): Promise<void>;
}

let open: Rig[] = [];
let folders: string[] = [];
afterEach(async () => {
  for (const r of open) await r.end();
  for (const f of folders) rmSync(f, { recursive: true, force: true });
  open = [];
  folders = [];
});

async function start(
  own: Partial<HistorySettings> = {},
  folder = mkdtempSync(join(tmpdir(), 'kuiper-history-')),
  clock = createVirtualClock(START),
): Promise<Rig> {
  folders.push(folder);
  const { log, lines } = createMemoryLog('debug');
  const store = openStore({ dataDir: folder, clock, log });
  const box = createHistorian({ store, clock, log, settings: { ...settings, ...own } });
  await box.open();
  const rig: Rig = {
    box,
    clock,
    folder,
    lines: lines as never,
    async put(series, atMs, values, nth = 0) {
      const written = box.append({ series, atMs, nth, values: Object.entries(values) });
      await clock.advance(settings.flushMs);
      await written;
    },
    async pass(ms) {
      // the work of a minute is real: the next one is waited for when it is done
      for (const part of [ms - MINUTE, MINUTE]) {
        await clock.advance(part);
        await until(() => clock.pending > 0, 'the work of the minute');
      }
    },
    async end() {
      const closing = box.close();
      await clock.advance(0);
      await closing;
      await store.close();
      open = open.filter((r) => r !== rig);
    },
  };
  open.push(rig);
  return rig;
}

const average = (a: readonly number[]) => a.reduce((x, y) => x + y, 0) / a.length;

describe('the historian', () => {
  it('has a row on disk when it says so, and has it after a start with all its digits', async () => {
    const r = await start();
    let stored = false;
    const written = r.box.append({ series: 's', atMs: START, nth: 0, values: [['big', 9_007_199_254_740_993n], ['t', 20], ['on', true], ['text', 'a;b']] }).then(() => {
      stored = true;
    }); // biome-ignore format: one line
    await r.clock.advance(999);
    expect(stored).toBe(false);
    await r.clock.advance(1);
    await written;
    await r.end();
    const again = await start({}, r.folder);
    expect((await again.box.query('SELECT field, value, typeof(value) AS t FROM history ORDER BY field')).rows).toEqual([
      { field: 'big', value: 9_007_199_254_740_993n, t: 'integer' },
      { field: 'on', value: 1n, t: 'integer' },
      { field: 't', value: 20, t: 'real' },
      { field: 'text', value: 'a;b', t: 'text' },
    ]);
    expect(await again.box.series()).toEqual([
      {
        series: 's',
        fields: {
          big: { atMs: START, value: 9_007_199_254_740_993n },
          on: { atMs: START, value: 1n },
          t: { atMs: START, value: 20 },
          text: { atMs: START, value: 'a;b' },
        },
      },
    ]);
    expect(await again.box.last('s', START, 1)).toEqual({ big: 9_007_199_254_740_993n, on: 1n, t: 20, text: 'a;b' });
  });

  it('writes the rows of a moment in one transaction', async () => {
    const r = await start();
    const all = Array.from({ length: 500 }, (_, i) => r.box.append({ series: `s${i % 50}`, atMs: START + i, nth: 0, values: [['v', i]] }));
    expect(new Set(all).size).toBe(1);
    await r.clock.advance(1000);
    await Promise.all(all);
    expect((await r.box.query('SELECT count(*) AS n FROM history')).rows).toEqual([{ n: 500n }]);
  });

  it('keeps a row once that comes twice, and two different rows of one millisecond', async () => {
    const r = await start();
    await r.put('s', START, { v: 1 }, 7);
    await r.put('s', START, { v: 1 }, 7);
    await r.put('s', START, { v: 2 }, 8);
    await r.pass(12 * MINUTE);
    // late by now: it goes another way
    await r.put('s', START, { v: 1 }, 7);
    expect((await r.box.query('SELECT value FROM history ORDER BY value')).rows).toEqual([{ value: 1 }, { value: 2 }]);
    expect((await r.box.query('SELECT count, min, max, avg FROM history_minutes')).rows).toEqual([{ count: 2n, min: 1, max: 2, avg: 1.5 }]);
  });

  it('answers the same from values, minutes and hours as a list of all rows does, whatever comes late or twice', async () => {
    const row = fc.record({
      series: fc.constantFrom('a', 'b'),
      field: fc.constantFrom('x', 'y'),
      offset: fc.integer({ min: 0, max: 3 * HOUR }),
      value: fc.integer({ min: -1000, max: 1000 }),
      wait: fc.constantFrom(0, 0, 0, 11 * MINUTE),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 25 }), async (rows) => {
        const r = await start({ flushMs: 0 });
        const model = new Map<string, { series: string; field: string; at: number; value: number }>();
        for (const { series, field, offset, value, wait } of rows) {
          const at = START - 3 * HOUR + offset;
          await r.put(series, at, { [field]: value });
          model.set(`${series} ${field} ${at}`, { series, field, at, value });
          if (wait) await r.pass(wait);
        }
        const fromMs = START - 3 * HOUR;
        for (const [points, step] of [
          [3 * 3600, 1000],
          [180, MINUTE],
          [3, HOUR],
        ] as const) {
          for (const series of new Set(rows.map((x) => x.series))) {
            const plot = await r.box.plot({ series, fromMs, toMs: START, points, fields: [] });
            expect(plot.stepMs).toBe(step);
            for (const [field, got] of Object.entries(plot.fields)) {
              const spans = new Map<number, number[]>();
              for (const m of model.values()) {
                if (m.series !== series || m.field !== field || m.at >= START) continue;
                const at = fromMs + Math.floor((m.at - fromMs) / step) * step;
                spans.set(at, [...(spans.get(at) ?? []), m.value]);
              }
              const want = [...spans].sort(([x], [y]) => x - y);
              expect(got.map(([at, , least, greatest, n]) => [at, least, greatest, n])).toEqual(
                want.map(([at, v]) => [at, Math.min(...v), Math.max(...v), v.length]),
              );
              got.forEach(([, mean], i) => {
                expect(mean).toBeCloseTo(average(want[i]![1]), 9);
              });
            }
          }
        }
        await r.end();
      }),
      { numRuns: 12 },
    );
  }, 60_000);

  it('removes values after their time and keeps their minutes and hours, and says how many went', async () => {
    const r = await start({ keepValuesMs: 2 * HOUR, keepMinutesMs: 2 * DAY });
    for (let i = 0; i < 60; i++) await r.put('s', START + i * MINUTE, { v: i });
    // the clock runs evenly for an hour before anything goes
    await r.pass(4 * HOUR);
    await r.pass(MINUTE);
    expect(r.box.state()).toMatchObject({
      expired: { values: 60, minutes: 0, hours: 0 },
      discarded: { values: 0 },
      valuesFromMs: START + 2 * HOUR,
    });
    expect((await r.box.query('SELECT count(*) AS n FROM history')).rows).toEqual([{ n: 0n }]);
    const plot = await r.box.plot({ series: 's', fromMs: START, toMs: START + HOUR, points: 4000, fields: [] });
    expect(plot.detail).toBe('values');
    expect(plot.fields['v']!.map(([, mean, , , n]) => [mean, n])).toEqual(Array.from({ length: 60 }, (_, i) => [i, 1]));
    expect(await r.box.span('s', START, START + HOUR)).toEqual({ v: 29.5, v_min: 0, v_max: 59, v_count: 60n });
  }, 30_000);

  it('refuses a row that is older than what is kept instead of adding it up wrongly', async () => {
    const r = await start({ keepValuesMs: 2 * HOUR });
    await r.put('s', START, { v: 1 });
    await r.pass(5 * HOUR);
    await r.pass(MINUTE);
    const from = r.box.state().valuesFromMs;
    expect(from).toBe(START + 3 * HOUR);
    expect(() => r.box.append({ series: 's', atMs: from - 1, nth: 0, values: [['v', 2]] })).toThrow(
      'values are kept from 2026-01-10T03:00:00.000Z on',
    );
    await r.put('s', from, { v: 3 });
    expect((await r.box.query('SELECT value FROM history')).rows).toEqual([{ value: 3 }]);
  });

  it('removes nothing while the clock is wrong for less than an hour', async () => {
    const r = await start();
    await r.put('s', START, { v: 1 });
    await r.pass(2 * HOUR);
    r.clock.jump(3650 * DAY);
    await r.pass(59 * MINUTE);
    r.clock.jump(-3650 * DAY);
    await r.pass(2 * HOUR);
    expect(r.box.state().expired).toEqual({ values: 0, minutes: 0, hours: 0 });
    expect((await r.box.query('SELECT value FROM history')).rows).toEqual([{ value: 1 }]);
    // and what comes after the wrong time is ordinary work again
    const now = r.clock.now();
    await r.put('s', now, { v: 2 });
    expect((await r.box.query('SELECT (SELECT count(*) FROM recent) AS recent')).rows).toEqual([{ recent: 1n }]);
  });

  it('stays at its bound: the oldest values go first, counted and said aloud, and newer ones stay', async () => {
    const r = await start({ maxBytes: 1024 ** 2 });
    for (let h = 0; h < 12; h++) {
      const rows = Array.from({ length: 4000 }, (_, i) =>
        r.box.append({ series: 's', atMs: START + h * HOUR + i * 900, nth: 0, values: [['v', i + 0.5]] }),
      );
      await r.clock.advance(1000);
      await Promise.all(rows);
      await r.pass(HOUR - 1000);
    }
    await r.pass(MINUTE);
    const { usedBytes, maxBytes, discarded, expired, valuesFromMs } = r.box.state();
    expect(usedBytes).toBeLessThanOrEqual(maxBytes);
    const [left] = (await r.box.query('SELECT count(*) AS n, min(at) AS first, max(at) AS last FROM history')).rows;
    expect(Number(left!['n']) + discarded.values).toBe(48_000);
    expect(discarded.values).toBeGreaterThan(10_000);
    expect(Number(left!['n'])).toBeGreaterThan(5000);
    expect(Number(left!['first'])).toBeGreaterThanOrEqual(valuesFromMs);
    expect(Number(left!['last'])).toBe(START + 11 * HOUR + 3999 * 900);
    expect(expired.values).toBe(0);
    expect(r.lines.some((l) => l.msg?.includes('at its bound of 1 MB: the oldest values were discarded'))).toBe(true);
    // their minutes are still there
    expect((await r.box.plot({ series: 's', fromMs: START, toMs: START + HOUR, points: 1, fields: [] })).fields['v']![0]![4]).toBe(4000);
  }, 60_000);

  it('takes no more fields than it may have, and no name that is none', async () => {
    const r = await start({ maxNames: 2 });
    await r.put('s', START, { a: 1, b: 2 });
    expect(() => r.box.append({ series: 's', atMs: START, nth: 0, values: [['c', 1]] })).toThrow('there are 2 fields of series already');
    expect(() => r.box.append({ series: '', atMs: START, nth: 0, values: [['a', 1]] })).toThrow('is not a name for a series');
    expect(() => r.box.append({ series: 'x'.repeat(201), atMs: START, nth: 0, values: [['a', 1]] })).toThrow('is not a name for a series');
    expect(() => r.box.append({ series: 's', atMs: START, nth: 0, values: [['a\n', 1]] })).toThrow('is not a name for a field');
    expect(() => r.box.append({ series: 's', atMs: -1, nth: 0, values: [['a', 1]] })).toThrow('is not a time stamp');
    expect(() => r.box.append({ series: 's', atMs: START, nth: 0, values: [] })).toThrow('without a column that has a value');
    expect(() => r.box.append({ series: 's', atMs: START, nth: 0, values: [['a', Number.NaN]] })).toThrow('cannot be stored');
    expect(() => r.box.append({ series: 's', atMs: START, nth: 0, values: [['a', 2n ** 63n]] })).toThrow('is not an int64');
    await r.put('s', START + 1, { a: -(2n ** 63n) });
    expect((await r.box.query('SELECT value FROM history ORDER BY at')).rows).toEqual([
      { value: 1 },
      { value: 2 },
      { value: -(2n ** 63n) },
    ]);
  });

  it('gives the last value at or before a moment, unless it is too old', async () => {
    const r = await start();
    await r.put('s', START, { v: 1 });
    await r.put('s', START + 2000, { v: 2, w: 'on' });
    await r.pass(20 * MINUTE);
    await r.put('s', r.clock.now(), { v: 3 });
    expect(await r.box.last('s', START + 1999, HOUR)).toEqual({ v: 1 });
    expect(await r.box.last('s', START + 2000, HOUR)).toEqual({ v: 2, w: 'on' });
    expect(await r.box.last('s', r.clock.now(), 15 * MINUTE)).toEqual({ v: 3 });
    expect(await r.box.last('s', START - 1, HOUR)).toBeUndefined();
    expect(await r.box.last('s', START + 2000 + HOUR, HOUR - 1)).toEqual({ v: 3 });
    expect(await r.box.last('none', START, HOUR)).toBeUndefined();
  });

  it('removes a series with everything it has, and no other', async () => {
    const r = await start();
    await r.put('a', START, { v: 1 });
    await r.put('b', START, { v: 2 });
    await r.pass(12 * MINUTE);
    expect(await r.box.remove('a')).toBe(true);
    expect(await r.box.remove('a')).toBe(false);
    expect((await r.box.query('SELECT series FROM history UNION ALL SELECT series FROM history_minutes')).rows).toEqual([
      { series: 'b' },
      { series: 'b' },
    ]);
    await expect(r.box.plot({ series: 'a', fromMs: 0, toMs: 1, points: 1, fields: [] })).rejects.toMatchObject({
      code: 'HISTORY_UNKNOWN_SERIES',
    });
    await r.put('a', START + 1, { v: 9 });
    expect((await r.box.query("SELECT value FROM history WHERE series = 'a'")).rows).toEqual([{ value: 9 }]);
  });

  it('begins a new file when the old one is damaged, and keeps rows that come then under their names', async () => {
    const r = await start();
    await r.put('s', START, { v: 1 });
    await r.end();
    writeFileSync(join(r.folder, 'history.db'), Buffer.alloc(8192, 7));
    const again = await start({}, r.folder);
    await again.put('s', START + 1, { v: 2 });
    expect((await again.box.query('SELECT series, value FROM history')).rows).toEqual([{ series: 's', value: 2 }]);
    expect(again.lines.some((l) => l.msg === 'Damaged database set aside.')).toBe(true);
  });

  it('brings the names along again when the file was replaced while it worked', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kuiper-history-'));
    folders.push(folder);
    const clock = createVirtualClock(START);
    const { log } = createMemoryLog('error');
    const store = openStore({ dataDir: folder, clock, log });
    let reopened: () => Promise<void> = async () => undefined;
    let database: Database | undefined;
    const box = createHistorian({
      clock,
      log,
      settings: { ...settings, flushMs: 0 },
      store: {
        history(opened) {
          const found = store.history(opened);
          database = found.database;
          reopened = () => opened({} as never);
          return found;
        },
      },
    });
    await box.open();
    const put = async (atMs: number) => {
      const written = box.append({ series: 's', atMs, nth: 0, values: [['v', atMs - START]] });
      await clock.advance(0);
      await written;
    };
    await put(START);
    await database!.write([{ sql: 'DELETE FROM names', params: [] }]);
    await reopened();
    await put(START + 1);
    expect((await box.query('SELECT series, value FROM history ORDER BY at')).rows).toEqual([{ series: 's', value: 0 }, { series: 's', value: 1 }]); // biome-ignore format: one line
    await box.close();
    await store.close();
  });

  it('has every row that it confirmed when the process is killed in the middle of writing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kuiper-history-'));
    folders.push(folder);
    const script = `
      import { createRealClock } from '${join(process.cwd(), 'src/base/clock.ts')}';
      import { createMemoryLog } from '${join(process.cwd(), 'src/base/log.ts')}';
      import { createHistorian } from '${join(process.cwd(), 'src/history/index.ts')}';
      import { openStore } from '${join(process.cwd(), 'src/store/index.ts')}';
      import { writeSync } from 'node:fs';
      const clock = createRealClock(); const { log } = createMemoryLog('error');
      const store = openStore({ dataDir: ${JSON.stringify(folder)}, clock, log });
      const box = createHistorian({ store, clock, log, settings: ${JSON.stringify({ ...settings, flushMs: 5 })} });
      await box.open();
      const at = Date.now(); let n = 0; let done = 0;
      setTimeout(() => process.kill(process.pid, 'SIGKILL'), 700);
      for (;;) {
        const m = n++;
        box.append({ series: 's', atMs: at + m, nth: 0, values: [['v', m]] }).then(() => writeSync(1, m + '\\n'));
        if (m % 20 === 0) await new Promise((r) => setTimeout(r, 1));
      }`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script], { encoding: 'utf8' });
    const confirmed = stdout.trim().split('\n').filter((l) => l !== '').map(Number); // biome-ignore format: one line
    expect(stderr).toBe('');
    expect(confirmed.length).toBeGreaterThan(50);
    const r = await start({}, folder);
    const there = new Set(
      (await r.box.query('SELECT CAST(value AS INTEGER) AS v FROM history', { maxRows: 1e6 })).rows.map((x) => Number(x['v'])),
    );
    expect(confirmed.filter((n) => !there.has(n))).toEqual([]);
  }, 30_000);
});

describe('a question about a span', () => {
  it('takes hours and minutes whole where finer ones begin within them, and nothing twice', async () => {
    const asked: (readonly (string | number)[])[] = [];
    const marks: Record<string, number> = { minutesFrom: START + 30 * MINUTE, rawFrom: START + 90 * MINUTE + 1 };
    const box = { names: { of: () => [{ id: 1, field: 'v' }] }, mark: (what: string) => marks[what] ?? 0, sortedMs: START + 5 * HOUR };
    const reader = {
      async all(_sql: string, params: readonly (string | number)[]) {
        asked.push(params);
        return [];
      },
    };
    const reading = new Reading(box as never, async () => reader as never);
    await reading.plot({ series: 's', fromMs: START + MINUTE, toMs: START + 3 * HOUR, points: 5000, fields: [] });
    const values = [START + 91 * MINUTE, START + 3 * HOUR];
    expect(asked).toEqual([[START, START + HOUR, START + HOUR, START + 91 * MINUTE, ...values, ...values]]);
  });

  it('reaches no other file, and writes nothing', async () => {
    const r = await start();
    const reader = await openReader(join(r.folder, 'history.db'));
    await expect(reader.all("ATTACH ':memory:' AS x")).rejects.toThrow('too many attached databases');
    await expect(reader.all('DELETE FROM marks')).rejects.toThrow('readonly');
    await expect(reader.all('SELECT zeroblob(9000000)')).rejects.toThrow('too big');
    await reader.close();
  });
});

describe('a query over the historian', () => {
  it.each([
    ['DELETE FROM raw', 'only SELECT is possible'],
    ['', 'only SELECT is possible'],
    ["ATTACH 'x.db' AS x", 'only SELECT is possible'],
    ['SELECT 1; DELETE FROM raw', 'one statement at a time'],
    ['SELECT 1); DROP TABLE raw; --', 'one statement at a time'],
    ["SELECT 1 -- ; \n; SELECT '2'", 'one statement at a time'],
    ['WITH x AS (SELECT 1) DELETE FROM raw', 'syntax error'],
    ['SELECT nope FROM history', 'no such column: nope'],
    ['SELECT * FROM nowhere', 'nowhere'],
    ["SELECT load_extension('x')", 'not authorized'],
    ['SELECT 1 \0 FROM history', 'NUL'],
  ])('refuses %s with the reason', async (sql, text) => {
    const r = await start();
    await expect(r.box.query(sql)).rejects.toMatchObject({ code: 'HISTORY_QUERY', message: expect.stringContaining(text) });
  });

  it.each([
    ["SELECT ';' AS a;", [{ a: ';' }]],
    ['-- why\nSELECT 1 AS a ; -- done', [{ a: 1n }]],
    ['VALUES (1, 2.5)', [{ column1: 1n, column2: 2.5 }]],
    ["SELECT 'it''s; ok' AS \"a;b\" /* ; */", [{ 'a;b': "it's; ok" }]],
    ["SELECT NULL AS a, 9223372036854775807 AS b, x'0102' AS c", [{ a: null, b: 9_223_372_036_854_775_807n, c: 'AQI=' }]],
    ['SELECT 1 AS a, 2 AS a', [{ a: 1n, 'a:1': 2n }]],
  ])('answers %s', async (sql, rows) => {
    const r = await start();
    expect((await r.box.query(sql)).rows).toEqual(rows);
  });

  it('gives columns also without rows, ends at its bound of rows, and ends what takes too long', async () => {
    const r = await start();
    expect(await r.box.query('SELECT at, value FROM history')).toEqual({ columns: ['at', 'value'], rows: [], truncated: false });
    const series = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20) SELECT i FROM n';
    expect(await r.box.query(series, { maxRows: 20 })).toMatchObject({ truncated: false });
    const cut = await r.box.query(series, { maxRows: 19 });
    expect([cut.truncated, cut.rows.length, cut.rows.at(-1)]).toEqual([true, 19, { i: 19n }]);
    const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n';
    await expect(r.box.query(endless, { timeoutMs: 100 })).rejects.toMatchObject({
      message: expect.stringContaining('took longer than 100 ms'),
    });
    // rows can be written while a query runs
    const slow = r.box.query(endless, { timeoutMs: 1500 }).catch(() => 'ended');
    await r.put('s', START, { v: 1 });
    expect((await r.box.query('SELECT value FROM history')).rows).toEqual([{ value: 1 }]);
    expect(await slow).toBe('ended');
  }, 20_000);
});
