// How soon changes of plugin files take effect, without a verdict that depends on who else uses the cores: no change may take long, and the
// quickest of a file's changes keeps the promised time. A mechanism that is slow makes every one of them late; a busy machine only some.
import { expect } from 'vitest';

/** Promised time from a file in its place to its effect, ms (design: live in a second). */
const LIVE_MS = 1_100;
/** No change may take longer, whatever else runs, ms. */
const LATE_MS = 4_000;

export interface LiveTimes {
  /** @param tookMs what `until` returned */
  took(tookMs: number): void;
  /** Called in afterAll. */
  check(): void;
}

export function liveTimes(): LiveTimes {
  const all: number[] = [];
  return {
    took(tookMs) {
      expect(tookMs).toBeLessThan(LATE_MS);
      all.push(tookMs);
    },
    check() {
      expect(Math.min(...all), `quickest of ${all.length} changes of files, ms`).toBeLessThan(LIVE_MS);
    },
  };
}
