// How many keys an operator keeps, and what happens at the limit (rule option maxKeys): rows of further keys are refused, each an error of its
// row; known keys go on undisturbed. Rule option keyTTL makes room: a key without a row for so long is forgotten. Health counts all three.
// Made by exec/, used by whatever keeps state per key: keyed.ts, keyed-store.ts, state.ts, exec/analytic.ts, exec/timers.ts.
import { rowError } from '../base/errors/gateway-error.ts';
import type { KeyLimits } from './spec.ts';

/** The part of an operator's counters that is about keys. */
export interface KeyCounters {
  keys?: number;
  maxKeys?: number;
  keysForgotten?: number;
  rowsWithoutRoom?: number;
}

export interface KeyRoom {
  /** 0 = keys are kept for ever */
  readonly ttlMs: number;
  /** Is there room for another key? */
  isFull(keys: number): boolean;
  /** @throws rowError when there is no room for another key */
  admit(keys: number): void;
  /** Tells how many keys there are now. */
  count(keys: number): void;
  /** A key was forgotten, since it had no row for so long. */
  forgotten(): void;
}

export const DEFAULT_KEY_LIMITS: KeyLimits = { maxKeys: 1_000_000, ttlMs: 0 };

export function createKeyRoom(limits: KeyLimits | undefined, counters: KeyCounters): KeyRoom {
  const { maxKeys, ttlMs } = limits ?? DEFAULT_KEY_LIMITS;
  counters.maxKeys = maxKeys;
  counters.keys = 0;
  return {
    ttlMs,
    isFull: (keys) => keys >= maxKeys,
    admit(keys) {
      if (keys < maxKeys) return;
      counters.rowsWithoutRoom = (counters.rowsWithoutRoom ?? 0) + 1;
      throw rowError(
        `the rule keeps ${keys} keys, which is its limit (option maxKeys): a row of a further key is left out; raise maxKeys, or set keyTTL to forget keys without rows`,
      );
    },
    count(keys) {
      counters.keys = keys;
    },
    forgotten() {
      counters.keysForgotten = (counters.keysForgotten ?? 0) + 1;
    },
  };
}
