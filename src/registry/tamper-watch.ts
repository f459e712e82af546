// Looks once a second whether function plugins have changed what all code of the main thread shares, and puts it back. Who it was shows when it
// happens again within the calls that are looked at one by one; that version then runs in a worker.
import type { Clock, TimerHandle } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Guard } from './guard.ts';

export interface TamperWatch {
  /** Safe to call again. */
  start(): void;
  stop(): void;
}

const LOOK_MS = 1_000;

export function createTamperWatch(guard: Guard, clock: Clock, log: Log): TamperWatch {
  let timer: TimerHandle | undefined;
  const look = () => {
    timer = clock.setTimer(LOOK_MS, look);
    const changes = guard.lookAtIntrinsics(undefined);
    if (changes.length === 0) return;
    log.error(
      { code: 'PLUGIN_CALL', changes: changes.slice(0, 10) },
      'Something that everything in the gateway shares was changed, by a function plugin as it seems; it is put back and watched.',
    );
  };
  return {
    start() {
      timer ??= clock.setTimer(LOOK_MS, look);
      (timer.timer as { unref?(): void } | undefined)?.unref?.();
    },
    stop() {
      clock.clear(timer);
      timer = undefined;
    },
  };
}
