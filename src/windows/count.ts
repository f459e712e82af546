// COUNTWINDOW(n [, interval]): every `interval` rows the last n rows, once there are n. Its range is the time since its last firing.
// Event time (standard SQL): rows come in order of time from the watermark, and their times are the range.
import type { Tuple } from '../data/tuple.ts';
import type { WindowSpec } from './spec.ts';
import { SteadyTime } from './steady-time.ts';
import type { WindowStore } from './store.ts';
import type { WindowDeps, WindowFactory, WindowLogic } from './window.ts';

interface Saved {
  seen: number;
  lastMs: number;
  store: unknown;
}

interface Shared {
  readonly count: number;
  readonly interval: number;
  readonly standard: boolean;
  readonly eventTime: boolean;
}

export function createCount(spec: WindowSpec, deps: WindowDeps): WindowFactory {
  const { count = 1, standard = false, eventTime } = spec;
  const shared: Shared = { count, interval: spec.countInterval || count, standard, eventTime };
  return () => new CountWindow(shared, deps);
}

class CountWindow implements WindowLogic {
  private readonly shared: Shared;
  private readonly store: WindowStore;
  private readonly time: SteadyTime;
  private seen = 0;
  private lastMs: number;

  constructor(shared: Shared, deps: WindowDeps) {
    this.shared = shared;
    this.store = deps.newStore();
    this.store.setOrigin(0);
    this.time = new SteadyTime(deps.clock);
    this.lastMs = this.time.nowMs();
  }

  row(t: Tuple): void {
    const { count, interval, standard, eventTime } = this.shared;
    // standard: the first window begins with its first row, whenever the rule began
    if (standard && this.seen === 0) this.lastMs = eventTime ? t.tsMs : this.time.nowMs();
    // position: number of the row from 0
    this.store.add(t, this.seen++);
    const { seen } = this;
    if (seen % interval !== 0) return;
    if (seen >= count) {
      this.time.resync();
      const endMs = eventTime ? t.tsMs : this.time.nowMs();
      const win = { startMs: this.lastMs, endMs, triggerMs: endMs };
      this.lastMs = endMs;
      this.store.emit(seen - count, seen, win);
    }
    this.store.dropBefore(seen + interval - count);
  }

  save(): Saved {
    return { seen: this.seen, lastMs: this.lastMs, store: this.store.save() };
  }

  load(state: unknown): void {
    const saved = state as Saved;
    if (typeof saved.seen !== 'number') throw new Error('no state of a count window');
    this.store.load(saved.store);
    this.seen = saved.seen;
    this.lastMs = saved.lastMs;
  }
}
