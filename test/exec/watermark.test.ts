// Event time: order, tolerance, several streams, late rows.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
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
