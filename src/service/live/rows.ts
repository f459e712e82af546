// Rows of a SELECT as they come, for those who look: a trial rule runs for as long as the viewer is there (five minutes at most) and its rows are handed
// over at most four times a second, the latest ones and the count of the others. Called by rest/routes/live.ts.
import { randomUUID } from 'node:crypto';
import type { Clock, TimerHandle } from '../../base/clock.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { Told } from '../../contract/told.ts';
import type { TrialHub } from '../trial/hub.ts';
import type { TrialService } from '../trial/trial-service.ts';
import { MAX_VIEWERS } from './rates.ts';

export const PUSH_EVERY_MS = 250;
/** Rows of one push. */
export const MAX_ROWS = 50;
/** Of one row, as JSON. */
export const MAX_ROW_CHARS = 4000;
/** As long as a trial rule lives. */
export const WATCH_MS = 5 * 60_000;

export interface RowsPush {
  /** JSON text of each row, or of a list of rows; cut where it is longer than MAX_ROW_CHARS. */
  rows: string[];
  /** Rows since the push before that are not shown. */
  skipped: number;
  /** Rows since the start. */
  total: number;
  /** Set: nothing more comes, and why. */
  end?: 'time';
}

export interface RowsRequest {
  sql: string;
  mockSource?: Record<string, unknown>;
  sinkProps?: Record<string, unknown>;
}

export interface RowsFeed {
  /** @returns ends it  @throws as POST /ruletest, or when there are too many viewers */
  watch(request: RowsRequest, told: Told, push: (data: RowsPush) => void): Promise<() => void>;
  readonly counts: { readonly viewers: number; readonly pushed: number };
}

export interface RowsDeps {
  clock: Clock;
  log: Log;
  trials: TrialService;
  hub: TrialHub;
  tooMany(): Error;
}

export function createRowsFeed({ clock, log, trials, hub, tooMany }: RowsDeps): RowsFeed {
  const counts = { viewers: 0, pushed: 0 };
  return {
    counts,
    async watch(request, told, push) {
      if (counts.viewers >= MAX_VIEWERS) throw tooMany();
      counts.viewers++;
      const id = `internal-live-${randomUUID()}`;
      let fresh: string[] = [];
      let total = 0;
      let shown = 0;
      let timer: TimerHandle | undefined;
      let ended = false;
      const hand = () => {
        timer = undefined;
        counts.pushed++;
        push({ rows: fresh, skipped: total - shown - fresh.length, total });
        shown = total;
        fresh = [];
      };
      const unsubscribe = hub.subscribe(id, (row) => {
        total++;
        if (fresh.length === MAX_ROWS) fresh.shift();
        fresh.push(row.length > MAX_ROW_CHARS ? `${row.slice(0, MAX_ROW_CHARS)} …` : row);
        timer ??= clock.setTimer(PUSH_EVERY_MS, hand);
      });
      const limit = clock.setTimer(WATCH_MS, () => {
        if (timer !== undefined) hand();
        push({ rows: [], skipped: 0, total, end: 'time' });
        end();
      });
      const end = () => {
        if (ended) return;
        ended = true;
        counts.viewers--;
        unsubscribe();
        if (timer !== undefined) clock.clear(timer);
        clock.clear(limit);
        trials.stop(id).catch((error: unknown) => log.warn({ reason: messageOf(error) }, 'A live view did not end.'));
      };
      try {
        await trials.create(JSON.stringify({ ...request, id, sinkProps: { sendSingle: true, ...request.sinkProps } }), told);
        await trials.start(id);
      } catch (error) {
        end();
        throw error;
      }
      return end;
    },
  };
}
