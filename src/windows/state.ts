// STATEWINDOW(begin, emit): opens at a row where begin is true and closes at the first following row where emit is true, both included.
// STATEWINDOW(condition): each row where it is true sends the rows collected so far and starts the next window with itself.
// Rows outside are left out. Each partition has windows of its own; one without a row for the rule's keyTTL is forgotten with what it holds.
import type { Tuple } from '../data/tuple.ts';
import { holds } from './condition.ts';
import { ekuiperPartitionKeyOf, partitionKeyOf } from './partition-key.ts';
import type { WindowSpec } from './spec.ts';
import type { WindowStore } from './store.ts';
import type { WindowDeps, WindowLogic } from './window.ts';

/** An open window of one partition. */
interface Open {
  startMs: number;
  rows: number;
  store: WindowStore;
  /** Time of its newest row. */
  lastMs: number;
}

type Saved = { key: string; startMs: number; rows: number; store: unknown; lastMs?: number }[];

export function createState(spec: WindowSpec, deps: WindowDeps): WindowLogic {
  const begin = spec.begin!;
  const { emit, partitionBy = [] } = spec;
  const { room } = deps;
  const keyOf = spec.standard ? partitionKeyOf(partitionBy) : ekuiperPartitionKeyOf(partitionBy, deps.failed);
  /** With a TTL in order of their newest rows. */
  const open = new Map<string, Open>();

  const start = (key: string, t: Tuple): void => {
    if (!open.has(key)) room.admit(open.size);
    const store = deps.newStore();
    store.add(t, 0);
    open.set(key, { startMs: t.tsMs, rows: 1, store, lastMs: t.tsMs });
    room.count(open.size);
  };
  const forgetStale = (nowMs: number): void => {
    for (const [key, w] of open) {
      if (w.lastMs >= nowMs - room.ttlMs) break;
      open.delete(key);
      room.forgotten();
    }
    room.count(open.size);
  };
  const refresh = (key: string, w: Open, t: Tuple): void => {
    w.lastMs = t.tsMs;
    open.delete(key);
    open.set(key, w);
  };
  const send = (w: Open, t: Tuple): void =>
    w.store.emit(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, { startMs: w.startMs, endMs: t.tsMs, triggerMs: t.tsMs });

  return {
    row(t) {
      const key = keyOf(t);
      if (room.ttlMs > 0) forgetStale(t.tsMs);
      const w = open.get(key);
      if (w && room.ttlMs > 0) refresh(key, w, t);
      if (!w) {
        if (holds(begin, t, deps)) start(key, t);
      } else if (emit) {
        w.store.add(t, w.rows++);
        if (!holds(emit, t, deps)) return;
        open.delete(key);
        room.count(open.size);
        send(w, t);
      } else if (holds(begin, t, deps)) {
        start(key, t);
        send(w, t);
      } else w.store.add(t, w.rows++);
    },
    save: (): Saved => [...open].map(([key, w]) => ({ key, startMs: w.startMs, rows: w.rows, store: w.store.save(), lastMs: w.lastMs })),
    load(state) {
      if (!Array.isArray(state)) throw new Error('no state of a state window');
      for (const { key, startMs, rows, store: saved, lastMs } of state as Saved) {
        const store = deps.newStore();
        store.load(saved);
        open.set(key, { startMs, rows, store, lastMs: lastMs ?? startMs });
      }
      room.count(open.size);
    },
  };
}
