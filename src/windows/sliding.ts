// SLIDINGWINDOW(unit, n [, delay]) [OVER (WHEN …)]: a window per row that satisfies WHEN: the rows of the n units up to it, itself
// included; with a delay d also those of the d units after it, sent d later. Bounds by variant (t = the row):
//   plain [t-n, t]   delay [t-n, t+d)   v2 (t-n, t]   v2 with delay (t-n, t+d]   sendTwice [t-n, t] at once, then (t, t+d]
import type { Tuple } from '../data/tuple.ts';
import { holds } from './condition.ts';
import type { WindowSpec } from './spec.ts';
import { SteadyTime } from './steady-time.ts';
import type { WindowStore } from './store.ts';
import type { WindowDeps, WindowFactory, WindowLogic } from './window.ts';

/** Rows between two looks whether the wall clock was set. */
const RESYNC_EVERY_MS = 1000;

interface Saved {
  triggers: number[];
  delayed: number[];
  /** Position of the newest row. */
  lastMs: number;
  store: unknown;
}

/** What all keys share. */
interface Shared {
  readonly lengthMs: number;
  readonly delayMs: number;
  readonly when: WindowSpec['when'];
  readonly version2: boolean;
  readonly twice: boolean;
  readonly standard: boolean;
  readonly deps: WindowDeps;
}

export function createSliding(spec: WindowSpec, deps: WindowDeps): WindowFactory {
  const { lengthMs = 0, delayMs = 0, when, version2 = false, standard = false } = spec;
  const twice = spec.sendTwice === true && delayMs > 0 && !version2;
  const shared: Shared = { lengthMs, delayMs, when, version2, twice, standard, deps };
  return spec.eventTime ? () => new EventSliding(shared) : () => new ProcessingSliding(shared);
}

/** Nothing waits, mostly. */
const NONE: readonly number[] = [];

/** There may be one per key: classes, so that what does not change is there once. */
class Sliding {
  protected readonly shared: Shared;
  protected readonly store: WindowStore;
  /** Event time: rows whose window the watermark has not reached. */
  protected triggers: readonly number[] = NONE;
  /** Rows whose delay runs. Both are in ascending order. */
  protected delayed: readonly number[] = NONE;
  protected lastMs = 0;

  constructor(shared: Shared) {
    this.shared = shared;
    this.store = shared.deps.newStore();
  }

  idle(): boolean {
    return this.store.oldest() === undefined && this.triggers.length === 0 && this.delayed.length === 0;
  }

  save(): Saved {
    return { triggers: this.triggers.slice(), delayed: this.delayed.slice(), lastMs: this.lastMs, store: this.store.save() };
  }

  load(state: unknown): void {
    const saved = state as Saved;
    if (!Array.isArray(saved.triggers) || !Array.isArray(saved.delayed)) throw new Error('no state of a sliding window');
    this.store.load(saved.store);
    this.triggers = saved.triggers.slice();
    this.delayed = saved.delayed.slice();
    this.lastMs = saved.lastMs;
  }

  protected sendAtOnce(t: number): void {
    const { lengthMs, version2 } = this.shared;
    this.store.emit(t - lengthMs + (version2 ? 1 : 0), t + 1, { startMs: t - lengthMs, endMs: t, triggerMs: t });
  }

  protected sendDelayed(t: number): void {
    const { lengthMs, delayMs, version2, twice } = this.shared;
    const open = version2 ? 1 : 0;
    const endMs = t + delayMs;
    if (twice) this.store.emit(t + 1, endMs + 1, { startMs: t, endMs, triggerMs: t });
    else this.store.emit(t - lengthMs + open, endMs + open, { startMs: t - lengthMs, endMs, triggerMs: endMs });
  }

  /** Sends the windows whose delay ended at or before the moment. */
  protected sendDue(nowMs: number): void {
    const { delayed } = this;
    const due = countUpTo(delayed, nowMs - this.shared.delayMs);
    if (due === 0) return;
    for (let i = 0; i < due; i++) this.sendDelayed(delayed[i] ?? 0);
    this.delayed = rest(delayed, due);
  }

  /** Drops rows that no later window can hold. */
  protected prune(nowMs: number): void {
    const first = Math.min(this.delayed[0] ?? nowMs, this.triggers[0] ?? nowMs, nowMs);
    this.store.dropBefore(first - this.shared.lengthMs);
  }

  protected matches(t: Tuple): boolean {
    const { when, deps } = this.shared;
    return when === undefined || holds(when, t, deps);
  }
}

class EventSliding extends Sliding implements WindowLogic {
  row(t: Tuple): void {
    const { version2, delayMs } = this.shared;
    this.store.add(t, t.tsMs);
    if (!this.matches(t)) return;
    if (!version2) this.triggers = with1(this.triggers, t.tsMs);
    else if (delayMs > 0) this.delayed = with1(this.delayed, t.tsMs);
    else this.sendAtOnce(t.tsMs);
  }

  watermark(tsMs: number): void {
    const { delayMs, twice, standard } = this.shared;
    // as in eKuiper, a delay that the same watermark begins and ends is seen by the next one
    this.sendDue(tsMs);
    const { triggers } = this;
    const reached = countUpTo(triggers, tsMs);
    for (let i = 0; i < reached; i++) {
      const t = triggers[i] ?? 0;
      if (delayMs > 0) this.delayed = with1(this.delayed, t);
      if (delayMs === 0 || twice) this.sendAtOnce(t);
    }
    this.triggers = rest(triggers, reached);
    // when a window is sent does not hang on how the watermark comes
    if (standard) this.sendDue(tsMs);
    this.prune(tsMs);
  }

  dueMs(): number {
    const { delayed, triggers } = this;
    const { delayMs, lengthMs } = this.shared;
    if (delayed[0] !== undefined) return Math.min(triggers[0] ?? Number.POSITIVE_INFINITY, delayed[0] + delayMs);
    if (triggers[0] !== undefined) return triggers[0];
    // rows that no trigger needs any more
    const oldest = this.store.oldest();
    return oldest === undefined ? Number.POSITIVE_INFINITY : oldest + lengthMs + 1;
  }
}

class ProcessingSliding extends Sliding implements WindowLogic {
  private readonly time: SteadyTime;
  private checkAtMs = 0;

  constructor(shared: Shared) {
    super(shared);
    this.time = new SteadyTime(shared.deps.clock);
  }

  row(t: Tuple): void {
    const { version2, twice, delayMs } = this.shared;
    let nowMs = this.time.nowMs();
    if (nowMs >= this.checkAtMs) {
      this.resync();
      nowMs = this.time.nowMs();
      this.checkAtMs = nowMs + RESYNC_EVERY_MS;
    }
    // bounds that exclude their end: what ends now is complete before this row
    this.sendDue(twice || version2 ? nowMs - 1 : nowMs);
    this.store.add(t, nowMs);
    this.lastMs = nowMs;
    if (this.matches(t)) {
      if (delayMs === 0 || twice) this.sendAtOnce(nowMs);
      if (delayMs > 0) this.delayed = with1(this.delayed, nowMs);
    }
    this.prune(nowMs);
  }

  dueMs(): number {
    const first = this.delayed[0];
    return first === undefined ? Number.POSITIVE_INFINITY : this.time.monotonicAt(first + this.shared.delayMs);
  }

  wake(): void {
    this.sendDue(this.time.nowMs());
    this.prune(this.time.nowMs());
  }

  start(): void {
    const nowMs = this.time.nowMs();
    const aheadMs = this.lastMs - nowMs;
    if (aheadMs > 0) {
      // the clock is behind the one that saved the state
      this.move(-aheadMs);
      this.lastMs = nowMs;
    }
    this.sendDue(nowMs);
  }

  private resync(): void {
    const deltaMs = this.time.resync();
    if (deltaMs !== 0) this.move(deltaMs);
  }

  private move(deltaMs: number): void {
    this.store.shift(deltaMs);
    this.delayed = this.delayed.map((t) => t + deltaMs);
  }
}

/** A list of one's own is changed in place. */
function with1(list: readonly number[], t: number): readonly number[] {
  if (list === NONE) return [t];
  (list as number[]).push(t);
  return list;
}

const rest = (list: readonly number[], from: number): readonly number[] => (from === list.length ? NONE : list.slice(from));

/** How many of the ascending moments are at or before the limit. */
function countUpTo(moments: readonly number[], limit: number): number {
  let n = 0;
  while (n < moments.length && (moments[n] ?? limit) <= limit) n++;
  return n;
}
