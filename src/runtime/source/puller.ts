// Asks a pull source: at once, then each interval, never two at a time; an interval of 0 asks once (connectors.md 0.1). The grid of times
// is kept: a slow answer skips its places, and each skip is counted.
import type { Clock, TimerHandle } from '../../base/clock.ts';

export interface Puller {
  start(): void;
  stop(): void;
}

export interface PullEvents {
  skipped(): void;
  failed(error: unknown): void;
}

export function createPuller(clock: Clock, intervalMs: number, pull: () => void | Promise<void>, events: PullEvents): Puller {
  let timer: TimerHandle | undefined;
  let stopped = false;
  let busy = false;
  let nextMs = 0;
  const arm = () => {
    if (intervalMs <= 0 || stopped) return;
    nextMs += intervalMs;
    const nowMs = clock.monotonic();
    // after a long standstill (suspend) one pull is enough
    if (nextMs <= nowMs - intervalMs) nextMs = nowMs;
    timer = clock.setTimer(Math.max(0, nextMs - nowMs), tick);
  };
  const tick = () => {
    if (stopped) return;
    arm();
    if (busy) return events.skipped();
    busy = true;
    Promise.resolve()
      .then(pull)
      .catch((error: unknown) => {
        if (!stopped) events.failed(error);
      })
      .finally(() => {
        busy = false;
      });
  };
  return {
    start() {
      nextMs = clock.monotonic();
      tick();
    },
    stop() {
      stopped = true;
      clock.clear(timer);
    },
  };
}
