// Texts without a zone (`2025-10-26T02:30:00`) as moments, where the wall clock says a time twice or not at all. In the doubled hour the pass is chosen that is
// nearer to the clock, when the row is live, else fits better to the newest row of the stream: so the second pass is not taken for the first one, and
// is not late. A time that the clock skips is the moment of the change. Used by event-time.ts, one for each stream that is read.
import type { TimeEnv } from '../../data/datetime-parse.ts';
import { createZoneSpans } from '../../windows/zone-spans.ts';

export interface NaiveTime {
  /** @param wallMs wall time as if it were UTC  @returns epoch ms */
  read(wallMs: number, zone: string): number;
  /** Tells the time of a row. */
  seen(ms: number): void;
}

/** Rows that are replayed go back more rarely than they leave something out. */
const BACK = 4;
/** A row so near to the clock is live. */
const LIVE_MS = 12 * 3_600_000;
/** No clock change is longer. */
const WINDOW_MS = 26 * 3_600_000;

export function createNaiveTime(env: TimeEnv): NaiveTime {
  const spans = createZoneSpans(env.timeZone);
  let newestMs = Number.NEGATIVE_INFINITY;

  const chosen = (firstMs: number, secondMs: number): number => {
    const nowMs = env.clock?.now();
    if (nowMs !== undefined && Math.abs(nowMs - firstMs) < LIVE_MS)
      return Math.abs(nowMs - secondMs) < Math.abs(nowMs - firstMs) ? secondMs : firstMs;
    const far = (ms: number): number => (ms < newestMs ? (newestMs - ms) * BACK : ms - newestMs);
    return far(secondMs) < far(firstMs) ? secondMs : firstMs;
  };
  return {
    read(wallMs, zone) {
      // only texts in the stream's zone come here; others name their own offset
      if (zone !== env.timeZone) return wallMs;
      const before = spans.at(wallMs - WINDOW_MS);
      const after = spans.at(wallMs + WINDOW_MS);
      if (before.offsetMs === after.offsetMs) return wallMs - after.offsetMs;
      const first = wallMs - before.offsetMs;
      const second = wallMs - after.offsetMs;
      // the clock goes from one offset to the other at this moment
      const changeMs = after.fromMs;
      if (first < changeMs && second >= changeMs) return chosen(first, second);
      if (first >= changeMs && second < changeMs) return changeMs;
      return first < changeMs ? first : second;
    },
    seen(ms) {
      if (ms > newestMs) newestMs = ms;
    },
  };
}
