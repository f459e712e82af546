// No call into a plugin without an end: what does not answer in time is refused with PLUGIN_STALLED, and its late answer is nobody's.
// Limits stand here, in one place. Used by remote-instance.ts.
import type { Clock } from '../../base/clock.ts';
import { GatewayError } from '../../base/errors/gateway-error.ts';

/** How long each method of a plugin may take, ms. What waits for a peer (open, pull, collect) may take longer than what only looks at options. */
export const LIMITS_MS = {
  create: 5_000,
  configure: 5_000,
  open: 30_000,
  rewind: 10_000,
  pull: 60_000,
  collect: 60_000,
  lookup: 10_000,
  close: 1_000,
} as const;

export type LimitedMethod = keyof typeof LIMITS_MS;

/** @throws PLUGIN_STALLED when `work` takes longer than the method may; else what `work` gives or throws */
export function withDeadline<T>(clock: Clock, plugin: string, method: LimitedMethod, work: Promise<T>): Promise<T> {
  const limitMs = LIMITS_MS[method];
  return new Promise<T>((resolve, reject) => {
    const timer = clock.setTimer(limitMs, () =>
      reject(new GatewayError('PLUGIN_STALLED', { plugin, problem: `${method} did not end within ${limitMs / 1_000} s` })),
    );
    work.then(
      (value) => {
        clock.clear(timer);
        resolve(value);
      },
      (error: unknown) => {
        clock.clear(timer);
        reject(error);
      },
    );
  });
}
