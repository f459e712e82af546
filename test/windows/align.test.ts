// First ends of windows: natural marks of the clock in a zone.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { firstEndMs, nextEndMs, UNIT_MS } from '../../src/windows/align.ts';

const at = (text: string) => Date.parse(text);
const iso = (ms: number) => new Date(ms).toISOString();

describe('alignment', () => {
  test('ends are marks counted from the start of the parent unit', () => {
    expect(iso(nextEndMs(at('2026-01-01T10:11:12.345Z'), 10, 'ss', 'UTC'))).toBe('2026-01-01T10:11:20.000Z');
    expect(iso(nextEndMs(at('2026-01-01T10:11:12.345Z'), 5, 'mi', 'UTC'))).toBe('2026-01-01T10:15:00.000Z');
    expect(iso(nextEndMs(at('2026-01-01T10:11:12.345Z'), 6, 'hh', 'UTC'))).toBe('2026-01-01T12:00:00.000Z');
    expect(iso(nextEndMs(at('2026-01-01T10:11:12.345Z'), 100, 'ms', 'UTC'))).toBe('2026-01-01T10:11:12.400Z');
  });

  test('a length beyond the parent unit counts once from its start', () => {
    expect(iso(nextEndMs(at('2026-01-01T10:11:12Z'), 90, 'ss', 'UTC'))).toBe('2026-01-01T10:12:30.000Z');
    expect(iso(nextEndMs(at('2026-01-01T10:11:12.7Z'), 1500, 'ms', 'UTC'))).toBe('2026-01-01T10:11:13.500Z');
  });

  test('days begin at midnight of the zone', () => {
    expect(iso(nextEndMs(at('2026-01-01T20:00:00Z'), 1, 'dd', 'Asia/Shanghai'))).toBe('2026-01-02T16:00:00.000Z');
    expect(iso(nextEndMs(at('2026-01-01T20:00:00Z'), 2, 'dd', 'UTC'))).toBe('2026-01-03T00:00:00.000Z');
    // the day on which the clocks go forward has 23 hours
    expect(iso(nextEndMs(at('2026-03-29T10:00:00Z'), 1, 'dd', 'Europe/Berlin'))).toBe('2026-03-29T22:00:00.000Z');
  });

  test('hours and minutes follow zones that are off by part of an hour', () => {
    expect(iso(nextEndMs(at('2026-01-01T10:11:12Z'), 1, 'hh', 'Asia/Kolkata'))).toBe('2026-01-01T10:30:00.000Z');
  });

  test('processing time: the end is always ahead', () => {
    expect(iso(nextEndMs(at('2026-01-01T10:11:10.500Z'), 10, 'ss', 'UTC'))).toBe('2026-01-01T10:11:20.000Z');
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2e12 }),
        fc.integer({ min: 1, max: 5000 }),
        fc.constantFrom('dd', 'hh', 'mi', 'ss', 'ms'),
        (ms, n, unit) => {
          const endMs = nextEndMs(ms, n, unit as 'ss', 'UTC');
          expect(endMs).toBeGreaterThan(ms);
          // at most one length beyond the parent unit's rest
          expect(endMs - ms).toBeLessThanOrEqual(n * UNIT_MS[unit as 'ss']);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('event time: a row exactly one length after the start of the parent unit ends a window of its own, as in eKuiper', () => {
    expect(iso(firstEndMs(at('2026-01-01T10:11:20.000Z'), 20, 'ss', 'UTC'))).toBe('2026-01-01T10:11:20.000Z');
    expect(iso(firstEndMs(at('2026-01-01T10:11:20.000Z'), 2, 'ss', 'UTC'))).toBe('2026-01-01T10:11:22.000Z');
  });
});
