// How often messages of a source come, as far as it is known. Held by rule/source-view.ts; asked by silence.ts.

/** What was learned in less than a week knows no Sunday. */
const LEARNED_MS = 8 * 86_400_000;

/** How often messages came, seen by looks at intervals: gaps are never taken for shorter than they were. */
export class Rhythm {
  private firstAtMs = 0;
  private lastAtMs = 0;
  longestMs = 0;

  look(lastMessageAtMs: number): void {
    if (lastMessageAtMs <= this.lastAtMs) return;
    if (this.lastAtMs > 0) this.longestMs = Math.max(this.longestMs, lastMessageAtMs - this.lastAtMs);
    else this.firstAtMs = lastMessageAtMs;
    this.lastAtMs = lastMessageAtMs;
  }

  /** Longest silence that is usual; undefined while too little is known. */
  get usualMs(): number | undefined {
    return this.lastAtMs - this.firstAtMs >= LEARNED_MS ? this.longestMs : undefined;
  }
}
