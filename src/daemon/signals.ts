// What SIGTERM and SIGINT mean: the first one stops in order, a second one ends at once. Used by run.ts and demo/run.ts.
import type { Clock } from '../base/clock.ts';

/** Signals so close together are one: Ctrl-C below npm comes from the terminal to the whole group, and again handed on by npm. */
const SAME_SIGNAL_MS = 150;

/** @param stop called at the first signal   @param destroy called at a later one
 *  @returns the handler for both signals */
export function createSignalHandler(
  clock: Clock,
  stop: (signal: string) => void,
  destroy: (signal: string) => void,
): (signal: string) => void {
  let lastAtMs: number | undefined;
  return (signal) => {
    const nowMs = clock.monotonic();
    const sinceMs = lastAtMs === undefined ? undefined : nowMs - lastAtMs;
    lastAtMs = nowMs;
    if (sinceMs === undefined) stop(signal);
    else if (sinceMs >= SAME_SIGNAL_MS) destroy(signal);
  };
}
