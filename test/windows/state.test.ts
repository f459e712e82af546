// State windows in both forms, with partitions.
import { describe, expect, test } from 'vitest';
import { createWindow } from '../../src/exec/window.ts';
import type { WindowSpec } from '../../src/windows/spec.ts';
import { col, createSink, createTestHost, newStats, row, stored, windowSpec } from '../helpers/operators.ts';

function open(more: Partial<WindowSpec>) {
  const host = createTestHost();
  const sink = createSink();
  const stats = newStats();
  const op = createWindow(windowSpec({ kind: 'state', ...more }), host, stats, sink);
  return { host, sink, op, stats };
}
const above = (limit: number) => (t: { cols: unknown[] }) => (t.cols[0] as number) > limit;

describe('state window', () => {
  test('begin and emit: both rows included, the opening row is not tested for emit, rows outside are left out', () => {
    const { sink, op } = open({ begin: above(1), emit: above(5) });
    for (const [i, v] of [1, 1, 2, 5, 6, 3, 1, 2, 7, 3, 9, 0].entries()) op.row(row([v], i * 100));
    expect(sink.slot(0)).toEqual([
      [2, 5, 6],
      [3, 1, 2, 7],
      [3, 9],
    ]);
    expect(sink.ranges()[0]).toEqual([200, 400, 400]);
    const alone = open({ begin: above(1), emit: above(1) });
    alone.op.row(row([9]));
    expect(alone.sink.collections).toHaveLength(0);
  });

  test('one condition: each match sends what was collected and starts the next window with itself', () => {
    const { sink, op } = open({ begin: above(1) });
    for (const [i, v] of [1, 2, 0, 5, 1].entries()) op.row(row([v], i * 100));
    expect(sink.slot(0)).toEqual([[2, 0]]);
    expect(sink.ranges()).toEqual([[100, 300, 300]]);
    op.row(row([9], 600));
    expect(sink.slot(0)).toEqual([
      [2, 0],
      [5, 1],
    ]);
  });

  test('partitions have windows of their own; one that is closed keeps nothing', () => {
    const { sink, op } = open({ begin: above(1), emit: above(5), partitionBy: [col(1)] });
    for (const [v, dev] of [
      [2, 'a'],
      [3, 'b'],
      [4, 'a'],
      [6, 'b'],
      [7, 'a'],
    ] as const)
      op.row(row([v, dev]));
    expect(sink.slot(0)).toEqual([
      [3, 6],
      [2, 4, 7],
    ]);
    expect((op.save!() as { window: unknown }).window).toMatchObject({ keys: [], counts: [] });
  });

  test('a failing condition is false and counted', () => {
    const { sink, op, stats } = open({
      begin: () => {
        throw new Error('oh');
      },
    });
    op.row(row([1]));
    expect(sink.collections).toHaveLength(0);
    expect(stats.lastException).toBe('oh');
  });

  test('restored: open windows of all partitions go on', () => {
    const spec = { begin: above(1), emit: above(5), partitionBy: [col(1)] };
    const a = open(spec);
    a.op.row(row([2, 'a'], 10));
    a.op.row(row([3, 'b'], 20));
    const b = open(spec);
    b.op.load!(stored(a.op.save!()));
    b.op.row(row([9, 'b'], 30));
    b.op.row(row([8, 'a'], 40));
    expect(b.sink.slot(0)).toEqual([
      [3, 9],
      [2, 8],
    ]);
    expect(b.sink.ranges()).toEqual([
      [20, 30, 30],
      [10, 40, 40],
    ]);
  });

  test('state of conditions is saved with the window', () => {
    let hits = 0;
    const conditions = { size: 1, save: () => ({ hits }), load: (s: unknown) => void (hits = (s as { hits: number }).hits) };
    const spec: Partial<WindowSpec> = { begin: () => ++hits > 2, conditions };
    const a = open(spec);
    a.op.row(row([1]));
    a.op.row(row([2]));
    const state = stored(a.op.save!());
    hits = 0;
    const b = open(spec);
    b.op.load!(state);
    expect(hits).toBe(2);
  });
});
