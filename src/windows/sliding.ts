// SLIDINGWINDOW(unit, n [, delay]) [OVER (WHEN …)]: a window per row that satisfies WHEN: the rows of the n units up to it, itself
// included; with a delay d also those of the d units after it, sent d later. Bounds by variant (t = the row):
//   plain [t-n, t]   delay [t-n, t+d)   v2 (t-n, t]   v2 with delay (t-n, t+d]   sendTwice [t-n, t] at once, then (t, t+d]
import type { TimerHandle } from '../base/clock.ts';
import { holds } from './condition.ts';
import type { WindowSpec } from './spec.ts';
import { createSteadyTime } from './steady-time.ts';
import type { WindowDeps, WindowLogic } from './window.ts';

/** Rows between two looks whether the wall clock was set. */
const RESYNC_EVERY_MS = 1000;

interface Saved {
  triggers: number[];
  delayed: number[];
  /** Position of the newest row. */
  lastMs: number;
  store: unknown;
}

export function createSliding(spec: WindowSpec, deps: WindowDeps): WindowLogic {
  const lengthMs = spec.lengthMs!;
  const delayMs = spec.delayMs ?? 0;
  const { when, version2 = false } = spec;
  const twice = spec.sendTwice === true && delayMs > 0 && !version2;
  const store = deps.newStore();
  /** Event time: rows whose window the watermark has not reached. */
  let triggers: number[] = [];
  /** Rows whose delay runs. Both are in ascending order. */
  let delayed: number[] = [];
  let lastMs = 0;

  const open = version2 ? 1 : 0;
  const sendAtOnce = (t: number): void => store.emit(t - lengthMs + open, t + 1, { startMs: t - lengthMs, endMs: t, triggerMs: t });
  const sendDelayed = (t: number): void => {
    const endMs = t + delayMs;
    if (twice) store.emit(t + 1, endMs + 1, { startMs: t, endMs, triggerMs: t });
    else store.emit(t - lengthMs + open, endMs + open, { startMs: t - lengthMs, endMs, triggerMs: endMs });
  };
  /** Drops rows that no later window can hold. */
  const prune = (nowMs: number): void => {
    const first = Math.min(delayed[0] ?? nowMs, triggers[0] ?? nowMs, nowMs);
    store.dropBefore(first - lengthMs);
  };
  const matches = (t: Parameters<WindowLogic['row']>[0]): boolean => when === undefined || holds(when, t, deps);
  const save = (): Saved => ({ triggers: triggers.slice(), delayed: delayed.slice(), lastMs, store: store.save() });
  const load = (state: unknown): void => {
    const saved = state as Saved;
    if (!Array.isArray(saved.triggers) || !Array.isArray(saved.delayed)) throw new Error('no state of a sliding window');
    store.load(saved.store);
    triggers = saved.triggers.slice();
    delayed = saved.delayed.slice();
    lastMs = saved.lastMs;
  };

  if (spec.eventTime)
    return {
      row(t) {
        store.add(t, t.tsMs);
        if (!matches(t)) return;
        if (!version2) triggers.push(t.tsMs);
        else if (delayMs > 0) delayed.push(t.tsMs);
        else sendAtOnce(t.tsMs);
      },
      watermark(tsMs) {
        // as in eKuiper, a delay that the same watermark begins and ends is seen by the next one
        const due = countUpTo(delayed, tsMs - delayMs);
        for (let i = 0; i < due; i++) sendDelayed(delayed[i]!);
        delayed = delayed.slice(due);
        const reached = countUpTo(triggers, tsMs);
        for (let i = 0; i < reached; i++) {
          const t = triggers[i]!;
          if (delayMs > 0) delayed.push(t);
          if (delayMs === 0 || twice) sendAtOnce(t);
        }
        triggers = triggers.slice(reached);
        if (spec.standard) {
          // when a window is sent does not hang on how the watermark comes
          const also = countUpTo(delayed, tsMs - delayMs);
          for (let i = 0; i < also; i++) sendDelayed(delayed[i]!);
          delayed = delayed.slice(also);
        }
        prune(tsMs);
      },
      dueMs() {
        if (delayed.length > 0) return Math.min(triggers[0] ?? Number.POSITIVE_INFINITY, delayed[0]! + delayMs);
        if (triggers.length > 0) return triggers[0]!;
        // rows that no trigger needs any more
        const oldest = store.oldest();
        return oldest === undefined ? Number.POSITIVE_INFINITY : oldest + lengthMs + 1;
      },
      idle: () => store.oldest() === undefined && triggers.length === 0 && delayed.length === 0,
      save,
      load,
    };

  const { clock } = deps;
  const time = createSteadyTime(clock);
  let timer: TimerHandle | undefined;
  let checkAtMs = 0;

  /** Sends the windows whose delay ended at or before the moment. */
  const sendDue = (nowMs: number): void => {
    let due = 0;
    while (due < delayed.length && delayed[due]! + delayMs <= nowMs) sendDelayed(delayed[due++]!);
    if (due > 0) delayed = delayed.slice(due);
  };
  const arm = (): void => {
    if (timer !== undefined || delayed.length === 0) return;
    timer = clock.setTimer(time.untilMs(delayed[0]! + delayMs), () =>
      deps.guard(() => {
        timer = undefined;
        sendDue(time.nowMs());
        prune(time.nowMs());
        arm();
      }),
    );
  };
  const resync = (): void => {
    const deltaMs = time.resync();
    if (deltaMs === 0) return;
    store.shift(deltaMs);
    delayed = delayed.map((t) => t + deltaMs);
  };
  return {
    row(t) {
      let nowMs = time.nowMs();
      if (nowMs >= checkAtMs) {
        resync();
        nowMs = time.nowMs();
        checkAtMs = nowMs + RESYNC_EVERY_MS;
      }
      // bounds that exclude their end: what ends now is complete before this row
      sendDue(twice || version2 ? nowMs - 1 : nowMs);
      store.add(t, nowMs);
      lastMs = nowMs;
      if (matches(t)) {
        if (delayMs === 0 || twice) sendAtOnce(nowMs);
        if (delayMs > 0) {
          delayed.push(nowMs);
          arm();
        }
      }
      prune(nowMs);
    },
    start() {
      const nowMs = time.nowMs();
      const aheadMs = lastMs - nowMs;
      if (aheadMs > 0) {
        // the clock is behind the one that saved the state
        store.shift(-aheadMs);
        delayed = delayed.map((t) => t - aheadMs);
        lastMs = nowMs;
      }
      deps.guard(() => sendDue(nowMs));
      arm();
    },
    close() {
      clock.clear(timer);
      timer = undefined;
    },
    idle: () => store.oldest() === undefined && delayed.length === 0,
    save,
    load,
  };
}

/** How many of the ascending moments are at or before the limit. */
function countUpTo(moments: readonly number[], limit: number): number {
  let n = 0;
  while (n < moments.length && moments[n]! <= limit) n++;
  return n;
}
