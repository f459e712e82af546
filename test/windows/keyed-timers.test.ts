// Windows per key on one timer of the clock: moments, order, failures, and what is left when the rule ends.
import { describe, expect, test } from 'vitest';
import { createVirtualClock } from '../../src/base/clock.ts';
import { createWindow } from '../../src/exec/window.ts';
import { createSink, createTestHost, newStats, row, windowSpec } from '../helpers/operators.ts';

const session = windowSpec({
  kind: 'session',
  standard: true,
  eventTime: false,
  lengthMs: 3_600_000,
  unit: 'hh',
  intervalMs: 1000,
  partitionBy: [(t) => t.cols[1]],
});

describe('windows per key', () => {
  test('end at moments of their own, on one timer of the clock', async () => {
    const clock = createVirtualClock(Date.UTC(2026, 0, 1));
    const sink = createSink();
    const op = createWindow(session, createTestHost(clock), newStats(), sink);
    op.start!();
    const push = (v: number, key: string) => op.row(row([v, key], clock.now()));
    push(1, 'b');
    push(2, 'a');
    await clock.advance(600);
    push(3, 'b');
    push(4, 'c');
    expect(clock.pending).toBe(1);
    await clock.advance(399);
    expect(sink.slot(0)).toEqual([]);
    await clock.advance(1);
    expect(sink.slot(0)).toEqual([[2]]);
    await clock.advance(599);
    expect(sink.slot(0)).toEqual([[2]]);
    await clock.advance(1);
    expect(sink.slot(0)).toEqual([[2], [4], [1, 3]]);
    // nothing is open: nothing waits
    expect(clock.pending).toBe(0);
    push(5, 'a');
    expect(clock.pending).toBe(1);
    op.close!();
    expect(clock.pending).toBe(0);
    await clock.advance(10_000);
    expect(sink.slot(0)).toHaveLength(3);
  });

  test('one that fails when it ends keeps no other from ending', async () => {
    const clock = createVirtualClock(Date.UTC(2026, 0, 1));
    const sink = createSink();
    const failing = { row: sink.row.bind(sink), rows: (c: Parameters<typeof sink.rows>[0]) => {
      if (c.rows[0]!.cols[1] === 'bad') throw new Error('full');
      sink.rows(c);
    } }; // biome-ignore format: short
    const errors: unknown[] = [];
    const host = { ...createTestHost(clock), exception: (_s: unknown, error: unknown) => void errors.push((error as Error).message) };
    const op = createWindow(session, host, newStats(), failing);
    op.start!();
    op.row(row([1, 'bad'], clock.now()));
    op.row(row([2, 'good'], clock.now()));
    await clock.advance(1000);
    expect([sink.slot(0), errors, clock.pending]).toEqual([[[2]], ['full'], 0]);
  });

  test('that are pushed back by each row have one entry, and are forgotten when they end', async () => {
    const clock = createVirtualClock(Date.UTC(2026, 0, 1));
    const sink = createSink();
    const stats = newStats();
    const op = createWindow(session, createTestHost(clock), stats, sink);
    op.start!();
    for (let i = 0; i < 1000; i++) {
      op.row(row([i, 'a'], clock.now()));
      await clock.advance(500);
    }
    expect([clock.pending, stats.keys]).toEqual([1, 1]);
    await clock.advance(500);
    expect([sink.slot(0).map((rows) => rows.length), clock.pending, stats.keys]).toEqual([[1000], 0, 0]);
  });
});
