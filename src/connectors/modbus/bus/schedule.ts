// Which request is next on a line: pure. Units in turn, writes before reads; a unit that is not known to answer steps back behind those that do
// when asking it blocks the line (a gateway that waits for it). Called by bus.ts with a view of its units.

export interface Waiting {
  readonly id: number;
  readonly reads: number;
  readonly writes: number;
  /** Monotonic ms before which it must not be asked. */
  readonly quietUntilMs: number;
  /** It answered on this connection and is not set aside. */
  readonly known: boolean;
}

export interface Turn {
  readonly lastRead: number;
  readonly lastWrite: number;
  readonly writesInRow: number;
}

export interface Caution {
  /** Time that the line is blocked by a unit that a gateway cannot reach, ms; 0: not seen on this line. */
  readonly blockMs: number;
  /** Moment (monotonic ms) from which a unit that is not known to answer goes before those that do. */
  readonly unknownAtMs: number;
  /** Requests whose late replies are still expected. */
  readonly pending: number;
  /** Until then (monotonic ms) the line is blocked by the last of them. */
  readonly blockedUntilMs: number;
  /** Requests overlap on this line: one that blocks holds up those sent after it. */
  readonly overlaps: boolean;
}

export const firstTurn: Turn = { lastRead: -1, lastWrite: -1, writesInRow: 0 };

export type Choice =
  | { readonly unit: number; readonly kind: 'read' | 'write'; readonly turn: Turn }
  /** Nothing may be sent before this moment (monotonic ms; Infinity: nothing waits). */
  | { readonly unit: undefined; readonly lookAtMs: number };

/** Writes go first, but after so many in a row a read gets its turn. */
const MAX_WRITES_IN_ROW = 4;
/** With so many requests unanswered, further units that are not known are asked at a slower pace: the line may be blocked. */
export const MAX_PENDING = 2;

/** A spread of the ids in which neighbours are far apart: units that were switched off together seldom follow each other. */
const spread = (id: number): number => (id * 0.6180339887) % 1;

export function nextTurn(units: Iterable<Waiting>, turn: Turn, nowMs: number, caution: Caution): Choice {
  let lookAtMs = Number.POSITIVE_INFINITY;
  let write: number | undefined;
  let firstWrite: number | undefined;
  let read: number | undefined;
  let firstRead: number | undefined;
  let unknown: number | undefined;
  const careful = caution.overlaps || caution.blockMs > 0;
  for (const u of units) {
    if (u.writes + u.reads === 0) continue;
    if (u.quietUntilMs > nowMs) {
      lookAtMs = Math.min(lookAtMs, u.quietUntilMs);
      continue;
    }
    if (u.writes > 0) {
      if (firstWrite === undefined || u.id < firstWrite) firstWrite = u.id;
      if (u.id > turn.lastWrite && (write === undefined || u.id < write)) write = u.id;
    }
    if (u.reads > 0 && careful && !u.known) {
      if (unknown === undefined || spread(u.id) < spread(unknown)) unknown = u.id;
    } else if (u.reads > 0) {
      if (firstRead === undefined || u.id < firstRead) firstRead = u.id;
      if (u.id > turn.lastRead && (read === undefined || u.id < read)) read = u.id;
    }
  }
  write ??= firstWrite;
  read ??= firstRead;
  let cautious = false;
  if (unknown !== undefined) {
    const due = nowMs >= caution.unknownAtMs;
    // one that blocks is not followed by another before its answer (or its time-out) is there
    const free = caution.pending === 0 || nowMs >= caution.blockedUntilMs;
    if (caution.blockMs > 0) cautious = free && (read === undefined || due);
    else cautious = caution.pending < MAX_PENDING || due;
    if (!cautious && read === undefined) lookAtMs = Math.min(lookAtMs, caution.blockMs > 0 ? caution.blockedUntilMs : caution.unknownAtMs);
  }
  if (write !== undefined && ((read === undefined && !cautious) || turn.writesInRow < MAX_WRITES_IN_ROW))
    return { unit: write, kind: 'write', turn: { ...turn, lastWrite: write, writesInRow: turn.writesInRow + 1 } };
  if (cautious) return { unit: unknown!, kind: 'read', turn: { ...turn, writesInRow: 0 } };
  if (read === undefined) return { unit: undefined, lookAtMs };
  return { unit: read, kind: 'read', turn: { ...turn, lastRead: read, writesInRow: 0 } };
}
