// Symbols that stopped while their process runs: the SDK ends a source or a sink at the first error in it, closes its socket and says nothing. After
// a moment, in which the process may prove to have ended as a whole, each is stopped and started again, with growing pauses. Used by plugin-process.ts.
import { type Backoff, createBackoff } from '../../base/backoff.ts';
import type { Clock, TimerHandle } from '../../base/clock.ts';

/** The end of a process closes its sockets a moment before it is known. */
const FIRST_MS = 500;
const MAX_MS = 30_000;
/** One that ran for so long has not failed at its start. */
const LASTED_MS = 60_000;

export interface Renewal<Owner> {
  plan(owner: Owner): void;
  forget(owner: Owner): void;
  close(): void;
}

/** @param renew starts the symbol of the owner again  @param random for tests */
export function createRenewal<Owner>(clock: Clock, renew: (owner: Owner) => void, random?: () => number): Renewal<Owner> {
  const entries = new Map<Owner, { backoff: Backoff; timer: TimerHandle | undefined; sinceMs: number }>();
  return {
    plan(owner) {
      let entry = entries.get(owner);
      if (!entry) {
        entry = {
          backoff: createBackoff({ firstMs: 2 * FIRST_MS, maxMs: MAX_MS, ...(random && { random }) }),
          timer: undefined,
          sinceMs: 0,
        };
        entries.set(owner, entry);
      }
      if (entry.timer) return;
      if (clock.monotonic() - entry.sinceMs > LASTED_MS) entry.backoff.reset();
      const { backoff } = entry;
      entry.timer = clock.setTimer(backoff.next(), () => {
        entry.timer = undefined;
        entry.sinceMs = clock.monotonic();
        renew(owner);
      });
    },
    forget(owner) {
      clock.clear(entries.get(owner)?.timer);
      entries.delete(owner);
    },
    close() {
      for (const { timer } of entries.values()) clock.clear(timer);
      entries.clear();
    },
  };
}
