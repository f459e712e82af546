// Hopping windows, and the defect of eKuiper that ours does not have.
import { describe, expect, test } from 'vitest';
import { createVirtualClock } from '../../src/base/clock.ts';
import { createWindow } from '../../src/exec/window.ts';
import { createSink, createTestHost, newStats, row, stored, windowSpec } from '../helpers/operators.ts';

const START = Date.UTC(2026, 0, 1, 10, 0, 0);

function open(more = {}, clock = createVirtualClock(START)) {
  const host = createTestHost(clock);
  const sink = createSink();
  const spec = windowSpec({ kind: 'hopping', lengthMs: 2000, intervalMs: 1000, unit: 'ss', ...more });
  const op = createWindow(spec, host, newStats(), sink);
  return { host, sink, op, clock, at: (v: number, ms: number) => op.row(row([v], START + ms)) };
}

describe('hopping window', () => {
  test('processing time: every hop the rows of the last length', async () => {
    const { sink, op, clock } = open();
    op.start!();
    op.row(row([1]));
    await clock.advance(1500);
    op.row(row([2]));
    await clock.advance(1500);
    op.row(row([3]));
    await clock.advance(1000);
    expect(sink.slot(0)).toEqual([[1], [1, 2], [2], [3]]);
    expect(sink.ranges()[1]).toEqual([START, START + 2000, START + 2000]);
  });

  test('a hop longer than the length leaves rows out', () => {
    const { sink, op, at } = open({ lengthMs: 1000, intervalMs: 2000, eventTime: true });
    for (const ms of [100, 900, 1000, 1700, 2100, 3500]) at(ms, ms);
    op.watermark!(START + 4000);
    expect(sink.slot(0)).toEqual([[1000, 1700], [3500]]);
  });

  test('defect 19: the first event after a gap is in every window that it belongs to', () => {
    const { sink, op, at } = open({ eventTime: true });
    for (const ms of [100, 5500, 5999, 6000]) {
      at(ms, ms);
      op.watermark!(START + ms);
    }
    op.watermark!(START + 8000);
    const byEnd = new Map(sink.collections.map((c) => [c.win!.endMs - START, c.rows.map((t) => t.cols[0])]));
    expect(byEnd.get(6000)).toEqual([5500, 5999]);
    expect(byEnd.get(7000)).toEqual([5500, 5999, 6000]);
    expect(byEnd.get(8000)).toEqual([6000]);
    expect(byEnd.get(3000)).toEqual([]);
  });

  test('an NTP step keeps the rows of the last length', async () => {
    const { sink, op, clock } = open();
    op.start!();
    await clock.advance(500);
    op.row(row([1]));
    clock.jump(86_400_000);
    await clock.advance(500);
    op.row(row([2]));
    await clock.advance(1000);
    // first end after the jump: the row of a second ago is still in
    expect(sink.slot(0)[0]).toEqual([1]);
    expect(sink.slot(0).at(-1)).toEqual([1, 2]);
  });

  test('restored: fires the windows that hold its rows at once, then goes on at the marks', async () => {
    const a = open();
    a.op.start!();
    a.op.row(row([1]));
    await a.clock.advance(1200);
    a.op.row(row([2]));
    const state = stored(a.op.save!());
    const b = open({}, createVirtualClock(START + 60_500));
    b.op.load!(state);
    b.op.start!();
    expect(b.sink.slot(0)).toEqual([[1, 2], [2]]);
    b.op.row(row([3]));
    await b.clock.advance(500);
    expect(b.sink.slot(0).at(-1)).toEqual([3]);
    expect(b.sink.ranges().at(-1)![1]).toBe(START + 61_000);
  });
});
