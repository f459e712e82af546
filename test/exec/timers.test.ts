// Rules that fire without a message: functions of time in whole rules, in both times, over restarts, against a slow model.
import { describe, expect, test } from 'vitest';
import { createVirtualClock, type VirtualClock } from '../../src/base/clock.ts';
import type { Row } from '../../src/data/value.ts';
import { refusalOf, startRule, stream, type TestOptions, type TestRule } from '../helpers/program.ts';
import { randomFrom } from '../helpers/random.ts';

const START = Date.UTC(2026, 0, 1);
const MIN = 60_000;

/** A rule that can be ended and begun again, its results with the minute at which they came. */
function machine(sql: string, more: TestOptions = {}) {
  const options: TestOptions = { sqlCompatibility: 'standard', sources: [stream('demo', undefined, { timestamp: 'ts' })], ...more };
  const clock = more.clock ?? createVirtualClock(START);
  const out: string[] = [];
  let rule: TestRule = startRule(sql, { ...options, clock });
  const m = {
    clock,
    out,
    get rule() {
      return rule;
    },
    take() {
      for (const rows of rule.results.splice(0))
        for (const r of Array.isArray(rows) ? rows : [rows])
          out.push(JSON.stringify(r, (_k, v: unknown) => (typeof v === 'bigint' ? Number(v) : v)));
      return out.splice(0);
    },
    push(row: Row, tsMs?: number) {
      rule.push('demo', row, tsMs === undefined ? {} : { tsMs });
    },
    /** @param at a clock that goes on from another moment, as after a power cut */
    restart(at: VirtualClock = clock) {
      const state = structuredClone(rule.running.save());
      rule.running.close();
      out.push(...m.take());
      rule = startRule(sql, { ...options, clock: at, state });
      return at;
    },
  };
  return m;
}

const refusal = (sql: string, more: TestOptions = {}): string => refusalOf(sql, { sqlCompatibility: 'standard', ...more });

describe('silent_for', () => {
  const sql = 'SELECT dev, v, event_time() AS at FROM demo WHERE silent_for(mi, 10) OVER (PARTITION BY dev)';

  // @covers issue:20#4
  test('tells once of each device that was silent for so long, with its last row, at the very moment', async () => {
    const m = machine(sql);
    m.push({ dev: 'a', v: 1 });
    await m.clock.advance(4 * MIN);
    m.push({ dev: 'b', v: 2 });
    await m.clock.advance(6 * MIN - 1);
    expect(m.take()).toEqual([]);
    await m.clock.advance(1);
    expect(m.take()).toEqual([`{"at":${START + 10 * MIN},"dev":"a","v":1}`]);
    await m.clock.advance(4 * MIN);
    expect(m.take()).toEqual([`{"at":${START + 14 * MIN},"dev":"b","v":2}`]);
    await m.clock.advance(600 * MIN);
    expect(m.take()).toEqual([]);
    m.rule.running.close();
    expect(m.clock.pending).toBe(0);
  });

  test('a row begins the silence anew, and a device that came back can fall silent again', async () => {
    const m = machine(sql);
    m.push({ dev: 'a', v: 1 });
    await m.clock.advance(9 * MIN);
    m.push({ dev: 'a', v: 2 });
    await m.clock.advance(9 * MIN);
    expect(m.take()).toEqual([]);
    await m.clock.advance(MIN);
    expect(m.take()).toHaveLength(1);
    m.push({ dev: 'a', v: 3 });
    await m.clock.advance(10 * MIN);
    expect(m.take()).toEqual([`{"at":${START + 29 * MIN},"dev":"a","v":3}`]);
  });

  test('silent and back in one rule', async () => {
    const m = machine(
      'SELECT dev, silent_for(mi, 10) OVER (PARTITION BY dev) AS silent FROM demo WHERE silent OR back_after(mi, 10) OVER (PARTITION BY dev)',
    );
    for (const waitMin of [0, 5, 10, 3, 12]) {
      await m.clock.advance(waitMin * MIN);
      m.push({ dev: 'a' });
    }
    expect(m.take()).toEqual([
      '{"dev":"a","silent":true}',
      '{"dev":"a","silent":false}',
      '{"dev":"a","silent":true}',
      '{"dev":"a","silent":false}',
    ]);
  });

  // @covers issue:20#4
  test('after a power cut the remaining time is right: what was off counts', async () => {
    const m = machine(sql);
    m.push({ dev: 'a', v: 1 });
    await m.clock.advance(4 * MIN);
    const later = createVirtualClock(START + 7 * MIN);
    m.restart(later);
    await later.advance(3 * MIN - 1);
    expect(m.take()).toEqual([]);
    await later.advance(1);
    expect(m.take()).toEqual([`{"at":${START + 10 * MIN},"dev":"a","v":1}`]);
    // and it is told once only
    const again = createVirtualClock(START + 11 * MIN);
    m.restart(again);
    await again.advance(60 * MIN);
    expect(m.take()).toEqual([]);
  });

  test('what came due while the gateway was off is told when it starts', async () => {
    const m = machine(sql);
    m.push({ dev: 'a', v: 1 });
    m.restart(createVirtualClock(START + 60 * MIN));
    expect(m.take()).toEqual([`{"at":${START + 10 * MIN},"dev":"a","v":1}`]);
  });

  test('a clock that is behind after a power cut, or is set while the rule runs, changes no span', async () => {
    const m = machine(sql);
    m.push({ dev: 'a', v: 1 });
    await m.clock.advance(4 * MIN);
    const behind = createVirtualClock(Date.UTC(1970, 0, 1));
    m.restart(behind);
    await behind.advance(2 * MIN);
    behind.jump(START);
    await behind.advance(4 * MIN - 1);
    expect(m.take()).toEqual([]);
    await behind.advance(1);
    expect(m.take()).toHaveLength(1);
  });

  test('in event time the watermark lets it fire, and what is due goes before a row of that moment', () => {
    const m = machine(sql, { isEventTime: true, lateToleranceMs: 0 });
    m.push({ dev: 'a', v: 1 }, START);
    m.push({ dev: 'b', v: 2 }, START + 10 * MIN - 1);
    expect(m.take()).toEqual([]);
    m.push({ dev: 'a', v: 3 }, START + 10 * MIN);
    expect(m.take()).toEqual([`{"at":${START + 10 * MIN},"dev":"a","v":1}`]);
    m.push({ dev: 'c', v: 4 }, START + 25 * MIN);
    expect(m.take()).toEqual([`{"at":${START + 20 * MIN - 1},"dev":"b","v":2}`, `{"at":${START + 20 * MIN},"dev":"a","v":3}`]);
  });

  test('each device may have a limit of its own, and rows outside WHEN are no sign of life', async () => {
    const m = machine('SELECT dev FROM demo WHERE silent_for(ss, every * 2) OVER (PARTITION BY dev WHEN kind != "lwt")');
    m.push({ dev: 'a', every: 5, kind: 'x' });
    m.push({ dev: 'b', every: 20, kind: 'x' });
    await m.clock.advance(9000);
    m.push({ dev: 'a', every: 5, kind: 'lwt' });
    await m.clock.advance(1000);
    expect(m.take()).toEqual(['{"dev":"a"}']);
    await m.clock.advance(30_000);
    expect(m.take()).toEqual(['{"dev":"b"}']);
  });

  test('what was computed of the row when it came is computed again when its moment comes', async () => {
    const m = machine(
      'SELECT CASE WHEN silent_for(ss, 1) = true THEN "silent" ELSE concat("row ", newuuid()) END AS tag FROM demo WHERE tag != "" AND length(tag) > 0',
    );
    m.push({ v: 1 });
    expect(m.take().join()).toContain('"tag":"row ');
    await m.clock.advance(1000);
    expect(m.take()).toEqual(['{"tag":"silent"}']);
  });

  test('what stands before it has seen the row already and is not moved on by the moment', async () => {
    const m = machine(
      'SELECT dev, lag(v) OVER (PARTITION BY dev) AS before, acc_count(v) OVER (PARTITION BY dev) AS n FROM demo WHERE silent_for(ss, 10) OVER (PARTITION BY dev)',
    );
    m.push({ dev: 'a', v: 1 });
    m.push({ dev: 'a', v: 2 });
    await m.clock.advance(10_000);
    m.push({ dev: 'a', v: 3 });
    await m.clock.advance(10_000);
    expect(m.take()).toEqual(['{"before":1,"dev":"a","n":2}', '{"before":2,"dev":"a","n":3}']);
  });
});

describe('held_for', () => {
  const sql = 'SELECT dev, t FROM demo WHERE held_for(t > 80, ss, 10) OVER (PARTITION BY dev)';

  // @covers issue:20#4
  test('tells once when the condition has held for so long without a row that says otherwise', async () => {
    const m = machine(sql);
    m.push({ dev: 'a', t: 81 });
    await m.clock.advance(5000);
    m.push({ dev: 'a', t: 90 });
    await m.clock.advance(4999);
    expect(m.take()).toEqual([]);
    await m.clock.advance(1);
    expect(m.take()).toEqual(['{"dev":"a","t":90}']);
    m.push({ dev: 'a', t: 95 });
    await m.clock.advance(60_000);
    expect(m.take()).toEqual([]);
    m.push({ dev: 'a', t: 80 });
    m.push({ dev: 'a', t: 85 });
    await m.clock.advance(10_000);
    expect(m.take()).toEqual(['{"dev":"a","t":85}']);
  });

  test('a row for which the condition is false or null ends it', async () => {
    const m = machine(sql);
    for (const t of [70, null, undefined]) {
      m.push({ dev: 'a', t: 81 });
      await m.clock.advance(9999);
      m.push(t === undefined ? { dev: 'a' } : { dev: 'a', t });
      await m.clock.advance(60_000);
    }
    expect(m.take()).toEqual([]);
  });

  test('a restart in between keeps the remaining time', async () => {
    const m = machine(sql);
    m.push({ dev: 'a', t: 81 });
    await m.clock.advance(6000);
    m.restart();
    await m.clock.advance(3999);
    expect(m.take()).toEqual([]);
    await m.clock.advance(1);
    expect(m.take()).toEqual(['{"dev":"a","t":81}']);
  });
});

describe('latch and repeat_while', () => {
  test('hysteresis: the alarm goes on above 80 and off below 75, and its changes are told', () => {
    const m = machine('SELECT t, latch(t > 80, t < 75) AS alarm FROM demo WHERE had_changed(true, alarm)');
    for (const t of [70, 78, 81, 78, 90, 76, 74, 79]) m.push({ t });
    expect(m.take()).toEqual(['{"alarm":false,"t":70}', '{"alarm":true,"t":81}', '{"alarm":false,"t":74}']);
  });

  // @covers issue:20#4
  test('an alarm clears itself after silence, which is told without a message', async () => {
    const m = machine(
      'SELECT dev, latch(alarm = true, false, ss, 30) OVER (PARTITION BY dev) AS on FROM demo WHERE had_changed(true, on) OVER (PARTITION BY dev)'.replaceAll(
        ' on',
        ' act',
      ),
    );
    m.push({ dev: 'a', alarm: false });
    m.push({ dev: 'a', alarm: true });
    await m.clock.advance(20_000);
    m.push({ dev: 'a', alarm: true });
    await m.clock.advance(29_999);
    expect(m.take()).toEqual(['{"act":false,"dev":"a"}', '{"act":true,"dev":"a"}']);
    await m.clock.advance(1);
    expect(m.take()).toEqual(['{"act":false,"dev":"a"}']);
  });

  // @covers issue:20#4
  test('an alarm is repeated until it is acknowledged', async () => {
    const m = machine('SELECT dev FROM demo WHERE repeat_while(latch(t > 80, ack = true), mi, 5) OVER (PARTITION BY dev)');
    m.push({ dev: 'a', t: 81 });
    m.push({ dev: 'b', t: 10 });
    expect(m.take()).toEqual(['{"dev":"a"}']);
    m.push({ dev: 'a', t: 20 });
    await m.clock.advance(11 * MIN);
    expect(m.take()).toEqual(['{"dev":"a"}', '{"dev":"a"}']);
    m.push({ dev: 'b', ack: true });
    m.restart();
    await m.clock.advance(4 * MIN);
    expect(m.take()).toEqual(['{"dev":"a"}']);
    m.push({ dev: 'a', ack: true });
    await m.clock.advance(60 * MIN);
    expect(m.take()).toEqual([]);
  });

  test('an alarm that clears itself is not repeated at that moment', async () => {
    const m = machine('SELECT dev FROM demo WHERE repeat_while(latch(t > 80, false, mi, 10), mi, 5) OVER (PARTITION BY dev)');
    m.push({ dev: 'a', t: 81 });
    await m.clock.advance(60 * MIN);
    expect(m.take()).toEqual(['{"dev":"a"}', '{"dev":"a"}']);
  });

  test('repetitions that a standstill has missed are told once, and then in their old rhythm', async () => {
    const m = machine('SELECT event_time() AS at FROM demo WHERE repeat_while(t > 80, mi, 5)');
    m.push({ t: 81 });
    expect(m.take()).toHaveLength(1);
    const later = m.restart(createVirtualClock(START + 22 * MIN));
    expect(m.take()).toHaveLength(1);
    await later.advance(3 * MIN - 1);
    expect(m.take()).toEqual([]);
    await later.advance(1);
    expect(m.take()).toEqual([`{"at":${START + 25 * MIN}}`]);
  });
});

describe('places and limits of functions of time', () => {
  test('they are refused where they cannot work, with the reason', () => {
    expect(refusal('SELECT count(*) AS n FROM demo WHERE silent_for(ss, 1) GROUP BY TUMBLINGWINDOW(ss, 1)')).toContain(
      'silent_for does not go with a window',
    );
    expect(refusal('SELECT silent_for(10, 1) AS s FROM demo')).toContain('Expect a unit (dd, hh, mi, ss or ms) for parameter 1');
    expect(refusal('SELECT held_for(a > 1, ss, 0) AS s FROM demo')).toContain('Expect a number greater than 0 for parameter 3');
    expect(refusal('SELECT silent_for(ss, 1) AS s FROM demo', { sqlCompatibility: 'ekuiper' })).toContain('function silent_for not found');
  });

  // @covers issue:20#5
  test('keys have a limit, and a key that waits for nothing is forgotten after keyTTL', async () => {
    const m = machine('SELECT dev FROM demo WHERE silent_for(ss, 10) OVER (PARTITION BY dev)', {
      keyLimits: { maxKeys: 2, ttlMs: 15_000 },
    });
    for (const dev of ['a', 'b', 'c']) m.push({ dev });
    const stats = () => [...m.rule.stats.values()].find((s) => s.name.endsWith('_timers'))!;
    expect(stats()).toMatchObject({ keys: 2, maxKeys: 2, rowsWithoutRoom: 1, exceptions: 1 });
    m.take();
    await m.clock.advance(14_000);
    m.push({ dev: 'a' });
    await m.clock.advance(2000);
    m.push({ dev: 'c' });
    expect(stats()).toMatchObject({ keys: 2, keysForgotten: 1, rowsWithoutRoom: 1 });
    await m.clock.advance(10_000);
    expect(m.take()).toEqual(['{"dev":"a"}', '{"dev":"b"}', '{"dev":"a"}', '{"dev":"c"}']);
  });

  test('a span that is no number costs its row', async () => {
    const m = machine('SELECT v FROM demo WHERE silent_for(ss, v)');
    m.push({ v: 'x' });
    m.push({ v: -1 });
    expect(m.take().join()).toContain('a span must be a number greater than 0 but is x');
    m.push({ v: 1 });
    await m.clock.advance(1000);
    expect(m.take()).toEqual(['{"v":1}']);
  });
});

describe('functions of time against a slow model', () => {
  interface Event {
    atMs: number;
    dev: string;
    t: number;
    v: number;
  }

  /** What the rule must tell: second by second nothing is remembered but the rows so far. */
  function model(events: readonly Event[], endMs: number): string[] {
    const out: string[] = [];
    const moments = new Set(events.map((e) => e.dev));
    for (const dev of moments) {
      const own = events.filter((e) => e.dev === dev);
      own.forEach((e, i) => {
        const nextMs = own[i + 1]?.atMs ?? Number.POSITIVE_INFINITY;
        // silence after this row
        if (e.atMs + 5000 <= Math.min(nextMs, endMs)) out.push(`${e.atMs + 5000} ${dev} ${e.v} silent`);
        // back with this row
        if (i > 0 && e.atMs - own[i - 1]!.atMs >= 5000) out.push(`${e.atMs} ${dev} ${e.v} back`);
        // held since the first row of this run of rows above 80
        if (e.t > 80 && !((own[i - 1]?.t ?? 0) > 80)) {
          const end = own.slice(i).find((o) => !(o.t > 80))?.atMs ?? Number.POSITIVE_INFINITY;
          const dueMs = e.atMs + 7000;
          const last = own.findLast((o) => o.atMs < dueMs || (o.atMs === e.atMs && o.v >= e.v && dueMs === e.atMs))!;
          if (dueMs <= Math.min(end, endMs)) out.push(`${dueMs} ${dev} ${last.v} held`);
        }
      });
    }
    return out.sort();
  }

  const sql = `SELECT event_time() AS at, dev, v, silent_for(ss, 5) OVER (PARTITION BY dev) AS s, back_after(ss, 5) OVER (PARTITION BY dev) AS b,
    held_for(t > 80, ss, 7) OVER (PARTITION BY dev) AS h FROM demo WHERE s OR b OR h`;
  const cases = [1, 2, 3, 4].flatMap((seed) => [true, false].map((eventTime) => ({ seed, eventTime })));

  // @covers issue:20#4
  test.each(cases)('rows in bursts and gaps, restarts at random points: seed $seed, event time $eventTime', async ({ seed, eventTime }) => {
    const random = randomFrom(seed);
    const events: Event[] = [];
    let atMs = START;
    for (let v = 0; v < 200; v++) {
      atMs += random() < 0.3 ? 0 : Math.floor(random() * 4) * 500 + (random() < 0.5 ? 0 : Math.floor(random() * 500));
      events.push({ atMs, dev: 'abcdef'[Math.floor(random() * 6)]!, t: 70 + Math.floor(random() * 3) * 10, v });
    }
    const m = machine(sql, eventTime ? { isEventTime: true, lateToleranceMs: 2000 } : {});
    const got: string[] = [];
    const take = (): void => {
      for (const line of m.take()) {
        const r = JSON.parse(line) as { at: number; dev: string; v: number; s: boolean; b: boolean; h: boolean };
        const head = `${r.at} ${r.dev} ${r.v}`;
        if (r.s) got.push(`${head} silent`);
        if (r.b) got.push(`${head} back`);
        if (r.h) got.push(`${head} held`);
      }
    };
    // event time: other devices' rows come up to two seconds late
    const arrivals = eventTime
      ? events.map((e) => ({ e, at: e.atMs + (e.dev.charCodeAt(0) % 3) * 990 })).sort((a, b) => a.at - b.at || a.e.v - b.e.v)
      : events.map((e) => ({ e, at: e.atMs }));
    let now = START;
    for (const { e, at } of arrivals) {
      if (!eventTime) await m.clock.advance(at - now);
      now = at;
      m.push({ dev: e.dev, t: e.t, v: e.v }, eventTime ? e.atMs : undefined);
      if (random() < 0.1) m.restart();
      take();
    }
    const endMs = atMs + 60_000;
    if (eventTime) m.push({ dev: 'end', t: 0, v: -1 }, endMs + 2000);
    else await m.clock.advance(endMs - now);
    take();
    expect(got.sort()).toEqual(model(events, endMs));
    expect(got.length).toBeGreaterThan(20);
  });
});
