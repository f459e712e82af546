// What a window kind is to the operator that runs it (exec/window.ts), and what it gets from it. A kind decides when a window ends and
// which positions it spans; a store (store.ts) holds the rows or accumulators and sends them on.
import type { Clock } from '../base/clock.ts';
import type { Tuple } from '../data/tuple.ts';
import type { KeyRoom } from './key-room.ts';
import type { WindowStore } from './store.ts';

export interface WindowLogic {
  /** A row that passed FILTER. */
  row(t: Tuple): void;
  /** Event time: every row up to this moment has been given. */
  watermark?(tsMs: number): void;
  /** Event time: the least watermark that would change anything; Infinity: none. Asked after each row and watermark of a key (keyed.ts). */
  dueMs?(): number;
  /** True when nothing of the rows so far can be in a result. */
  idle?(): boolean;
  /** Starts timers; called once, after `load`. Kinds that only rows and watermarks drive have none. */
  start?(): void;
  close?(): void;
  /** Plain data. */
  save(): unknown;
  /** @throws when the state is not one of `save` of the same kind; the caller drops it then */
  load(state: unknown): void;
}

export interface WindowDeps {
  clock: Clock;
  newStore(): WindowStore;
  /** How many keys may be kept. */
  room: KeyRoom;
  /** A condition (WHEN, begin, emit) that could not be evaluated: counted and logged, and taken as false. */
  failed(error: unknown): void;
  /** Runs the work of a timer; nothing may escape from it. */
  guard(work: () => void): void;
}
