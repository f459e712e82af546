// Sliding windows: triggers, delay, WHEN, and the two variants that options choose.
import { describe, expect, test } from 'vitest';
import { createVirtualClock } from '../../src/base/clock.ts';
import { createWindow } from '../../src/exec/window.ts';
import type { WindowSpec } from '../../src/windows/spec.ts';
import { createSink, createTestHost, newStats, row, stored, windowSpec } from '../helpers/operators.ts';

const START = Date.UTC(2026, 0, 1, 10, 0, 0);

function open(more: Partial<WindowSpec> = {}, clock = createVirtualClock(START)) {
  const host = createTestHost(clock);
  const sink = createSink();
  const stats = newStats();
  const op = createWindow(windowSpec({ kind: 'sliding', lengthMs: 1000, unit: 'ss', ...more }), host, stats, sink);
  const at = (v: number, ms: number) => {
    op.row(row([v], START + ms));
    op.watermark!(START + ms);
  };
  return { host, sink, op, clock, stats, at };
}

const rel = (ranges: number[][]) => ranges.map((r) => r.map((ms) => ms - START));

describe('sliding window, processing time', () => {
  test('each row sends the rows of the length before it, both ends included', async () => {
    const { sink, op, clock } = open();
    op.start!();
    op.row(row([1]));
    await clock.advance(400);
    op.row(row([2]));
    await clock.advance(600);
    op.row(row([3]));
    await clock.advance(401);
    op.row(row([4]));
    expect(sink.slot(0)).toEqual([[1], [1, 2], [1, 2, 3], [3, 4]]);
    expect(rel(sink.ranges())[1]).toEqual([-600, 400, 400]);
  });

  test('OVER(WHEN …) decides which rows trigger; others are in later windows', async () => {
    const { sink, op, clock } = open({ when: (t) => (t.cols[0] as number) > 2 });
    op.start!();
    for (const v of [1, 2, 3, 1, 4]) {
      op.row(row([v]));
      await clock.advance(300);
    }
    expect(sink.slot(0)).toEqual([
      [1, 2, 3],
      [2, 3, 1, 4],
    ]);
  });

  test('a failing or null WHEN does not trigger; the failure is counted', async () => {
    const when = (t: { cols: unknown[] }) => {
      if (t.cols[0] === 1) throw new Error('no');
      return null;
    };
    const { sink, op, stats } = open({ when });
    op.start!();
    op.row(row([1]));
    op.row(row([2]));
    expect(sink.collections).toHaveLength(0);
    expect(stats.exceptions).toBe(1);
    expect(stats.lastException).toBe('no');
  });

  test('a delay adds the rows that follow', async () => {
    const { sink, op, clock } = open({ delayMs: 500, when: (t) => t.cols[0] === 2 });
    op.start!();
    op.row(row([1]));
    await clock.advance(400);
    op.row(row([2]));
    await clock.advance(400);
    op.row(row([3]));
    expect(sink.collections).toHaveLength(0);
    await clock.advance(100);
    op.row(row([4]));
    expect(sink.slot(0)).toEqual([[1, 2, 3]]);
    expect(rel(sink.ranges())).toEqual([[-600, 900, 900]]);
  });

  test('enableSendSlidingWindowTwice: the part up to the row at once, the part after it later', async () => {
    const { sink, op, clock } = open({ delayMs: 500, sendTwice: true, when: (t) => t.cols[0] === 2 });
    op.start!();
    op.row(row([1]));
    await clock.advance(400);
    op.row(row([2]));
    await clock.advance(400);
    op.row(row([3]));
    await clock.advance(100);
    expect(sink.slot(0)).toEqual([[1, 2], [3]]);
    expect(rel(sink.ranges())).toEqual([
      [-600, 400, 400],
      [400, 900, 400],
    ]);
  });

  test('version 2 is open on the left', async () => {
    const { sink, op, clock } = open({ version2: true });
    op.start!();
    op.row(row([1]));
    await clock.advance(1000);
    op.row(row([2]));
    expect(sink.slot(0)).toEqual([[1], [2]]);
  });

  test('rows that no window can hold are dropped, also when nothing triggers', async () => {
    const { op, clock } = open({ when: () => false });
    op.start!();
    for (let i = 0; i < 50; i++) {
      op.row(row([i]));
      await clock.advance(100);
    }
    const { window } = op.save!() as { window: { store: { at: number[] } } };
    expect(window.store.at.length).toBeLessThanOrEqual(11);
  });

  test('an NTP step neither empties the window nor keeps old rows', async () => {
    const { sink, op, clock } = open();
    op.start!();
    op.row(row([1]));
    await clock.advance(1000);
    clock.jump(3_600_000);
    op.row(row([2]));
    await clock.advance(900);
    op.row(row([3]));
    expect(sink.slot(0)).toEqual([[1], [1, 2], [2, 3]]);
    expect(sink.ranges().at(-1)![1]).toBe(START + 3_600_000 + 1900);
  });

  test('restored: a delay that ended meanwhile is sent at once, one that runs ends in time', async () => {
    const a = open({ delayMs: 500 });
    a.op.start!();
    a.op.row(row([1]));
    await a.clock.advance(300);
    a.op.row(row([2]));
    const state = stored(a.op.save!());
    const b = open({ delayMs: 500 }, createVirtualClock(START + 600));
    b.op.load!(state);
    b.op.start!();
    expect(b.sink.slot(0)).toEqual([[1, 2]]);
    await b.clock.advance(200);
    expect(b.sink.slot(0)).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });
});

describe('sliding window, event time', () => {
  test('fires when the watermark reaches the row', () => {
    const { sink, op } = open({ eventTime: true, lengthMs: 800 });
    op.row(row([1], START));
    op.row(row([2], START + 300));
    op.watermark!(START + 299);
    expect(sink.slot(0)).toEqual([[1]]);
    op.row(row([3], START + 1100));
    op.watermark!(START + 1100);
    expect(sink.slot(0)).toEqual([[1], [1, 2], [2, 3]]);
  });

  test('defect 6: a delay has a window end', () => {
    const { sink, at } = open({ eventTime: true, delayMs: 1000 });
    for (const ms of [0, 900, 1000, 2100]) at(ms, ms);
    expect(sink.slot(0)).toEqual([
      [0, 900],
      [0, 900, 1000],
      [0, 900, 1000],
    ]);
    expect(rel(sink.ranges())[1]).toEqual([-100, 1900, 1900]);
  });

  test('version 2 with delay ends at the row plus the delay, once', () => {
    const { sink, at } = open({ eventTime: true, version2: true, delayMs: 1000, when: (t) => t.cols[0] === 0 });
    for (const ms of [0, 900, 1000, 1100, 5000]) at(ms, ms);
    expect(sink.slot(0)).toEqual([[0, 900, 1000]]);
  });

  test('rows of equal time are in each other’s windows', () => {
    const { sink, op } = open({ eventTime: true });
    op.row(row([1], START));
    op.row(row([2], START));
    op.watermark!(START);
    expect(sink.slot(0)).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });
});
