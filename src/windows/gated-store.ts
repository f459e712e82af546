// OVER (WHEN …) of tumbling, hopping, session and count windows (standard SQL): a window is sent when at least one of its rows satisfies the
// condition; the others end without a result. Sliding windows have one per row that satisfies it (sliding.ts). Put around a store by index.ts.
import type { Expr } from '../contract/function.ts';
import type { Tuple, WindowRange } from '../data/tuple.ts';
import { holds } from './condition.ts';
import type { WindowStore } from './store.ts';
import type { WindowDeps } from './window.ts';

interface Saved {
  lastMatch: number | undefined;
  store: unknown;
}

/** There may be one per key: a class, so that its methods are there once. */
export class GatedStore implements WindowStore {
  private readonly when: Expr;
  private readonly store: WindowStore;
  private readonly deps: Pick<WindowDeps, 'failed'>;
  /** Position of the newest row that satisfies the condition. Windows end in order, so it is in every window that reaches back to it. */
  private lastMatch: number | undefined;

  constructor(when: Expr, store: WindowStore, deps: Pick<WindowDeps, 'failed'>) {
    this.when = when;
    this.store = store;
    this.deps = deps;
  }

  add(t: Tuple, pos: number): void {
    if (holds(this.when, t, this.deps)) this.lastMatch = pos;
    this.store.add(t, pos);
  }

  emit(from: number, to: number, win: WindowRange): void {
    if (this.lastMatch !== undefined && this.lastMatch >= from) this.store.emit(from, to, win);
  }

  dropBefore(pos: number): void {
    if (this.lastMatch !== undefined && this.lastMatch < pos) this.lastMatch = undefined;
    this.store.dropBefore(pos);
  }

  shift(deltaMs: number): void {
    if (this.lastMatch !== undefined) this.lastMatch += deltaMs;
    this.store.shift(deltaMs);
  }

  setOrigin(pos: number): void {
    this.store.setOrigin(pos);
  }

  oldest(): number | undefined {
    return this.store.oldest();
  }

  save(): Saved {
    return { lastMatch: this.lastMatch, store: this.store.save() };
  }

  load(state: unknown): void {
    const saved = state as Saved;
    this.store.load(saved.store);
    this.lastMatch = saved.lastMatch;
  }
}
