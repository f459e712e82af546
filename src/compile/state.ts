// State that lives in closures (hit counters, plugin functions) and must be in the checkpoint. Each place has a key made of the call's
// text, so that it outlives changes elsewhere in the rule. The operator that owns the expression saves it (exec/stateful.ts).
import type { StateStore } from '../contract/context.ts';
import { createKeyRoom, type KeyCounters, type KeyRoom } from '../windows/key-room.ts';
import { revive } from '../windows/row-codec.ts';
import type { KeyLimits } from '../windows/spec.ts';

/** Holder of one state; `key` is unique in the rule. */
export interface StateBox {
  state: unknown;
}

export interface StateRegistry {
  /** State changed: the message under way is confirmed only when a checkpoint holds it. */
  touch(): void;
  /** Key of a call: its text and, for equal calls, a number. The same call has one key however often it is compiled. */
  keyOf(callId: number, text: string): string;
  /** A box that starts with `initial` unless a checkpoint brings its state. */
  box(key: string, initial: () => unknown): StateBox;
  /** A key-value store for a plugin function. */
  store(key: string): StateStore;
  /** Bounds what is kept per key; one for all calls of the operator. */
  room(limits: KeyLimits | undefined): KeyRoom;
  countIn(counters: KeyCounters): void;
  readonly size: number;
  save(): Record<string, unknown>;
  load(state: unknown): void;
}

/** @param touch told of each change (host.touch) */
export function createStateRegistry(touch: () => void): StateRegistry {
  const boxes = new Map<string, StateBox>();
  const stores = new Map<string, Map<string, unknown>>();
  const keys = new Map<number, string>();
  const seen = new Map<string, number>();
  let counters: KeyCounters = {};
  let room: KeyRoom | undefined;
  return {
    room: (limits) => (room ??= createKeyRoom(limits, counters)),
    countIn(own) {
      counters = own;
    },
    touch,
    keyOf(callId, text) {
      let key = keys.get(callId);
      if (key === undefined) {
        const count = seen.get(text) ?? 0;
        seen.set(text, count + 1);
        key = `${text}#${count}`;
        keys.set(callId, key);
      }
      return key;
    },
    box(key, initial) {
      const box = boxes.get(key) ?? { state: initial() };
      boxes.set(key, box);
      return box;
    },
    store(key) {
      const values = stores.get(key) ?? new Map<string, unknown>();
      stores.set(key, values);
      return storeOver(values, touch);
    },
    get size() {
      return boxes.size + stores.size;
    },
    save() {
      const out: Record<string, unknown> = {};
      for (const [key, box] of boxes) out[key] = box.state;
      for (const [key, values] of stores) out[key] = new Map(values);
      return out;
    },
    load(state) {
      if (typeof state !== 'object' || state === null) return;
      for (const [key, saved] of Object.entries(state)) {
        const value: unknown = revive(saved);
        const box = boxes.get(key);
        if (box) box.state = value;
        const values = stores.get(key);
        if (values && value instanceof Map) for (const [k, v] of value) values.set(k as string, v);
      }
    },
  };
}

/** `entries` is for functions that run in a worker and need a copy. */
function storeOver(values: Map<string, unknown>, touch: () => void): StateStore & { entries(): [string, unknown][] } {
  return {
    entries: () => [...values],
    putState(key, value) {
      values.set(key, value);
      touch();
    },
    getState(key) {
      const value = values.get(key);
      // who gets an object may change it in place
      if (typeof value === 'object' && value !== null) touch();
      return value;
    },
    deleteState(key) {
      if (values.delete(key)) touch();
    },
    incrCounter(key, amount) {
      values.set(key, Number(values.get(key) ?? 0) + amount);
      touch();
    },
    getCounter: (key) => Number(values.get(key) ?? 0),
  };
}
