// Session windows: time-out, the cut at marks of the clock, event-time gaps.
import { describe, expect, test } from 'vitest';
import { createVirtualClock } from '../../src/base/clock.ts';
import { createWindow } from '../../src/exec/window.ts';
import type { WindowSpec } from '../../src/windows/spec.ts';
import { createSink, createTestHost, newStats, row, stored, windowSpec } from '../helpers/operators.ts';

const START = Date.UTC(2026, 0, 1, 10, 0, 20);

function open(more: Partial<WindowSpec> = {}, clock = createVirtualClock(START)) {
  const host = createTestHost(clock);
  const sink = createSink();
  const op = createWindow(windowSpec({ kind: 'session', lengthMs: 10_000, intervalMs: 1000, unit: 'ss', ...more }), host, newStats(), sink);
  const at = (v: number, ms: number) => {
    op.row(row([v], START + ms));
    op.watermark!(START + ms);
  };
  return { host, sink, op, clock, at };
}

const rel = (ranges: number[][]) => ranges.map((r) => r.map((ms) => ms - START));

describe('session window, processing time', () => {
  test('closes a time-out after its last row and is never empty', async () => {
    const { sink, op, clock } = open();
    op.start!();
    op.row(row([1]));
    await clock.advance(900);
    op.row(row([2]));
    await clock.advance(999);
    expect(sink.collections).toHaveLength(0);
    await clock.advance(1);
    expect(sink.slot(0)).toEqual([[1, 2]]);
    expect(rel(sink.ranges())).toEqual([[0, 1900, 1900]]);
    await clock.advance(60_000);
    expect(sink.collections).toHaveLength(1);
    op.row(row([3]));
    await clock.advance(1000);
    expect(sink.slot(0)).toEqual([[1, 2], [3]]);
  });

  test('is cut at a mark when it is at least the maximum old, and goes on', async () => {
    const { sink, op, clock } = open({ lengthMs: 2000 });
    op.start!();
    for (let i = 0; i < 8; i++) {
      op.row(row([i]));
      await clock.advance(600);
    }
    await clock.advance(5000);
    expect(sink.slot(0).flat()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(rel(sink.ranges())[0]).toEqual([0, 2000, 2000]);
    expect(rel(sink.ranges())[1]![0]).toBe(2000);
    for (const [start, end] of sink.ranges()) expect(end! - start!).toBeLessThanOrEqual(4000);
  });

  test('restored: closes in time, or at once when that is past', async () => {
    const a = open();
    a.op.start!();
    a.op.row(row([1]));
    await a.clock.advance(500);
    const state = stored(a.op.save!());
    const b = open({}, createVirtualClock(START + 700));
    b.op.load!(state);
    b.op.start!();
    b.op.row(row([2]));
    await b.clock.advance(1000);
    expect(b.sink.slot(0)).toEqual([[1, 2]]);
    const late = open({}, createVirtualClock(START + 99_000));
    late.op.load!(state);
    late.op.start!();
    expect(late.sink.slot(0)).toEqual([[1]]);
    expect(rel(late.sink.ranges())).toEqual([[0, 1000, 1000]]);
  });

  test('a clock that is behind the saved state does not keep the session open', async () => {
    const a = open();
    a.op.start!();
    a.op.row(row([1]));
    const b = open({}, createVirtualClock(1000));
    b.op.load!(stored(a.op.save!()));
    b.op.start!();
    await b.clock.advance(1000);
    expect(b.sink.slot(0)).toEqual([[1]]);
  });
});

describe('session window, event time', () => {
  test('closes by a gap between rows or up to the watermark', () => {
    const { sink, op, at } = open({ eventTime: true });
    for (const ms of [0, 900, 1900, 3000]) at(ms, ms);
    expect(sink.slot(0)).toEqual([[0, 900, 1900]]);
    expect(rel(sink.ranges())).toEqual([[0, 2900, 2900]]);
    op.watermark!(START + 4000);
    expect(sink.collections).toHaveLength(1);
    op.watermark!(START + 4001);
    expect(sink.slot(0).at(-1)).toEqual([3000]);
  });

  test('is cut at a mark when older than the maximum; the next part starts there', () => {
    const { sink, op, at } = open({ eventTime: true, lengthMs: 2000 });
    for (const ms of [100, 800, 1500, 2200, 2900, 3600, 4300, 5000]) at(ms, ms);
    op.watermark!(START + 60_000);
    expect(sink.slot(0)).toEqual([
      [100, 800, 1500, 2200, 2900, 3600],
      [4300, 5000],
    ]);
    expect(rel(sink.ranges())).toEqual([
      [100, 4000, 4000],
      [4000, 6000, 6000],
    ]);
  });
});
