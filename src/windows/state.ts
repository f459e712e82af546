// STATEWINDOW(begin, emit): opens at a row where begin is true and closes at the first following row where emit is true, both included.
// STATEWINDOW(condition): each row where it is true sends the rows collected so far and starts the next window with itself.
// Rows outside are left out. Each partition has windows of its own.
import type { Expr } from '../contract/function.ts';
import { formatV } from '../data/go-format.ts';
import type { Tuple } from '../data/tuple.ts';
import { holds } from './condition.ts';
import type { WindowSpec } from './spec.ts';
import type { WindowStore } from './store.ts';
import type { WindowDeps, WindowLogic } from './window.ts';

/** An open window of one partition. */
interface Open {
  startMs: number;
  rows: number;
  store: WindowStore;
}

type Saved = { key: string; startMs: number; rows: number; store: unknown }[];

export function createState(spec: WindowSpec, deps: WindowDeps): WindowLogic {
  const begin = spec.begin!;
  const { emit, partitionBy = [] } = spec;
  const open = new Map<string, Open>();

  const start = (key: string, t: Tuple): void => {
    const store = deps.newStore();
    store.add(t, 0);
    open.set(key, { startMs: t.tsMs, rows: 1, store });
  };
  const send = (w: Open, t: Tuple): void =>
    w.store.emit(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, { startMs: w.startMs, endMs: t.tsMs, triggerMs: t.tsMs });

  return {
    row(t) {
      const key = partitionKey(partitionBy, t, deps);
      const w = open.get(key);
      if (!w) {
        if (holds(begin, t, deps)) start(key, t);
      } else if (emit) {
        w.store.add(t, w.rows++);
        if (!holds(emit, t, deps)) return;
        open.delete(key);
        send(w, t);
      } else if (holds(begin, t, deps)) {
        start(key, t);
        send(w, t);
      } else w.store.add(t, w.rows++);
    },
    save: (): Saved => [...open].map(([key, w]) => ({ key, startMs: w.startMs, rows: w.rows, store: w.store.save() })),
    load(state) {
      if (!Array.isArray(state)) throw new Error('no state of a state window');
      for (const { key, startMs, rows, store: saved } of state as Saved) {
        const store = deps.newStore();
        store.load(saved);
        open.set(key, { startMs, rows, store });
      }
    },
  };
}

/** An expression that fails counts as absent, as in eKuiper. */
function partitionKey(partitionBy: readonly Expr[], t: Tuple, deps: WindowDeps): string {
  let key = '';
  for (const e of partitionBy) {
    try {
      key += `${formatV(e(t))}\u0001`;
    } catch (error) {
      deps.failed(error);
    }
  }
  return key;
}
