// Content of windows of the clock per key (OVER (PARTITION BY …), standard SQL): all keys end at the same marks, so one timer serves them all,
// and each key that has rows in a window sends a collection of its own, in order of the keys' first rows. A key is forgotten when it had no row
// for a whole window. Put around the stores by index.ts for tumbling and hopping windows; other kinds: keyed.ts.
import type { Tuple } from '../data/tuple.ts';
import type { KeyRoom } from './key-room.ts';
import type { WindowStore } from './store.ts';

interface Part {
  store: WindowStore;
  /** It was empty at the end of the last window already. Keys that have rows in each window keep their store. */
  idle: boolean;
}

type Saved = { key: string; store: unknown; idle: boolean }[];

/** @param keyOf throws what a key expression throws: the row is out then, which the operator reports */
export function createKeyedStore(keyOf: (t: Tuple) => string, newStore: () => WindowStore, room: KeyRoom): WindowStore {
  const parts = new Map<string, Part>();
  let origin: number | undefined;

  const open = (key: string): Part => {
    const part: Part = { store: newStore(), idle: false };
    if (origin !== undefined) part.store.setOrigin(origin);
    parts.set(key, part);
    room.count(parts.size);
    return part;
  };
  /** @param all also those that were not idle before */
  const forgetEmpty = (all: boolean): void => {
    for (const [key, part] of parts) {
      if (part.store.oldest() !== undefined) part.idle = false;
      else if (part.idle || all) parts.delete(key);
      else part.idle = true;
    }
    room.count(parts.size);
  };
  return {
    add(t, pos) {
      const key = keyOf(t);
      let part = parts.get(key);
      if (part === undefined) {
        if (room.isFull(parts.size)) forgetEmpty(true);
        room.admit(parts.size);
        part = open(key);
      }
      part.store.add(t, pos);
    },
    emit(from, to, win) {
      for (const { store } of parts.values()) {
        if (from !== Number.NEGATIVE_INFINITY) store.dropBefore(from);
        if (store.oldest() !== undefined) store.emit(from, to, win);
      }
    },
    dropBefore(pos) {
      for (const { store } of parts.values()) if (store.oldest() !== undefined) store.dropBefore(pos);
      forgetEmpty(false);
    },
    shift(deltaMs) {
      for (const { store } of parts.values()) store.shift(deltaMs);
    },
    setOrigin(pos) {
      origin = pos;
      for (const { store } of parts.values()) store.setOrigin(pos);
    },
    oldest() {
      let oldest: number | undefined;
      for (const { store } of parts.values()) {
        const own = store.oldest();
        if (own !== undefined && (oldest === undefined || own < oldest)) oldest = own;
      }
      return oldest;
    },
    save: (): Saved => [...parts].map(([key, { store, idle }]) => ({ key, store: store.save(), idle })),
    load(state) {
      if (!Array.isArray(state)) throw new Error('no state of windows per key');
      parts.clear();
      for (const { key, store, idle } of state as Saved) {
        const part = open(key);
        part.store.load(store);
        part.idle = idle;
      }
    },
  };
}
