// Where a window keeps what it was given. Two stores: row-store.ts keeps rows, exec/fold-store.ts keeps accumulators. A position is a
// whole number that never decreases: milliseconds for time windows, a row number for count windows.
import type { Tuple, WindowRange } from '../data/tuple.ts';

export interface WindowStore {
  /** @param pos not below any earlier position */
  add(t: Tuple, pos: number): void;
  /** Sends everything with from ≤ position < to on as one collection; nothing is removed. */
  emit(from: number, to: number, win: WindowRange): void;
  /** Forgets everything below the position. */
  dropBefore(pos: number): void;
  /** Moves all positions: the wall clock was set. */
  shift(deltaMs: number): void;
  /** Tells where a window ends; the others end whole steps from there. */
  setOrigin(pos: number): void;
  /** Position of the oldest content; undefined when empty. */
  oldest(): number | undefined;
  save(): unknown;
  /** @throws when the state has another shape */
  load(state: unknown): void;
}
