// OVER (WHEN …) of tumbling, hopping, session and count windows (standard SQL): a window is sent when at least one of its rows satisfies the
// condition; the others end without a result. Sliding windows have one per row that satisfies it (sliding.ts). Put around a store by index.ts.
import type { Expr } from '../contract/function.ts';
import { holds } from './condition.ts';
import type { WindowStore } from './store.ts';
import type { WindowDeps } from './window.ts';

interface Saved {
  lastMatch: number | undefined;
  store: unknown;
}

export function createGatedStore(when: Expr, store: WindowStore, deps: Pick<WindowDeps, 'failed'>): WindowStore {
  /** Position of the newest row that satisfies the condition. Windows end in order, so it is in every window that reaches back to it. */
  let lastMatch: number | undefined;
  return {
    add(t, pos) {
      if (holds(when, t, deps)) lastMatch = pos;
      store.add(t, pos);
    },
    emit(from, to, win) {
      if (lastMatch !== undefined && lastMatch >= from) store.emit(from, to, win);
    },
    dropBefore(pos) {
      if (lastMatch !== undefined && lastMatch < pos) lastMatch = undefined;
      store.dropBefore(pos);
    },
    shift(deltaMs) {
      if (lastMatch !== undefined) lastMatch += deltaMs;
      store.shift(deltaMs);
    },
    setOrigin: (pos) => store.setOrigin(pos),
    oldest: () => store.oldest(),
    save: (): Saved => ({ lastMatch, store: store.save() }),
    load(state) {
      const saved = state as Saved;
      store.load(saved.store);
      lastMatch = saved.lastMatch;
    },
  };
}
