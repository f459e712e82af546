// When rows of a file are written and made safe: the rule itself, without files.
import { describe, expect, it } from 'vitest';
import {
  QUIET_ROWS,
  SYNC_BYTES,
  SYNC_ROWS,
  syncDueMs,
  type Unsafe,
  WRITE_BYTES,
  WRITE_GAP_MS,
  writeDueMs,
} from '../../../src/connectors/file/safety.ts';

const at = (u: Partial<Unsafe>): Unsafe => ({
  pendingBytes: 0,
  rows: 0,
  bytes: 0,
  lastWriteMs: 1000,
  lastSyncMs: 900,
  lastRowMs: 1003,
  ...u,
});

describe('rows of a file', () => {
  it.each([
    ['nothing is pending: never', { pendingBytes: 0 }, Number.POSITIVE_INFINITY],
    ['a little after a write: a short while later', { pendingBytes: 1 }, 1000 + WRITE_GAP_MS],
    ['the first ones: at once', { pendingBytes: 1, lastWriteMs: Number.NEGATIVE_INFINITY }, Number.NEGATIVE_INFINITY],
    ['one byte below much', { pendingBytes: WRITE_BYTES - 1 }, 1000 + WRITE_GAP_MS],
    ['much: at once', { pendingBytes: WRITE_BYTES }, 0],
  ])('are written when %s', (_name, u, dueMs) => {
    expect(writeDueMs(at(u))).toBe(dueMs);
  });

  it.each([
    ['there are none: never', { rows: 0 }, Number.POSITIVE_INFINITY],
    ['some: an interval after the last time', { rows: 1 }, 1000],
    ['one fewer than a window of messages', { rows: QUIET_ROWS - 1 }, 1000],
    ['a window of messages that no more come behind, before the interval is over', { rows: QUIET_ROWS, lastSyncMs: 990 }, 1008],
    ['a window of messages, the interval being over first', { rows: QUIET_ROWS }, 1000],
    ['one row below many', { rows: SYNC_ROWS - 1 }, 1000],
    ['many: at once', { rows: SYNC_ROWS }, 0],
    ['one byte below much', { rows: 1, bytes: SYNC_BYTES - 1 }, 1000],
    ['much: at once', { rows: 1, bytes: SYNC_BYTES }, 0],
  ])('are made safe when %s', (_name, u, dueMs) => {
    expect(syncDueMs(at(u), 100)).toBe(dueMs);
  });
});
