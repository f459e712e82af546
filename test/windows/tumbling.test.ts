// Tumbling windows in processing and event time.
import { describe, expect, test } from 'vitest';
import { createVirtualClock } from '../../src/base/clock.ts';
import { createWindow } from '../../src/exec/window.ts';
import { createSink, createTestHost, newStats, row, stored, windowSpec } from '../helpers/operators.ts';
import { startWorkCounter } from '../helpers/work.ts';

const START = Date.UTC(2026, 0, 1, 10, 0, 0);

function open(more = {}, clock = createVirtualClock(START + 300)) {
  const host = createTestHost(clock);
  const sink = createSink();
  const stats = newStats();
  const op = createWindow(windowSpec({ kind: 'tumbling', lengthMs: 1000, unit: 'ss', ...more }), host, stats, sink);
  return { host, sink, op, clock, stats };
}

describe('tumbling window, processing time', () => {
  test('fires at aligned marks, every length, with the rows that arrived in between', async () => {
    const { sink, op, clock, host } = open();
    op.start!();
    op.row(row([1]));
    await clock.advance(600);
    op.row(row([2]));
    await clock.advance(100);
    expect(sink.slot(0)).toEqual([[1, 2]]);
    expect(sink.ranges()).toEqual([[START + 300, START + 1000, START + 1000]]);
    op.row(row([3]));
    await clock.advance(1000);
    expect(sink.slot(0)).toEqual([[1, 2], [3]]);
    expect(sink.ranges()[1]).toEqual([START + 1000, START + 2000, START + 2000]);
    expect(host.touched).toBe(3);
  });

  test('fires empty windows', async () => {
    const { sink, op, clock } = open();
    op.start!();
    await clock.advance(3000);
    expect(sink.slot(0)).toEqual([[], [], []]);
  });

  test('each row carries the range of its window, and the source tuple is left as it was', async () => {
    const { sink, op, clock } = open();
    op.start!();
    const t = row([1]);
    op.row(t);
    await clock.advance(1000);
    expect(sink.collections[0]!.rows[0]!.win).toEqual({ startMs: START + 300, endMs: START + 1000, triggerMs: START + 1000 });
    expect(t.win).toBeUndefined();
  });

  test('a length that does not divide the parent unit drifts off the marks', async () => {
    const { sink, op, clock } = open({ lengthMs: 7000 }, createVirtualClock(START + 50_000));
    op.start!();
    await clock.advance(20_000);
    expect(sink.ranges().map((r) => r[1])).toEqual([START + 56_000, START + 63_000, START + 70_000]);
  });

  test('a row that comes after the end but before the late timer belongs to the next window', () => {
    // a clock whose timers never fire: the event loop is busy
    const clock = createVirtualClock(START + 300);
    let mono = 0;
    const busy = { ...clock, monotonic: () => mono, now: () => START + 300 + mono, setTimer: () => ({ timer: 0 }) };
    const { sink, op } = open({}, busy as unknown as typeof clock);
    op.start!();
    op.row(row([1]));
    mono = 705;
    op.row(row([2]));
    expect(sink.slot(0)).toEqual([[1]]);
    mono = 1705;
    op.row(row([3]));
    expect(sink.slot(0)).toEqual([[1], [2]]);
  });

  test('close stops the timer', async () => {
    const { sink, op, clock } = open();
    op.start!();
    op.close!();
    await clock.advance(5000);
    expect(sink.collections).toHaveLength(0);
    expect(clock.pending).toBe(0);
  });

  test('an NTP step neither loses nor repeats a row; windows then end at marks of the new time', async () => {
    const { sink, op, clock } = open();
    op.start!();
    op.row(row([1]));
    clock.jump(3_600_000 + 123);
    op.row(row([2]));
    await clock.advance(700);
    expect(sink.slot(0)).toEqual([[1, 2]]);
    op.row(row([3]));
    await clock.advance(1000);
    expect(sink.slot(0)).toEqual([[1, 2], [3]]);
    expect(sink.ranges()[1]![1]).toBe(START + 3_600_000 + 2000);
    clock.jump(-7_200_000);
    op.row(row([4]));
    await clock.advance(3000);
    expect(sink.slot(0).flat()).toEqual([1, 2, 3, 4]);
    expect(sink.ranges().at(-1)![1]! % 1000).toBe(0);
  });

  test('FILTER keeps rows out; a failing filter is an exception of the row', async () => {
    const filter = (t: { cols: unknown[] }) => {
      if (t.cols[0] === 13) throw new Error('bad luck');
      return (t.cols[0] as number) % 2 === 0;
    };
    const { sink, op, clock, host, stats } = open({ filter });
    op.start!();
    for (const v of [1, 2, 13, 4]) op.row(row([v]));
    await clock.advance(1000);
    expect(sink.slot(0)).toEqual([[2, 4]]);
    expect(host.exceptions).toEqual(['run Where error: bad luck']);
    expect(stats.recordsIn).toBe(4);
    expect(host.touched).toBe(2);
  });
});

describe('tumbling window, restored', () => {
  test('goes on with its rows and fires at its aligned end', async () => {
    const a = open();
    a.op.start!();
    a.op.row(row([1]));
    await a.clock.advance(200);
    const state = stored(a.op.save!());
    const b = open({}, createVirtualClock(START + 700));
    b.op.load!(state);
    b.op.start!();
    b.op.row(row([2]));
    await b.clock.advance(300);
    expect(b.sink.slot(0)).toEqual([[1, 2]]);
    expect(b.sink.ranges()).toEqual([[START + 300, START + 1000, START + 1000]]);
  });

  test('fires at once when its end is past, then goes on at the marks', async () => {
    const a = open();
    a.op.start!();
    a.op.row(row([1]));
    const state = stored(a.op.save!());
    const b = open({}, createVirtualClock(START + 60_400));
    b.op.load!(state);
    b.op.start!();
    expect(b.sink.slot(0)).toEqual([[1]]);
    expect(b.sink.ranges()).toEqual([[START + 300, START + 1000, START + 1000]]);
    b.op.row(row([2]));
    await b.clock.advance(600);
    expect(b.sink.slot(0)).toEqual([[1], [2]]);
  });

  test('a clock that is behind the saved state does not hold the window back', async () => {
    const a = open();
    a.op.start!();
    a.op.row(row([1]));
    const state = stored(a.op.save!());
    const b = open({}, createVirtualClock(Date.UTC(1970, 0, 1, 0, 0, 0, 300)));
    b.op.load!(state);
    b.op.start!();
    await b.clock.advance(700);
    expect(b.sink.slot(0)).toEqual([[1]]);
  });

  test('rows are saved by column name: slots may differ after a restart', async () => {
    const a = open();
    a.op.start!();
    a.op.row(row([1, 'x']));
    const state = stored(a.op.save!());
    const keep = [
      { slot: 3, column: 'dev' },
      { slot: 5, column: 'v' },
      { slot: 1, column: 'new' },
    ];
    const b = open({ keep });
    b.op.load!(state);
    b.op.start!();
    await b.clock.advance(700);
    expect(b.sink.collections[0]!.rows[0]!.cols).toEqual([undefined, undefined, undefined, 'x', undefined, 1]);
  });

  test('a state of another shape is dropped with a log line', async () => {
    for (const state of [undefined, 5, {}, { kind: 'count', window: {} }, { kind: 'tumbling', window: { store: { at: [1] } } }]) {
      const { sink, op, clock, host } = open();
      op.load!(state);
      op.start!();
      op.row(row([1]));
      await clock.advance(700);
      expect(sink.slot(0)).toEqual([[1]]);
      expect(host.lines.filter((l) => l['level'] === 'warn')).toHaveLength(1);
    }
  });

  test('rows are saved with work in step with their number, a few blocks a row', async () => {
    const { op } = open();
    op.start!();
    let rows = 0;
    const upTo = (count: number) => {
      for (; rows < count; rows++) op.row(row([rows, `device-${rows % 100}`, 1.5, 'text']));
    };
    const counter = await startWorkCounter();
    try {
      upTo(1000);
      op.save!();
      const small = await counter.count(() => op.save!());
      upTo(10_000);
      const large = await counter.count(() => op.save!());
      expect(large / small).toBeLessThan(11);
      expect(large / 10_000).toBeLessThan(20);
    } finally {
      await counter.stop();
    }
  });
});

describe('tumbling window, event time', () => {
  const event = (more = {}) => {
    const o = open({ eventTime: true, ...more });
    return { ...o, at: (v: unknown, ms: number) => o.op.row(row([v as number], START + ms)) };
  };

  test('fires by watermark, gaps included, and not before', () => {
    const { op, at, sink } = event();
    at(1, 100);
    at(2, 900);
    expect(sink.collections).toHaveLength(0);
    op.watermark!(START + 999);
    expect(sink.collections).toHaveLength(0);
    at(3, 3200);
    op.watermark!(START + 3200);
    expect(sink.slot(0)).toEqual([[1, 2], [], []]);
    expect(sink.ranges()[0]).toEqual([START + 100, START + 1000, START + 1000]);
    op.watermark!(START + 4000);
    expect(sink.slot(0).at(-1)).toEqual([3]);
  });

  test('the end of a window is exclusive', () => {
    const { op, at, sink } = event();
    at(1, 999);
    at(2, 1000);
    op.watermark!(START + 2000);
    expect(sink.slot(0)).toEqual([[1], [2]]);
  });

  test('a timestamp decades ahead does not fire windows for ever', () => {
    const { op, at, sink, stats } = event();
    at(1, 0);
    at(2, 10 * 365 * 86_400_000);
    op.watermark!(START + 10 * 365 * 86_400_000);
    expect(sink.collections.length).toBeLessThanOrEqual(10_001);
    expect(sink.slot(0)[0]).toEqual([1]);
    expect(stats.lastException).toMatch(/empty windows were skipped/);
    op.watermark!(START + 10 * 365 * 86_400_000 + 1000);
    expect(sink.slot(0).at(-1)).toEqual([2]);
  });
});
