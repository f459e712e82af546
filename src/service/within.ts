// Waits for work that goes on by itself, but not for ever. Called by rule-service.ts.
import type { Clock } from '../base/clock.ts';

/** @returns when the work has ended, well or not, or the time is over */
export function within(work: Promise<void>, ms: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.setTimer(ms, resolve);
    const end = () => {
      clock.clear(timer);
      resolve();
    };
    void work.then(end, end);
  });
}
