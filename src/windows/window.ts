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
  /** Event time: the least watermark that would change anything. Processing time, with `wake`: the moment of the monotonic clock at which something
   *  ends by itself. Infinity: none. Asked after each row, watermark and waking. */
  dueMs?(): number;
  /** Processing time: the moment of `dueMs` has come. Who runs the kind has the timer (driven.ts, keyed.ts). */
  wake?(): void;
  /** True when nothing of the rows so far can be in a result. */
  idle?(): boolean;
  /** Called once, after `load`. */
  start?(): void;
  close?(): void;
  /** Plain data. */
  save(): unknown;
  /** @throws when the state is not one of `save` of the same kind; the caller drops it then */
  load(state: unknown): void;
}

/** Makes a window: one, or one per key, which share all that does not change. */
export type WindowFactory = () => WindowLogic;

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
