// Wall time that does not jump: monotonic time on top of the wall clock at the start. Windows are measured on it, so that a clock that is
// set by NTP neither loses nor repeats a window; `resync` takes the new wall time over at a moment that suits the window.
import type { Clock } from '../base/clock.ts';

/** As eKuiper: what differs by less is not a jump. */
const JUMP_MS = 50;

export interface SteadyTime {
  /** Epoch ms, whole, never goes back between two `resync`. */
  nowMs(): number;
  /** Milliseconds until that moment; 0 when it is past. */
  untilMs(atMs: number): number;
  /** @returns by how much time was moved: 0, or more than 50 ms in either direction */
  resync(): number;
}

export function createSteadyTime(clock: Clock): SteadyTime {
  let offsetMs = clock.now() - clock.monotonic();
  return {
    nowMs: () => Math.floor(clock.monotonic() + offsetMs),
    untilMs: (atMs) => Math.max(0, atMs - (clock.monotonic() + offsetMs)),
    resync() {
      const deltaMs = Math.round(clock.now() - clock.monotonic() - offsetMs);
      if (Math.abs(deltaMs) < JUMP_MS) return 0;
      offsetMs += deltaMs;
      return deltaMs;
    },
  };
}
