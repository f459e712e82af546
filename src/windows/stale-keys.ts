// When keys had their newest rows, for the rule option keyTTL: event time, or the monotonic clock, so that setting the clock forgets nothing.
// Kept only where keys are forgotten. Used by state.ts and exec/analytic.ts.
import type { Clock } from '../base/clock.ts';

interface Saved {
  /** Wall clock less the time that the keys are measured on. */
  aheadMs: number;
  seen: Map<string, number>;
}

export class StaleKeys {
  private readonly clock: Clock;
  private readonly ttlMs: number;
  private readonly eventTime: boolean;
  /** In order of their newest rows. */
  private seen = new Map<string, number>();

  constructor(clock: Clock, ttlMs: number, eventTime: boolean) {
    this.clock = clock;
    this.ttlMs = ttlMs;
    this.eventTime = eventTime;
  }

  /** A row of the key. @param tsMs of the row */
  note(key: string, tsMs: number): void {
    this.seen.delete(key);
    this.seen.set(key, this.eventTime ? tsMs : this.clock.monotonic());
  }

  /** Keys without a row for longer than the TTL are forgotten. @param tsMs of the row under way */
  forget(tsMs: number, drop: (key: string) => void): void {
    const nowMs = this.eventTime ? tsMs : this.clock.monotonic();
    for (const [key, lastMs] of this.seen) {
      if (lastMs >= nowMs - this.ttlMs) return;
      this.seen.delete(key);
      drop(key);
    }
  }

  save(): Saved {
    return { aheadMs: this.eventTime ? 0 : this.clock.now() - this.clock.monotonic(), seen: this.seen };
  }

  /** @param state undefined: saved without a TTL; keys begin now  @param keys what is kept */
  load(state: unknown, keys: Iterable<string>): void {
    const saved = state as Saved | undefined;
    const nowMs = this.clock.monotonic();
    // what was off counts; a clock that is behind the one that saved tells nothing
    const movedMs = this.eventTime ? 0 : (saved?.aheadMs ?? 0) - (this.clock.now() - nowMs);
    const known = saved?.seen instanceof Map ? saved.seen : new Map<string, number>();
    const times: [string, number][] = [];
    for (const key of keys) {
      const lastMs = known.get(key);
      if (lastMs !== undefined) times.push([key, this.eventTime ? lastMs : Math.min(nowMs, lastMs + movedMs)]);
      else if (!this.eventTime) times.push([key, nowMs]);
    }
    this.seen = new Map(times.sort((a, b) => a[1] - b[1]));
  }
}
