// Wall time that does not jump: monotonic time on top of the wall clock at the start. Windows are measured on it, so that a clock that is
// set by NTP neither loses nor repeats a window; `resync` takes the new wall time over at a moment that suits the window. There may be one per key.
import type { Clock } from '../base/clock.ts';

/** As eKuiper: what differs by less is not a jump. */
const JUMP_MS = 50;

export class SteadyTime {
  private readonly clock: Clock;
  private offsetMs: number;

  constructor(clock: Clock) {
    this.clock = clock;
    this.offsetMs = clock.now() - clock.monotonic();
  }

  /** Epoch ms, whole, never goes back between two `resync`. */
  nowMs(): number {
    return Math.floor(this.clock.monotonic() + this.offsetMs);
  }

  /** Milliseconds until that moment; 0 when it is past. */
  untilMs(atMs: number): number {
    return Math.max(0, atMs - (this.clock.monotonic() + this.offsetMs));
  }

  /** That moment on the monotonic clock. */
  monotonicAt(atMs: number): number {
    return atMs - this.offsetMs;
  }

  /** @returns by how much time was moved: 0, or more than 50 ms in either direction */
  resync(): number {
    const deltaMs = Math.round(this.clock.now() - this.clock.monotonic() - this.offsetMs);
    if (Math.abs(deltaMs) < JUMP_MS) return 0;
    this.offsetMs += deltaMs;
    return deltaMs;
  }
}
