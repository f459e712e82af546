// A look at something again and again, which keeps nobody from ending. Used by memory-watch.ts and tamper-watch.ts.
import type { Clock, TimerHandle } from '../../base/clock.ts';

export interface RegularLook {
  /** Safe to call again. */
  start(): void;
  stop(): void;
}

export function createRegularLook(clock: Clock, everyMs: number, look: () => void): RegularLook {
  let timer: TimerHandle | undefined;
  const next = () => {
    timer = clock.setTimer(everyMs, next);
    look();
  };
  return {
    start() {
      timer ??= clock.setTimer(everyMs, next);
      (timer.timer as { unref?(): void } | undefined)?.unref?.();
    },
    stop() {
      clock.clear(timer);
      timer = undefined;
    },
  };
}
