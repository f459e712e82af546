// Sliding, session and count windows per key (OVER (PARTITION BY …), standard SQL): each key runs the window kind for itself, with timers of
// its own on one timer of the clock; so its results are those of a rule that reads this key alone. A key that holds nothing any more is
// forgotten. Event time: of thousands of keys a watermark wakes only those for which it is due. Tumbling and hopping: keyed-store.ts.
import type { Tuple } from '../data/tuple.ts';
import { DueHeap } from './due-heap.ts';
import type { KeyRoom } from './key-room.ts';
import { createTimerQueue } from './timer-queue.ts';
import type { WindowDeps, WindowLogic } from './window.ts';

interface Part {
  key: string;
  logic: WindowLogic;
  /** Time of its newest row: event time, or of the monotonic clock, which nobody sets. */
  lastMs: number;
  /** A row is on its way into it. */
  busy: boolean;
}

type Saved = { key: string; lastMs: number; state: unknown }[];

export interface KeyedSpec {
  eventTime: boolean;
  keyOf(t: Tuple): string;
  room: KeyRoom;
  /** A key whose newest row is older holds nothing that a result could need; Infinity where the kind itself says when it is empty. */
  staleAfterMs: number;
  make(deps: WindowDeps): WindowLogic;
}

export function createKeyed(spec: KeyedSpec, deps: WindowDeps): WindowLogic {
  const { keyOf, room, make, eventTime } = spec;
  const timers = createTimerQueue(deps.clock);
  /** In order of their newest rows. */
  const parts = new Map<string, Part>();
  const dues = new DueHeap<Part>();
  // in event time a watermark says when a key holds nothing any more
  const staleAfterMs = eventTime ? Number.POSITIVE_INFINITY : spec.staleAfterMs;
  const keepMs = Math.min(room.ttlMs > 0 ? room.ttlMs : Number.POSITIVE_INFINITY, staleAfterMs);

  /** What is saved is wall time. */
  const aheadMs = (): number => (eventTime ? 0 : deps.clock.now() - deps.clock.monotonic());
  const open = (key: string, lastMs: number): Part => {
    const part: Part = { key, lastMs, logic: undefined as never, busy: false };
    const guard = (work: () => void): void => {
      deps.guard(work);
      forgetIdle(part);
    };
    part.logic = make({ ...deps, clock: timers, guard });
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
  const forgetIdle = (part: Part): void => {
    if (!part.busy && part.logic.idle?.()) forget(part);
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
  /** @param reachedMs what its logic has been told of */
  const plan = (part: Part, reachedMs: number): void => {
    if (eventTime) dues.set(part, Math.max(reachedMs + 1, part.logic.dueMs?.() ?? Number.POSITIVE_INFINITY));
  };
  return {
    row(t) {
      const key = keyOf(t);
      const atMs = eventTime ? t.tsMs : deps.clock.monotonic();
      forgetStale(atMs);
      let part = parts.get(key);
      if (part === undefined) {
        room.admit(parts.size);
        part = open(key, atMs);
        part.busy = true;
        part.logic.start?.();
      } else if (keepMs < Number.POSITIVE_INFINITY) {
        parts.delete(key);
        parts.set(key, part);
      }
      part.lastMs = atMs;
      part.busy = true;
      try {
        part.logic.row(t);
      } finally {
        part.busy = false;
      }
      plan(part, Number.NEGATIVE_INFINITY);
      forgetIdle(part);
    },
    ...(eventTime && {
      watermark(tsMs: number) {
        for (let part = dues.dueAt(tsMs); part !== undefined; part = dues.dueAt(tsMs)) {
          part.logic.watermark!(tsMs);
          plan(part, tsMs);
          forgetIdle(part);
        }
      },
    }),
    start() {
      for (const part of [...parts.values()]) {
        part.logic.start?.();
        forgetIdle(part);
      }
    },
    close() {
      for (const part of parts.values()) part.logic.close?.();
      timers.close();
    },
    save: (): Saved => [...parts.values()].map(({ key, lastMs, logic }) => ({ key, lastMs: lastMs + aheadMs(), state: logic.save() })),
    load(state) {
      if (!Array.isArray(state)) throw new Error('no state of windows per key');
      for (const { key, lastMs, state: saved } of state as Saved) {
        // what was off counts; a clock that is behind the one that saved tells nothing
        const part = open(key, eventTime ? lastMs : Math.min(lastMs - aheadMs(), deps.clock.monotonic()));
        part.logic.load(saved);
        plan(part, Number.NEGATIVE_INFINITY);
      }
    },
  };
}
