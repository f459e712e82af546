// What all views of a trial rule have in common: a viewer is counted, its trial begins, what comes is handed over at most so often, and everything ends
// with the viewer, or after five minutes. Used by rows.ts, topics.ts and taps.ts.
import type { Clock, TimerHandle } from '../../base/clock.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { Told } from '../../contract/told.ts';
import type { TrialHub } from '../trial/hub.ts';
import { MAX_VIEWERS } from './rates.ts';

/** As long as a trial rule lives. */
export const WATCH_MS = 5 * 60_000;

export interface ViewingDeps {
  clock: Clock;
  log: Log;
  hub: TrialHub;
  tooMany(): Error;
}

/** Set: nothing more comes, and why. */
export interface Ending {
  end?: 'time';
}

/** One view: what it looks at, and what of it is to be handed over. */
export interface View<Push> {
  /** Of its trial. */
  readonly id: string;
  begin(told: Told): Promise<void>;
  /** A result of the trial. @returns whether there is something to hand over now */
  take(row: string): boolean;
  /** What came since the last time. */
  hand(): Push;
  leave(): Promise<void>;
}

export interface Feed<Request, Push extends Ending> {
  /** @returns ends it  @throws what refuses the view, or when there are too many viewers */
  watch(request: Request, told: Told, push: (data: Push) => void): Promise<() => void>;
  readonly counts: { readonly viewers: number; readonly pushed: number };
}

/** @param make a view; `changed` says that there is something to hand over, for what comes another way than as a result */
export function createFeed<Request, Push extends Ending>(
  { clock, log, hub, tooMany }: ViewingDeps,
  everyMs: number,
  make: (request: Request, changed: () => void) => View<Push>,
): Feed<Request, Push> {
  const counts = { viewers: 0, pushed: 0 };
  return {
    counts,
    async watch(request, told, push) {
      if (counts.viewers >= MAX_VIEWERS) throw tooMany();
      counts.viewers++;
      let timer: TimerHandle | undefined;
      let ended = false;
      const hand = () => {
        timer = undefined;
        counts.pushed++;
        push(view.hand());
      };
      const changed = () => {
        if (!ended) timer ??= clock.setTimer(everyMs, hand);
      };
      const view = make(request, changed);
      const unsubscribe = hub.subscribe(view.id, (row) => {
        if (view.take(row)) changed();
      });
      const limit = clock.setTimer(WATCH_MS, () => {
        if (timer !== undefined) hand();
        push({ ...view.hand(), end: 'time' });
        end();
      });
      const end = () => {
        if (ended) return;
        ended = true;
        counts.viewers--;
        unsubscribe();
        if (timer !== undefined) clock.clear(timer);
        clock.clear(limit);
        view.leave().catch((error: unknown) => log.warn({ reason: messageOf(error) }, 'A live view did not end.'));
      };
      try {
        await view.begin(told);
      } catch (error) {
        end();
        throw error;
      }
      return end;
    },
  };
}

/** The latest of what comes, and the count of the others. */
export function latest<T>(most: number) {
  let fresh: T[] = [];
  let total = 0;
  let shown = 0;
  return {
    add(one: T): void {
      total++;
      if (fresh.length === most) fresh.shift();
      fresh.push(one);
    },
    take(): { rows: T[]; skipped: number; total: number } {
      const taken = { rows: fresh, skipped: total - shown - fresh.length, total };
      shown = total;
      fresh = [];
      return taken;
    },
  };
}
