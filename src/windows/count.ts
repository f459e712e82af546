// COUNTWINDOW(n [, interval]): every `interval` rows the last n rows, once there are n. Its range is the time since its last firing.
// Event time (standard SQL): rows come in order of time from the watermark, and their times are the range.

import type { WindowSpec } from './spec.ts';
import { createSteadyTime } from './steady-time.ts';
import type { WindowDeps, WindowLogic } from './window.ts';

interface Saved {
  seen: number;
  lastMs: number;
  store: unknown;
}

export function createCount(spec: WindowSpec, deps: WindowDeps): WindowLogic {
  const count = spec.count!;
  const interval = spec.countInterval || count;
  const store = deps.newStore();
  store.setOrigin(0);
  const time = createSteadyTime(deps.clock);
  let seen = 0;
  let lastMs = time.nowMs();
  return {
    row(t) {
      // standard: the first window begins with its first row, whenever the rule began
      if (spec.standard && seen === 0) lastMs = spec.eventTime ? t.tsMs : time.nowMs();
      // position: number of the row from 0
      store.add(t, seen++);
      if (seen % interval !== 0) return;
      if (seen >= count) {
        time.resync();
        const endMs = spec.eventTime ? t.tsMs : time.nowMs();
        const win = { startMs: lastMs, endMs, triggerMs: endMs };
        lastMs = endMs;
        store.emit(seen - count, seen, win);
      }
      store.dropBefore(seen + interval - count);
    },
    save: (): Saved => ({ seen, lastMs, store: store.save() }),
    load(state) {
      const saved = state as Saved;
      if (typeof saved.seen !== 'number') throw new Error('no state of a count window');
      store.load(saved.store);
      seen = saved.seen;
      lastMs = saved.lastMs;
    },
  };
}
