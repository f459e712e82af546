// Content of windows of the clock per key (OVER (PARTITION BY …), standard SQL): all keys end at the same marks, so one timer serves them all,
// and each key that has rows in a window sends a collection of its own, in order of the keys' first rows. A key without rows is forgotten.
// Put around the stores by index.ts for tumbling and hopping windows; other kinds: keyed.ts.
import type { Tuple } from '../data/tuple.ts';
import type { KeyRoom } from './key-room.ts';
import type { WindowStore } from './store.ts';

type Saved = { key: string; store: unknown }[];

/** @param keyOf throws what a key expression throws: the row is out then, which the operator reports */
export function createKeyedStore(keyOf: (t: Tuple) => string, newStore: () => WindowStore, room: KeyRoom): WindowStore {
  const stores = new Map<string, WindowStore>();
  let origin: number | undefined;

  const open = (key: string): WindowStore => {
    const store = newStore();
    if (origin !== undefined) store.setOrigin(origin);
    stores.set(key, store);
    room.count(stores.size);
    return store;
  };
  const forgetEmpty = (): void => {
    for (const [key, store] of stores) if (store.oldest() === undefined) stores.delete(key);
    room.count(stores.size);
  };
  return {
    add(t, pos) {
      const key = keyOf(t);
      let store = stores.get(key);
      if (store === undefined) {
        room.admit(stores.size);
        store = open(key);
      }
      store.add(t, pos);
    },
    emit(from, to, win) {
      for (const store of stores.values()) {
        if (from !== Number.NEGATIVE_INFINITY) store.dropBefore(from);
        if (store.oldest() !== undefined) store.emit(from, to, win);
      }
    },
    dropBefore(pos) {
      for (const store of stores.values()) store.dropBefore(pos);
      forgetEmpty();
    },
    shift(deltaMs) {
      for (const store of stores.values()) store.shift(deltaMs);
    },
    setOrigin(pos) {
      origin = pos;
      for (const store of stores.values()) store.setOrigin(pos);
    },
    oldest() {
      let oldest: number | undefined;
      for (const store of stores.values()) {
        const own = store.oldest();
        if (own !== undefined && (oldest === undefined || own < oldest)) oldest = own;
      }
      return oldest;
    },
    save: (): Saved => [...stores].map(([key, store]) => ({ key, store: store.save() })),
    load(state) {
      if (!Array.isArray(state)) throw new Error('no state of windows per key');
      stores.clear();
      for (const { key, store: saved } of state as Saved) open(key).load(saved);
    },
  };
}
