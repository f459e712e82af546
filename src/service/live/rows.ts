// Rows of a SELECT, or of what a rule would send, as they come, for those who look: a trial rule runs for as long as the viewer is there (five minutes at
// most) and its rows are handed over at most four times a second, the latest ones and the count of the others. Called by rest/routes/live.ts.
import { randomUUID } from 'node:crypto';
import type { RuleDefinition } from '../../runtime/index.ts';
import type { TrialService } from '../trial/trial-service.ts';
import { createFeed, type Feed, latest, type ViewingDeps } from './viewing.ts';

export const PUSH_EVERY_MS = 250;
/** Rows of one push. */
export const MAX_ROWS = 50;
/** Of one row, as JSON. */
export const MAX_ROW_CHARS = 4000;

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

export type RowsRequest =
  | {
      sql: string;
      mockSource?: Record<string, unknown>;
      sinkProps?: Record<string, unknown>;
    }
  /** A rule as it runs, with its options; of a graph all its sinks. */
  | { rule: RuleDefinition };

export type RowsFeed = Feed<RowsRequest, RowsPush>;

export function createRowsFeed(deps: ViewingDeps & { trials: TrialService }): RowsFeed {
  const { trials } = deps;
  return createFeed<RowsRequest, RowsPush>(deps, PUSH_EVERY_MS, (request) => {
    const id = `internal-live-${randomUUID()}`;
    const rows = latest<string>(MAX_ROWS);
    return {
      id,
      async begin(told) {
        if ('rule' in request) await trials.shadow(id, request.rule);
        else await trials.create(JSON.stringify({ ...request, id, sinkProps: { sendSingle: true, ...request.sinkProps } }), told);
        await trials.start(id);
      },
      take(row) {
        rows.add(cutRow(row));
        return true;
      },
      hand: () => rows.take(),
      leave: () => trials.stop(id),
    };
  });
}

export const cutRow = (row: string): string => (row.length > MAX_ROW_CHARS ? `${row.slice(0, MAX_ROW_CHARS)} …` : row);
