// Looks once a second whether function plugins have changed what all code of the main thread shares, and puts it back. Who it was shows when it
// happens again within the calls that are looked at one by one; that version then runs in a worker.
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Guard } from './guard.ts';
import { createRegularLook, type RegularLook } from './regular-look.ts';

const LOOK_MS = 1_000;

export function createTamperWatch(guard: Guard, clock: Clock, log: Log): RegularLook {
  const look = () => {
    const changes = guard.lookAtIntrinsics(undefined);
    if (changes.length === 0) return;
    log.error(
      { code: 'PLUGIN_CALL', changes: changes.slice(0, 10) },
      'Something that everything in the gateway shares was changed, by a function plugin as it seems; it is put back and watched.',
    );
  };
  return createRegularLook(clock, LOOK_MS, look);
}
