// The arithmetic behind dedup_trigger(start, end, now, expireMs): which parts of a range were not given out yet. Not a function of the
// catalogue: the operator that waits for `end` calls it and keeps the ranges as its state.

/** [start, end) in epoch ms. */
export type TimeRange = readonly [startMs: number, endMs: number];

export interface FreeRanges {
  /** Parts of the asked range that nobody got before, oldest first; none is empty. */
  free: TimeRange[];
  /** What is given out now, sorted, without overlaps; ranges that ended before now - expire are forgotten. Plain data. */
  taken: TimeRange[];
}

/** @param taken result of the call before, [] at first
 *  @source eKuiper dedup_trigger_op.go; ranges that only touch give no empty range between them, as they do there */
export function takeFreeRanges(taken: readonly TimeRange[], startMs: number, endMs: number, nowMs: number, expireMs: number): FreeRanges {
  const oldestMs = nowMs - expireMs;
  if (endMs < oldestMs) return { free: [], taken: [...taken] };
  const from = Math.max(startMs, oldestMs);
  const free: TimeRange[] = [];
  const before: TimeRange[] = [];
  const after: TimeRange[] = [];
  let [unionStart, unionEnd] = [from, endMs];
  let reached = from;
  for (const range of taken) {
    const [start, end] = range;
    if (end < oldestMs) continue;
    if (end < from) before.push(range);
    else if (start > endMs) after.push(range);
    else {
      if (start > reached) free.push([reached, start]);
      reached = Math.max(reached, end);
      unionStart = Math.min(unionStart, start);
      unionEnd = Math.max(unionEnd, end);
    }
  }
  if (reached < endMs) free.push([reached, endMs]);
  return { free, taken: [...before, [unionStart, unionEnd], ...after] };
}
