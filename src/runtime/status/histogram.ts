// Latencies in buckets, for Prometheus. Fixed bounds, one array, no allocation when something is observed. Fed by source-node.ts, row-times.ts and
// sink-node.ts for one message, row or result in 16; written by metrics.ts, and as quantiles by health.ts.

/** Upper bounds in microseconds; the last bucket has none. */
export const bounds: readonly number[] = [
  50, 100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
];

export class Histogram {
  readonly counts: number[] = new Array(bounds.length + 1).fill(0);
  sumUs = 0;
  count = 0;

  /** As Prometheus estimates it: even within a bucket; the last bucket gives its lower bound. @param q 0 to 1  @returns 0 without any */
  quantileUs(q: number): number {
    const rank = q * this.count;
    let below = 0;
    for (let i = 0; i < this.counts.length; i++) {
      const own = this.counts[i] ?? 0;
      const low = bounds[i - 1] ?? 0;
      if (own > 0 && below + own >= rank) return Math.round(low + ((bounds[i] ?? low) - low) * ((rank - below) / own));
      below += own;
    }
    return 0;
  }

  observe(us: number): void {
    let i = 0;
    while (i < bounds.length && us > bounds[i]!) i++;
    this.counts[i]!++;
    this.sumUs += us;
    this.count++;
  }
}
