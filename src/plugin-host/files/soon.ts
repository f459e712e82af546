// Waits for work, but not for what hangs: that goes on by itself, so that other plugins come to their turn.
import type { Clock } from '../../base/clock.ts';

/** @returns what the work gives, or undefined when it takes longer */
export async function within<T>(clock: Clock, limitMs: number, work: Promise<T>): Promise<T | undefined> {
  const limit = new AbortController();
  const tooLong = clock.sleep(limitMs, limit.signal).then(
    () => undefined,
    () => undefined,
  );
  try {
    return await Promise.race([work, tooLong]);
  } finally {
    limit.abort();
  }
}
