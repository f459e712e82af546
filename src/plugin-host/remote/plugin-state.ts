// State of plugins: checks of what is put, over the rule's store (constructor plugins) or a store of the plugin's own (singletons), which is
// kept in the catalog's database and written at most once a second.

import type { Clock, TimerHandle } from '../../base/clock.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import { nodeV8 } from '../../base/node-builtins.ts';
import type { StateStore } from '../../contract/context.ts';
import type { KvTable } from '../../store/index.ts';
import type { PersistentState } from './remote-instance.ts';

/** Refuses at the place of the call what a checkpoint could not keep. */
export function checkedState(store: StateStore & { entries?: () => [string, unknown][] }): StateStore & { entries(): [string, unknown][] } {
  return {
    entries: () => store.entries?.() ?? [],
    putState(key, value) {
      if (typeof value === 'function' || typeof value === 'symbol') throw new TypeError(`state "${key}": a ${typeof value} cannot be kept`);
      // throws DataCloneError for what cannot be copied; the same object again was looked at before
      if (typeof value === 'object' && value !== null && store.getState(key) !== value) structuredClone(value);
      store.putState(String(key), value);
    },
    getState: (key) => store.getState(key),
    deleteState: (key) => store.deleteState(key),
    incrCounter(key, amount) {
      if (!Number.isFinite(Number(amount))) throw new TypeError(`counter "${key}": ${String(amount)} is not a number`);
      store.incrCounter(String(key), Number(amount));
    },
    getCounter: (key) => store.getCounter(key),
  };
}

export interface PluginStates {
  /** Reads what is stored. Called once, before plugins are loaded. */
  open(): Promise<void>;
  /** @param plugin `sinks/counter` */
  of(plugin: string): PersistentState;
  /** Writes what was not written yet. */
  flush(): Promise<void>;
  /** State of another gateway in the place of what a plugin has. @param text as it is stored  @throws when it cannot be stored */
  put(plugin: string, text: string): Promise<void>;
  close(): Promise<void>;
}

const WRITE_AFTER_MS = 1_000;

export function createPluginStates(table: KvTable, clock: Clock, log: Log): PluginStates {
  const all = new Map<string, Map<string, unknown>>();
  const dirty = new Set<string>();
  let timer: TimerHandle | undefined;
  let writing: Promise<void> = Promise.resolve();

  const write = () => {
    timer = undefined;
    const entries = Object.fromEntries([...dirty].map((p) => [p, nodeV8().serialize(all.get(p)).toString('base64')]));
    dirty.clear();
    writing = writing
      .then(() => table.setMany(entries))
      .catch((error: unknown) => {
        for (const p of Object.keys(entries)) touch(p);
        log.error({ code: 'STORE_FAILED', cause: messageOf(error) }, 'State of plugins could not be stored; it is tried again.');
      });
    return writing;
  };
  const touch = (plugin: string) => {
    dirty.add(plugin);
    timer ??= clock.setTimer(WRITE_AFTER_MS, () => void write());
  };

  const read = (plugin: string, text: string): Map<string, unknown> | undefined => {
    try {
      const values = nodeV8().deserialize(Buffer.from(text, 'base64')) as unknown;
      if (values instanceof Map) return values as Map<string, unknown>;
    } catch (error) {
      log.error(
        { code: 'CATALOG_ENTRY', plugin, reason: messageOf(error) },
        'Stored plugin state cannot be read; the plugin starts from empty state.',
      );
    }
    return undefined;
  };
  const flush = async () => {
    clock.clear(timer);
    timer = undefined;
    if (dirty.size) await write();
    await writing;
  };

  return {
    async open() {
      for (const [plugin, text] of await table.all()) {
        const values = read(plugin, text);
        if (values) all.set(plugin, values);
      }
    },
    of(plugin) {
      const values = all.get(plugin) ?? new Map<string, unknown>();
      all.set(plugin, values);
      return {
        putState(key, value) {
          values.set(key, value);
          touch(plugin);
        },
        getState: (key) => values.get(key),
        deleteState(key) {
          if (values.delete(key)) touch(plugin);
        },
        incrCounter(key, amount) {
          values.set(key, Number(values.get(key) ?? 0) + amount);
          touch(plugin);
        },
        getCounter: (key) => Number(values.get(key) ?? 0),
        entries: () => [...values],
      };
    },
    flush,
    async put(plugin, text) {
      const next = read(plugin, text);
      if (!next) return;
      const values = all.get(plugin) ?? new Map<string, unknown>();
      // who holds it goes on with it
      values.clear();
      for (const [key, value] of next) values.set(key, value);
      all.set(plugin, values);
      dirty.add(plugin);
      await flush();
      if (dirty.has(plugin)) throw new Error(`state of the plugin ${plugin} could not be stored`);
    },
    close: flush,
  };
}
