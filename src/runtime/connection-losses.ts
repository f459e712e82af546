// How often a connection was lost and made again, and how often of late: one that flaps (two clients with one id, a loose plug) is up at most
// looks. Kept by source-node.ts and sink-node.ts; shown by status/health.ts.

/** "Of late" is this span. */
const RECENT_MS = 60_000;
/** Losses are counted by second, so that a connection that flaps a thousand times a second costs no memory. */
const SLOT_MS = 1000;

export class ConnectionLosses {
  /** Times that the connection was made again after a loss, or is being made. */
  reconnects = 0;
  private up = false;
  private everUp = false;
  /** The present loss is among the reconnects. */
  private counted = false;
  private slots: { slot: number; count: number }[] | undefined;

  /** The node reports connected. */
  connected(): void {
    if (this.up) return;
    if (this.everUp && !this.counted) this.reconnects++;
    this.up = true;
    this.everUp = true;
    this.counted = false;
  }

  /** @param nowMs monotonic */
  lost(nowMs: number): void {
    if (!this.up) return;
    this.up = false;
    const slot = Math.floor(nowMs / SLOT_MS);
    this.slots ??= [];
    const last = this.slots.at(-1);
    if (last?.slot === slot) last.count++;
    else this.slots.push({ slot, count: 1 });
    this.forget(nowMs);
  }

  /** The gateway opens it again by itself: counted at once, and not again when it is up. */
  reopening(): void {
    if (!this.everUp || this.counted) return;
    this.reconnects++;
    this.counted = true;
  }

  /** Losses in the last minute. @param nowMs monotonic */
  recent(nowMs: number): number {
    if (!this.slots) return 0;
    this.forget(nowMs);
    return this.slots.reduce((n, s) => n + s.count, 0);
  }

  private forget(nowMs: number): void {
    const oldest = Math.floor((nowMs - RECENT_MS) / SLOT_MS);
    while (this.slots!.length > 0 && this.slots![0]!.slot <= oldest) this.slots!.shift();
  }
}
