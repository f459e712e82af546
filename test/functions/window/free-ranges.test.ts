import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type TimeRange, takeFreeRanges } from '../../../src/functions/window/free-ranges.ts';

const NEVER = 1e15;

it('gives what nobody got before', () => {
  const first = takeFreeRanges([], 10, 20, 20, NEVER);
  expect(first).toEqual({ free: [[10, 20]], taken: [[10, 20]] });
  const second = takeFreeRanges(first.taken, 5, 30, 30, NEVER);
  expect(second.free).toEqual([
    [5, 10],
    [20, 30],
  ]);
  expect(takeFreeRanges(second.taken, 6, 29, 30, NEVER).free).toEqual([]);
  expect(takeFreeRanges(second.taken, 5, 31, 31, NEVER).free).toEqual([[30, 31]]);
});

it('ranges that touch leave nothing between them', () => {
  const { taken } = takeFreeRanges(takeFreeRanges([], 1, 5, 9, NEVER).taken, 5, 9, 9, NEVER);
  expect(takeFreeRanges(taken, 0, 10, 10, NEVER).free).toEqual([
    [0, 1],
    [9, 10],
  ]);
});

it('forgets what ended before now - expire, and gives nothing older', () => {
  const { taken } = takeFreeRanges([], 0, 10, 10, 100);
  expect(takeFreeRanges(taken, 0, 200, 200, 100)).toEqual({ free: [[100, 200]], taken: [[100, 200]] });
  expect(takeFreeRanges(taken, 0, 50, 200, 100).free).toEqual([]);
});

it('gives every millisecond exactly once, whatever the order of questions', () => {
  const asked = fc.array(fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 20 })), { maxLength: 20 });
  fc.assert(
    fc.property(asked, (questions) => {
      const seen = new Set<number>();
      let taken: readonly TimeRange[] = [];
      for (const [start, length] of questions) {
        const answer = takeFreeRanges(taken, start, start + length, 100, NEVER);
        taken = answer.taken;
        const given = answer.free.flatMap(([a, b]) => Array.from({ length: b - a }, (_, i) => a + i));
        const wanted = Array.from({ length }, (_, i) => start + i).filter((ms) => !seen.has(ms));
        expect(given).toEqual(wanted);
        expect(answer.free.every(([a, b]) => a < b)).toBe(true);
        for (const ms of wanted) seen.add(ms);
      }
    }),
  );
});
