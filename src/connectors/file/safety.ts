// When the rows of one file are written and when they are made safe: writes of a short while go to the system in one call, and one fsync stands for
// many rows. Pure: out-file.ts asks it. The decision is docs/adr/0160.

/** Rows are gathered for so long before they are given to the system; those that come after a pause go at once. */
export const WRITE_GAP_MS = 10;
/** … and at this size without waiting. */
export const WRITE_BYTES = 64 * 1024;
/** So many rows, or bytes, are made safe without waiting for the interval. */
export const SYNC_ROWS = 2048;
export const SYNC_BYTES = 4 * 1024 * 1024;
/** When so many rows wait for it and no more come for QUIET_MS, everybody waits for the confirmation (MQTT 3.1.1: 20 messages in flight): the
 *  interval is not waited out. */
export const QUIET_ROWS = 8;
export const QUIET_MS = 5;

export interface Unsafe {
  /** Bytes that the system does not have yet. */
  pendingBytes: number;
  /** Rows and bytes that are not safe, those with it. */
  rows: number;
  bytes: number;
  /** Monotonic ms; -Infinity: never. */
  lastWriteMs: number;
  lastSyncMs: number;
  lastRowMs: number;
}

/** When what is pending is written. */
export const writeDueMs = (u: Unsafe): number =>
  u.pendingBytes === 0 ? Number.POSITIVE_INFINITY : u.pendingBytes >= WRITE_BYTES ? 0 : u.lastWriteMs + WRITE_GAP_MS;

/** When rows are made safe. @param intervalMs at least so long between two of them */
export function syncDueMs(u: Unsafe, intervalMs: number): number {
  if (u.rows === 0) return Number.POSITIVE_INFINITY;
  if (u.rows >= SYNC_ROWS || u.bytes >= SYNC_BYTES) return 0;
  const dueMs = u.lastSyncMs + intervalMs;
  return u.rows >= QUIET_ROWS ? Math.min(dueMs, u.lastRowMs + QUIET_MS) : dueMs;
}
