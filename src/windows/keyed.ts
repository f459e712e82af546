// Sliding, session and count windows per key (OVER (PARTITION BY …), standard SQL): each key runs the window kind for itself, and all that is due
// at moments of their own stands in one heap, on one timer of the clock; so its results are those of a rule that reads this key alone. A key that
// holds nothing any more is forgotten. Of thousands of keys a watermark or the timer wakes only those that may be due: a key whose moment moved
// on since it was put into the heap is asked again at the earlier one. Tumbling and hopping: keyed-store.ts.
import type { TimerHandle } from '../base/clock.ts';
import type { Tuple } from '../data/tuple.ts';
import { LEAST_WAIT_MS } from './driven.ts';
import { Due, DueHeap } from './due-heap.ts';
import type { KeyRoom } from './key-room.ts';
import type { WindowDeps, WindowFactory, WindowLogic } from './window.ts';

class Part extends Due {
  readonly key: string;
  readonly logic: WindowLogic;
  /** Time of its newest row: event time, or of the monotonic clock, which nobody sets. */
  lastMs: number;

  constructor(key: string, logic: WindowLogic, lastMs: number) {
    super();
    this.key = key;
    this.logic = logic;
    this.lastMs = lastMs;
  }
}

type Saved = { key: string; lastMs: number; state: unknown }[];

export interface KeyedSpec {
  eventTime: boolean;
  keyOf(t: Tuple): string;
  room: KeyRoom;
  /** A key whose newest row is older holds nothing that a result could need; Infinity where the kind itself says when it is empty. */
  staleAfterMs: number;
  make: WindowFactory;
}

export function createKeyed(spec: KeyedSpec, deps: Pick<WindowDeps, 'clock' | 'guard'>): WindowLogic {
  const { keyOf, room, make, eventTime } = spec;
  const { clock, guard } = deps;
  /** In order of their newest rows. */
  const parts = new Map<string, Part>();
  const dues = new DueHeap<Part>();
  let timer: TimerHandle | undefined;
  let armedMs = Number.POSITIVE_INFINITY;
  // in event time a watermark says when a key holds nothing any more
  const staleAfterMs = eventTime ? Number.POSITIVE_INFINITY : spec.staleAfterMs;
  const keepMs = Math.min(room.ttlMs > 0 ? room.ttlMs : Number.POSITIVE_INFINITY, staleAfterMs);

  /** What is saved is wall time. */
  const aheadMs = (): number => (eventTime ? 0 : clock.now() - clock.monotonic());
  const open = (key: string, lastMs: number): Part => {
    const part = new Part(key, make(), lastMs);
    parts.set(key, part);
    room.count(parts.size);
    return part;
  };
  const forget = (part: Part): void => {
    part.logic.close?.();
    dues.remove(part);
    if (parts.get(part.key) === part) parts.delete(part.key);
    room.count(parts.size);
  };
  /** Keys without a row for too long; they stand first. */
  const forgetStale = (nowMs: number): void => {
    if (keepMs === Number.POSITIVE_INFINITY) return;
    for (const part of parts.values()) {
      if (part.lastMs >= nowMs - keepMs) return;
      // rows come in order: what ends before this one is complete
      if (eventTime) part.logic.watermark?.(nowMs - 1);
      // what its kind needs no more is no loss
      if (keepMs < staleAfterMs && !part.logic.idle?.()) room.forgotten();
      forget(part);
    }
  };
  /** A row came, or the key was loaded: an earlier moment that it has already will do. */
  const planned = (part: Part): void => {
    const atMs = part.logic.dueMs?.() ?? Number.POSITIVE_INFINITY;
    if (part.dueAtMs > atMs) dues.set(part, atMs);
    if (part.logic.idle?.()) forget(part);
  };
  /** Rows moved what it waits for: it takes its place among the others, so that results come in order of time. */
  const postponed = (part: Part): boolean => {
    const atMs = part.logic.dueMs?.() ?? Number.POSITIVE_INFINITY;
    if (atMs <= part.dueAtMs || atMs === Number.POSITIVE_INFINITY) return false;
    dues.set(part, atMs);
    return true;
  };
  /** It was woken. @param leastMs it is not due again before */
  const plannedAnew = (part: Part, leastMs: number): void => {
    dues.set(part, Math.max(leastMs, part.logic.dueMs?.() ?? Number.POSITIVE_INFINITY));
    if (part.logic.idle?.()) forget(part);
  };
  const arm = (): void => {
    if (eventTime || dues.next() >= armedMs) return;
    clock.clear(timer);
    armedMs = dues.next();
    timer = clock.setTimer(Math.max(0, armedMs - clock.monotonic()), fire);
  };
  const fire = (): void => {
    timer = undefined;
    armedMs = Number.POSITIVE_INFINITY;
    const nowMs = clock.monotonic();
    for (let part = dues.dueAt(nowMs); part !== undefined; part = dues.dueAt(nowMs)) {
      if (postponed(part)) continue;
      const { logic } = part;
      guard(() => logic.wake?.());
      plannedAnew(part, nowMs + LEAST_WAIT_MS);
    }
    arm();
  };
  return {
    row(t) {
      const key = keyOf(t);
      const atMs = eventTime ? t.tsMs : clock.monotonic();
      forgetStale(atMs);
      let part = parts.get(key);
      if (part === undefined) {
        room.admit(parts.size);
        part = open(key, atMs);
        part.logic.start?.();
      } else if (keepMs < Number.POSITIVE_INFINITY) {
        parts.delete(key);
        parts.set(key, part);
      }
      part.lastMs = atMs;
      try {
        part.logic.row(t);
      } finally {
        planned(part);
        arm();
      }
    },
    ...(eventTime && {
      watermark(tsMs: number) {
        for (let part = dues.dueAt(tsMs); part !== undefined; part = dues.dueAt(tsMs)) {
          if (postponed(part)) continue;
          part.logic.watermark?.(tsMs);
          plannedAnew(part, tsMs + 1);
        }
      },
    }),
    start() {
      for (const part of [...parts.values()]) {
        guard(() => part.logic.start?.());
        planned(part);
      }
      arm();
    },
    close() {
      for (const part of parts.values()) part.logic.close?.();
      clock.clear(timer);
      timer = undefined;
      armedMs = Number.POSITIVE_INFINITY;
    },
    save: (): Saved => [...parts.values()].map(({ key, lastMs, logic }) => ({ key, lastMs: lastMs + aheadMs(), state: logic.save() })),
    load(state) {
      if (!Array.isArray(state)) throw new Error('no state of windows per key');
      for (const { key, lastMs, state: saved } of state as Saved) {
        // what was off counts; a clock that is behind the one that saved tells nothing
        const part = open(key, eventTime ? lastMs : Math.min(lastMs - aheadMs(), clock.monotonic()));
        part.logic.load(saved);
        if (eventTime) planned(part);
      }
    },
  };
}
