// State kept in closures of an operator (hit counters, plugin functions), as the operator saves and loads it. Closures tell the host of their
// changes themselves (compile/state.ts).
import type { KeyCounters } from '../windows/key-room.ts';

export interface ClosureState {
  /** 0 = none */
  readonly size: number;
  save(): Record<string, unknown>;
  load(state: unknown): void;
  /** Keys that closures keep are counted there, with their limit. */
  countIn(counters: KeyCounters): void;
}
