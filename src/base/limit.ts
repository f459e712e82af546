// An end for every call into foreign code: what does not answer in time counts as failed, and its late answer is nobody's. Calls that answer at once
// cost nothing. Used by the runtime for connectors; calls into plugin processes have limits of their own (plugin-host).
import type { Clock } from './clock.ts';
import { ioError } from './errors/gateway-error.ts';

/** How long a connector may take, ms: to look at its options, to open, to answer a lookup. */
export const CONFIGURE_LIMIT_MS = 10_000;
export const LOOKUP_LIMIT_MS = 10_000;

/** @param what for the error: `lookup table names`
 *  @throws ioError when `work` takes longer; else what `work` gives or throws */
export function withinLimit<T>(clock: Clock, limitMs: number, what: string, work: T | Promise<T>): T | Promise<T> {
  if (typeof (work as Promise<T> | undefined)?.then !== 'function') return work as T;
  return new Promise<T>((resolve, reject) => {
    const timer = clock.setTimer(limitMs, () => reject(ioError(`${what} gave no answer within ${limitMs / 1000} s`)));
    (work as Promise<T>).then(
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
