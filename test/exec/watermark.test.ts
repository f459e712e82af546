// Event time: order, tolerance, several streams, late rows.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createVirtualClock } from '../../src/base/clock.ts';
import type { WatermarkSpec } from '../../src/exec/operator.ts';
import { createWatermark } from '../../src/exec/watermark.ts';
import { createSink, createTestHost, newStats, row, stored } from '../helpers/operators.ts';

const keep = [
  { slot: 0, column: 'v' },
  { slot: 1, column: 'left' },
  { slot: 2, column: 'right' },
];

function open(more: Partial<WatermarkSpec> = {}) {
  const host = createTestHost();
  const sink = createSink();
  const stats = newStats();
  const op = createWatermark({ streams: [undefined], lateToleranceMs: 0, keep, ...more }, host, stats, sink);
  return { host, sink, op, stats, values: () => sink.single.map((t) => t.cols[0]) };
}

describe('watermark', () => {
  test('rows are released in order of time when the watermark passes them', () => {
    const { op, sink, values } = open({ lateToleranceMs: 1000 });
    for (const ms of [5000, 4500, 5500]) op.row(row([ms], ms));
    expect(values()).toEqual([4500]);
    op.row(row([6500], 6500));
    expect(values()).toEqual([4500, 5000, 5500]);
    expect(sink.watermarks).toEqual([4000, 4500, 5500]);
  });

  test('rows older than the watermark are left out and counted', () => {
    const { op, stats, values } = open();
    for (const ms of [1000, 2000, 1500, 2000, 3000]) op.row(row([ms], ms));
    expect(values()).toEqual([1000, 2000, 2000, 3000]);
    expect(stats.dropped).toBe(1);
    expect(stats.recordsIn).toBe(5);
    expect(stats.exceptions).toBe(0);
  });

  test('a stream without data holds the watermark back; then the slowest one counts', () => {
    const { op, values, sink } = open({ streams: [1, 2] });
    op.row(row(['l1', true], 1000));
    op.row(row(['l2', true], 9000));
    expect(values()).toEqual([]);
    op.row(row(['r1', undefined, true], 500));
    expect(sink.watermarks).toEqual([500]);
    expect(values()).toEqual(['r1']);
    op.row(row(['r2', undefined, true], 3000));
    expect(values()).toEqual(['r1', 'l1', 'r2']);
  });

  test('a row whose time is not a date (nanoseconds, say) is an exception and moves nothing', () => {
    const { op, host, values } = open();
    op.row(row([1], Number.NaN));
    op.row(row([3], 1.7e18));
    op.row(row([2], 10));
    expect(values()).toEqual([2]);
    expect(host.exceptions).toHaveLength(2);
    expect(host.exceptions[1]).toMatch(/must hold milliseconds/);
  });

  test('any order of arrival: what is released is sorted, complete but for late rows, and the same after a restore at any point', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5000), { maxLength: 50 }), fc.nat(1000), fc.nat(50), (times, lateToleranceMs, cut) => {
        const whole = open({ lateToleranceMs });
        for (const [i, ms] of times.entries()) whole.op.row(row([i], ms));
        const released = whole.sink.single.map((t) => t.tsMs);
        expect(released).toEqual([...released].sort((a, b) => a - b));
        const watermarkMs = Math.max(...times) - lateToleranceMs;
        // every row below the watermark is released or late; one at that very time may wait for the next step, as in eKuiper
        const done = released.length + (whole.stats.dropped ?? 0);
        expect(done).toBeGreaterThanOrEqual(times.filter((ms) => ms < watermarkMs).length);
        expect(done).toBeLessThanOrEqual(times.filter((ms) => ms <= watermarkMs).length);

        let part = open({ lateToleranceMs });
        const values: unknown[] = [];
        for (const [i, ms] of times.entries()) {
          if (i === cut) {
            const state = stored(part.op.save!());
            values.push(...part.values());
            part = open({ lateToleranceMs });
            part.op.load!(state);
          }
          part.op.row(row([i], ms));
        }
        values.push(...part.values());
        expect(values).toEqual(whole.values());
      }),
      { numRuns: 300 },
    );
  });

  test('a state of another shape is dropped with a log line', () => {
    const { op, host, values } = open();
    op.load!({ held: 1 });
    op.row(row([1], 10));
    expect(values()).toEqual([1]);
    expect(host.lines.some((l) => l['level'] === 'warn')).toBe(true);
  });
});

/** A row of one of two streams. */
const marked = (v: string, tsMs: number, mark: 1 | 2) => row([v, mark === 1 ? true : undefined, mark === 2 ? true : undefined], tsMs);

describe('watermark, times that cannot be trusted', () => {
  const NOW = Date.UTC(2026, 5, 1);
  function bounded(more: Partial<WatermarkSpec> = {}, atMs = NOW) {
    const host = createTestHost(createVirtualClock(atMs));
    const sink = createSink();
    const stats = newStats();
    const late: [unknown, number][] = [];
    host.late = (r, t) => void late.push([r, t.tsMs]);
    const op = createWatermark({ streams: [undefined], lateToleranceMs: 0, keep, ...more }, host, stats, sink);
    op.start?.();
    return { host, sink, op, stats, late, values: () => sink.single.map((t) => t.cols[0]) };
  }

  // @covers issue:20#3
  test('a row of the year 2099 is left out and counted, given to the side output, and silences nobody', () => {
    const { op, stats, late, values } = bounded({ futureToleranceMs: 86_400_000 });
    op.row(row(['x'], NOW));
    op.row(row(['future'], Date.UTC(2099, 0, 1)));
    op.row(row(['edge'], NOW + 86_400_000));
    op.row(row(['beyond'], NOW + 86_400_001));
    expect(values()).toEqual(['x', 'edge']);
    expect(stats.ahead).toBe(2);
    expect(stats.aheadToMs).toBe(Date.UTC(2099, 0, 1));
    expect(stats.dropped).toBeUndefined();
    expect(late).toEqual([
      [{ v: 'future' }, Date.UTC(2099, 0, 1)],
      [{ v: 'beyond' }, NOW + 86_400_001],
    ]);
  });

  test('a clock that was never set holds no row out', () => {
    const { op, stats, values } = bounded({ futureToleranceMs: 1000 }, Date.UTC(1970, 0, 1));
    op.row(row(['x'], NOW));
    expect(values()).toEqual(['x']);
    expect(stats.ahead).toBeUndefined();
  });

  test('a late row goes to the side output with the columns that the rule reads', () => {
    const { op, late, stats } = bounded();
    op.row(row([1, 'l', 'r'], 2000));
    op.row(row([2, 'l', undefined], 1000));
    expect(late).toEqual([[{ v: 2, left: 'l' }, 1000]]);
    expect(stats.dropped).toBe(1);
  });

  test('times in seconds are noticed', () => {
    const { op, stats } = bounded();
    op.row(row([1], 1_780_000_000));
    op.row(row([2], NOW));
    expect(stats.looksLikeSeconds).toBe(1);
  });

  // @covers issue:20#3
  test('a stream that is idle for idleTimeout holds the others back no more', async () => {
    const { op, host, values, sink } = bounded({ streams: [1, 2], idleTimeoutMs: 5000 });
    op.row(marked('right', NOW, 2));
    op.row(marked('left', NOW + 50, 1));
    op.row(marked('left 2', NOW + 1000, 1));
    expect(values()).toEqual(['right']);
    await host.clock.advance(3000);
    op.row(marked('left 3', NOW + 2000, 1));
    await host.clock.advance(1999);
    expect(values()).toEqual(['right']);
    await host.clock.advance(1);
    expect(values()).toEqual(['right', 'left', 'left 2', 'left 3']);
    expect(sink.watermarks.at(-1)).toBe(NOW + 2000);
    op.close!();
    expect(host.clock.pending).toBe(0);
  });

  test('when all streams are idle, event time goes on with the clock, less the tolerance', async () => {
    const { op, host, sink } = bounded({ idleTimeoutMs: 10_000, lateToleranceMs: 500 });
    op.row(row(['x'], NOW - 100));
    await host.clock.advance(9999);
    expect(sink.watermarks).toEqual([NOW - 600]);
    await host.clock.advance(2001);
    expect(sink.watermarks).toEqual([NOW - 600, NOW + 9400, NOW + 10_400, NOW + 11_400]);
    op.close!();
  });

  test('a stream that was idle before a restart is idle after it', async () => {
    const first = bounded({ idleTimeoutMs: 10_000 });
    first.op.row(row(['x'], NOW));
    await first.host.clock.advance(8000);
    const state = stored(first.op.save!());
    first.op.close!();
    const host = createTestHost(createVirtualClock(NOW + 9000));
    const sink = createSink();
    const op = createWatermark({ streams: [undefined], lateToleranceMs: 0, keep, idleTimeoutMs: 10_000 }, host, newStats(), sink);
    op.load!(state);
    op.start!();
    await host.clock.advance(999);
    expect(sink.watermarks).toEqual([]);
    await host.clock.advance(1);
    expect(sink.watermarks).toEqual([NOW + 10_000]);
    op.close!();
  });
});
