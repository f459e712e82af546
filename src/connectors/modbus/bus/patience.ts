// How long a unit in doubt (it never answered, or has just been silent) is waited for while others want the bus: as long as the units of this line need,
// with much room, instead of the whole time-out. Used by bus.ts; a unit that answers always gets its whole time-out.

/** Least wait for a unit that has answered before, ms: adapters keep bytes for up to 16 ms, and a busy machine may be late. */
const LEAST_MS = 80;
/** Least wait for a unit that never did, ms: beside neighbours that answer, and on a line whose units are not known yet. */
const NEIGHBOUR_MS = 150;
const UNKNOWN_MS = 250;
const ROOM = 4;
/** The memory of a slow reply fades. */
const FADE = 0.995;

/** @param slowestMs slowest reply that is known, beyond the time on the wire  @param own it is this unit's own, not its neighbours' */
export function shortWaitMs(slowestMs: number | undefined, own: boolean): number {
  if (slowestMs === undefined) return UNKNOWN_MS;
  return Math.max(own ? LEAST_MS : NEIGHBOUR_MS, ROOM * slowestMs);
}

/** @returns the slowest reply of late */
export const slower = (slowestMs: number | undefined, tookMs: number): number => Math.max(tookMs, (slowestMs ?? 0) * FADE);
