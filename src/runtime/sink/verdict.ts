// What an error of `collect` says: the peer is away, or this row is not taken. Pure. Used by sink-line.ts and drain.ts.
//
// away   refused connection, time-out, 503, 429, connection lost: all rows wait in order, for ever. So do rows whose destination a setting of the
//        gateway refuses (enablePrivateNet): the owner changes it, and nothing is lost.
// fault  the peer answered that it failed on this row (500, an exception in a plugin): the row is tried again. It counts as not taken when it
//        failed `parkAfter` times and the peer took another row between; a peer that fails on every row is away.
// final  the row can never succeed (4xx, a constraint of a table, an invalid topic): not taken at once.
import { isRetriable } from '../../base/errors/gateway-error.ts';

export type Verdict = 'away' | 'fault' | 'final';

export function verdictOf(error: unknown): Verdict {
  if (typeof error === 'object' && error !== null && (error as { bySetting?: unknown }).bySetting === true) return 'away';
  if (!isRetriable(error)) return 'final';
  return (error as { answered?: unknown }).answered === true ? 'fault' : 'away';
}

/** What is counted of one row. */
export interface Faults {
  /** Failures that the peer answered. */
  faults: number;
  /** Deliveries of the sink at the first of them. */
  faultsSince: number;
}

/** Counts one more fault of a row. @returns true when the row is not taken
 *  @param deliveries rows that the sink took so far  @param parkAfter 0 = never */
export function countFault(row: Faults, deliveries: number, parkAfter: number): boolean {
  if (row.faults++ === 0) row.faultsSince = deliveries;
  return parkAfter > 0 && row.faults >= parkAfter && deliveries > row.faultsSince;
}
