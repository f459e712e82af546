// Count windows with and without interval.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createWindow } from '../../src/exec/window.ts';
import type { WindowSpec } from '../../src/windows/spec.ts';
import { createSink, createTestHost, newStats, row, stored, windowSpec } from '../helpers/operators.ts';

function open(more: Partial<WindowSpec>) {
  const host = createTestHost();
  const sink = createSink();
  const op = createWindow(windowSpec({ kind: 'count', ...more }), host, newStats(), sink);
  return { host, sink, op };
}

describe('count window', () => {
  test('sends every n rows', () => {
    const { sink, op } = open({ count: 3 });
    for (let i = 1; i <= 7; i++) op.row(row([i]));
    expect(sink.slot(0)).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
  });

  test('with interval: the last n rows, once there are n', () => {
    const { sink, op } = open({ count: 3, countInterval: 2 });
    for (let i = 1; i <= 8; i++) op.row(row([i]));
    expect(sink.slot(0)).toEqual([
      [2, 3, 4],
      [4, 5, 6],
      [6, 7, 8],
    ]);
  });

  test('rows that FILTER refuses are not counted', () => {
    const { sink, op } = open({ count: 2, filter: (t) => (t.cols[0] as number) % 2 === 1 });
    for (let i = 1; i <= 8; i++) op.row(row([i]));
    expect(sink.slot(0)).toEqual([
      [1, 3],
      [5, 7],
    ]);
  });

  test('the range is the time from one sending to the next', async () => {
    const { sink, op, host } = open({ count: 1 });
    const t0 = host.clock.now();
    await host.clock.advance(10);
    op.row(row([1]));
    await host.clock.advance(500);
    op.row(row([2]));
    expect(sink.ranges()).toEqual([
      [t0, t0 + 10, t0 + 10],
      [t0 + 10, t0 + 510, t0 + 510],
    ]);
  });

  test('any n and interval, saved and restored at any row: the k-th window is rows k·interval-n … k·interval', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }), fc.nat(60), fc.nat(60), (n, i, total, cut) => {
        const interval = Math.min(n, i);
        const spec = { count: n, countInterval: interval };
        let at = open(spec);
        const seen: unknown[][] = [];
        for (let k = 0; k < total; k++) {
          if (k === cut) {
            const state = stored(at.op.save!());
            seen.push(...at.sink.slot(0));
            at = open(spec);
            at.op.load!(state);
          }
          at.op.row(row([k]));
        }
        seen.push(...at.sink.slot(0));
        const expected: number[][] = [];
        for (let end = interval; end <= total; end += interval)
          if (end >= n) expected.push(Array.from({ length: n }, (_, k) => end - n + k));
        expect(seen).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });
});
