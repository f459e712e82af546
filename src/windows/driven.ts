// A timer for a window kind that says itself when it is due (processing time): one of the clock, set anew only for an earlier moment, so that rows that
// push a time-out back do not touch it. Put around such a kind by index.ts; of many keys: keyed.ts.
import type { TimerHandle } from '../base/clock.ts';
import type { WindowDeps, WindowLogic } from './window.ts';

/** After a waking that left something due at the same moment, which only rounding can. */
export const LEAST_WAIT_MS = 1;

export function createDriven(logic: WindowLogic, { clock, guard }: Pick<WindowDeps, 'clock' | 'guard'>): WindowLogic {
  if (!logic.wake) return logic;
  let timer: TimerHandle | undefined;
  let armedMs = Number.POSITIVE_INFINITY;

  const arm = (leastMs: number): void => {
    const atMs = Math.max(leastMs, logic.dueMs?.() ?? Number.POSITIVE_INFINITY);
    if (atMs >= armedMs) return;
    clock.clear(timer);
    armedMs = atMs;
    timer = clock.setTimer(Math.max(0, atMs - clock.monotonic()), () => {
      timer = undefined;
      armedMs = Number.POSITIVE_INFINITY;
      guard(() => logic.wake?.());
      arm(clock.monotonic() + LEAST_WAIT_MS);
    });
  };
  return {
    row(t) {
      try {
        logic.row(t);
      } finally {
        arm(0);
      }
    },
    start() {
      guard(() => logic.start?.());
      arm(0);
    },
    close() {
      clock.clear(timer);
      timer = undefined;
      armedMs = Number.POSITIVE_INFINITY;
      logic.close?.();
    },
    save: () => logic.save(),
    load: (state) => logic.load(state),
  };
}
