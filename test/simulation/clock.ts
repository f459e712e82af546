// The gateway's clock in a simulated world. Timers belong to the process that set them.
import type { Clock, TimerHandle } from '../../src/base/clock.ts';
import type { EventHandle, Owner, World } from './world.ts';

export function createWorldClock(world: World, owner: Owner): Clock {
  return {
    now: () => world.wallMs,
    monotonic: () => world.nowMs,
    setTimer: (delayMs, fire) => ({ timer: world.at(delayMs, fire, owner) }),
    clear(handle: TimerHandle | undefined) {
      if (handle) (handle.timer as EventHandle).cleared = true;
    },
    sleep: (delayMs, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const abort = () => {
          event.cleared = true;
          reject(signal!.reason);
        };
        const event = world.at(
          delayMs,
          () => {
            signal?.removeEventListener('abort', abort);
            resolve();
          },
          owner,
        );
        signal?.addEventListener('abort', abort, { once: true });
      }),
  };
}
