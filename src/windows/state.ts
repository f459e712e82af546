// STATEWINDOW(begin, emit): opens at a row where begin is true and closes at the first following row where emit is true, both included.
// STATEWINDOW(condition): each row where it is true sends the rows collected so far and starts the next window with itself.
// Rows outside are left out. Each partition has windows of its own; one without a row for the rule's keyTTL is forgotten with what it holds.
// A hundred thousand keys may be open: what is kept of one is its rows and nothing else.
import { Tuple } from '../data/tuple.ts';
import { holds } from './condition.ts';
import { ekuiperPartitionKeyOf, partitionKeyOf } from './partition-key.ts';
import { packRows, unpackRows } from './row-codec.ts';
import type { WindowSpec } from './spec.ts';
import { StaleKeys } from './stale-keys.ts';
import type { WindowDeps, WindowLogic } from './window.ts';

/** Rows of an open window; most hold one. */
type Open = Tuple | Tuple[];

interface Saved {
  keys: string[];
  /** Rows of each key. */
  counts: number[];
  rows: unknown;
  seen?: unknown;
}
/** As version 0.1.0 saved it. */
type OldSaved = { key: string; store: { rows: unknown } }[];

export function createState(spec: WindowSpec, deps: WindowDeps): WindowLogic {
  const begin = spec.begin!;
  const { emit, partitionBy = [], keep } = spec;
  const keepMeta = spec.keepMeta !== false;
  const { room } = deps;
  const keyOf = spec.standard ? partitionKeyOf(partitionBy) : ekuiperPartitionKeyOf(partitionBy, deps.failed);
  const open = new Map<string, Open>();

  const start = (key: string, t: Tuple): void => {
    if (!open.has(key)) room.admit(open.size);
    open.set(key, slim(t));
    room.count(open.size);
  };
  /** Without what only the message itself needs. */
  const slim = (t: Tuple): Tuple =>
    t.ack === undefined && (keepMeta || t.meta === undefined) ? t : new Tuple(t.cols, t.tsMs, keepMeta ? t.meta : undefined);
  const add = (key: string, w: Open, t: Tuple): Tuple[] => {
    if (Array.isArray(w)) {
      w.push(slim(t));
      return w;
    }
    const rows = [w, slim(t)];
    open.set(key, rows);
    return rows;
  };
  const send = (rows: readonly Tuple[], t: Tuple): void => {
    const store = deps.newStore();
    for (let i = 0; i < rows.length; i++) store.add(rows[i]!, i);
    store.emit(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, { startMs: rows[0]!.tsMs, endMs: t.tsMs, triggerMs: t.tsMs });
  };
  const stale = room.ttlMs > 0 ? new StaleKeys(deps.clock, room.ttlMs, spec.eventTime) : undefined;
  const drop = (key: string): void => {
    if (open.delete(key)) room.forgotten();
    room.count(open.size);
  };

  return {
    row(t) {
      const key = keyOf(t);
      stale?.forget(t.tsMs, drop);
      stale?.note(key, t.tsMs);
      const w = open.get(key);
      if (w === undefined) {
        if (holds(begin, t, deps)) start(key, t);
        return;
      }
      if (emit) {
        const rows = add(key, w, t);
        if (!holds(emit, t, deps)) return;
        open.delete(key);
        room.count(open.size);
        send(rows, t);
      } else if (holds(begin, t, deps)) {
        start(key, t);
        send(Array.isArray(w) ? w : [w], t);
      } else add(key, w, t);
    },
    save(): Saved {
      const windows = [...open.values()];
      return {
        keys: [...open.keys()],
        counts: windows.map((w) => (Array.isArray(w) ? w.length : 1)),
        rows: packRows(windows.flat(), keep, keepMeta),
        ...(stale && { seen: stale.save() }),
      };
    },
    load(state) {
      for (const [key, rows] of Array.isArray(state) ? oldWindows(state as OldSaved) : windowsOf(state as Saved))
        open.set(key, rows.length === 1 ? rows[0]! : rows);
      stale?.load(Array.isArray(state) ? undefined : (state as Saved).seen, open.keys());
      room.count(open.size);
    },
  };

  function windowsOf({ keys, counts, rows: packed }: Saved): [string, Tuple[]][] {
    if (!Array.isArray(keys) || !Array.isArray(counts)) throw new Error('no state of a state window');
    const rows = unpackRows(packed, keep);
    let at = 0;
    return keys.map((key, i) => [key, rows.slice(at, (at += counts[i]!))]);
  }

  function oldWindows(saved: OldSaved): [string, Tuple[]][] {
    return saved.map(({ key, store }) => [key, unpackRows(store.rows, keep)]);
  }
}
