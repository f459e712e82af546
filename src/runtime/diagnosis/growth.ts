// Counters that only grow, seen over time: since when they do, and whether they still do. One per run; looked at whenever health is made (watch.ts
// sees to it that this is every few seconds).

export interface Grown {
  /** Epoch ms of the look that saw the first growth of the present series. */
  sinceMs: number;
  /** … of the last one. */
  lastMs: number;
  /** It grew within the last minute, or nobody has looked since. */
  on: boolean;
}

/** What did not grow for so long is over. */
const OVER_MS = 60_000;

export class Growth {
  private readonly seen = new Map<string, { value: number; sinceMs: number; lastMs: number }>();

  of(name: string, value: number, nowMs: number): Grown {
    let s = this.seen.get(name);
    if (!s) this.seen.set(name, (s = { value: 0, sinceMs: nowMs, lastMs: nowMs }));
    if (value > s.value) {
      if (nowMs - s.lastMs > OVER_MS) s.sinceMs = nowMs;
      s.lastMs = nowMs;
    }
    s.value = value;
    return { sinceMs: s.sinceMs, lastMs: s.lastMs, on: value > 0 && nowMs - s.lastMs <= OVER_MS };
  }
}
