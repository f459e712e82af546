// Bytes of a kept port to frames: feeds the framer, runs its pause timer, starts anew when the port was opened anew.
import type { Clock, TimerHandle } from '../../base/clock.ts';
import type { FrameOut, Framer } from './framing/index.ts';

export interface LineReader {
  data(chunk: Uint8Array): void;
  /** Bytes of the half frame. */
  readonly held: number;
  /** Forgets a half frame. */
  reset(): void;
  stop(): void;
}

export function createLineReader(clock: Clock, framer: Framer, out: FrameOut): LineReader {
  const { idleMs } = framer;
  let timer: TimerHandle | undefined;
  let lastAtMs = 0;
  // one timer for a burst, moved on when it fires: not one timer per chunk
  const arm = (delayMs: number) => {
    timer = clock.setTimer(delayMs, () => {
      timer = undefined;
      const leftMs = lastAtMs + idleMs! - clock.monotonic();
      if (leftMs > 0.5) arm(leftMs);
      else framer.idle!(out);
    });
  };
  return {
    get held() {
      return framer.held;
    },
    data(chunk) {
      if (idleMs !== undefined) {
        const nowMs = clock.monotonic();
        // the timer may be late under load: the pause between two chunks counts then
        if (timer !== undefined && nowMs - lastAtMs >= idleMs) {
          clock.clear(timer);
          timer = undefined;
          framer.idle!(out);
        }
        lastAtMs = nowMs;
        if (timer === undefined) arm(idleMs);
      }
      framer.push(chunk, out);
    },
    reset() {
      clock.clear(timer);
      timer = undefined;
      framer.reset();
    },
    stop: () => clock.clear(timer),
  };
}
