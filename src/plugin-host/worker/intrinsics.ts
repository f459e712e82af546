// Notices when a plugin changes what all code of a thread shares: prototypes, JSON, Math, process, a few modules of Node. Used in the worker that
// tries a function plugin, and in the main thread, where changes are put back. Imports nothing of ours.

/** Own properties of one shared object, as they were. */
interface Known {
  /** `Array.prototype` */
  path: string;
  object: object;
  properties: Map<PropertyKey, PropertyDescriptor>;
  /** All names, also of what cannot be changed. */
  names: Set<PropertyKey>;
  /** New properties matter: they turn up in `for … in` over every array or object. */
  closed: boolean;
}

export interface Intrinsics {
  /** Names of what is different from the snapshot: `JSON.parse`; [] when nothing is. */
  changes(): string[];
  /** Puts everything back. */
  restore(): void;
}

/** Constructors; their prototypes are looked at as well. */
const CLASSES =
  'Object Function Array String Number Boolean Symbol BigInt Date RegExp Promise Map Set WeakMap WeakSet WeakRef Error TypeError RangeError SyntaxError ArrayBuffer SharedArrayBuffer DataView Uint8Array Int32Array Float64Array BigInt64Array Iterator AbortController AbortSignal EventTarget Event URL URLSearchParams TextEncoder TextDecoder Buffer';
const NAMESPACES = 'JSON Math Reflect Atomics Intl console';
const MODULES = ['fs', 'path', 'timers', 'crypto', 'http', 'net', 'child_process'];
/** Prototypes of modules, by which the gateway reads what callers send and what it checks. */
const MODULE_CLASSES: Readonly<Record<string, readonly string[]>> = { http: ['IncomingMessage', 'ServerResponse'], net: ['Socket'] };
/** Of these nobody replaces anything for good reasons; other globals are filled lazily by Node. */
const GLOBALS =
  'JSON Math Reflect Object Array String Number Date Promise Map Set Error Symbol Proxy Buffer process globalThis setTimeout setInterval setImmediate clearTimeout clearInterval clearImmediate queueMicrotask structuredClone parseInt parseFloat isNaN isFinite';

/** Settings that are changed for good reasons and harm nobody. */
const IGNORED = new Set<PropertyKey>(['stackTraceLimit', 'poolSize', 'defaultMaxListeners']);

const words = (text: string): string[] => text.split(' ');

/** Takes the snapshot. About 2,500 properties: half a millisecond, as is each look. */
export function watchIntrinsics(): Intrinsics {
  const known: Known[] = [];
  const scope = globalThis as unknown as Record<string, unknown>;
  const take = (path: string, object: unknown, closed: boolean, only?: readonly string[]) => {
    if ((typeof object !== 'object' && typeof object !== 'function') || object === null) return;
    const properties = new Map<PropertyKey, PropertyDescriptor>();
    for (const key of only ?? Reflect.ownKeys(object)) {
      const d = Reflect.getOwnPropertyDescriptor(object, key);
      // what cannot be changed needs no watch
      if (d && (d.configurable || d.writable) && !IGNORED.has(key) && !(typeof key === 'string' && key.startsWith('_')))
        properties.set(key, d);
    }
    known.push({ path, object, properties, names: new Set(Reflect.ownKeys(object)), closed });
  };
  for (const name of words(CLASSES)) {
    const made = scope[name] as { prototype?: unknown } | undefined;
    take(name, made, false);
    take(`${name}.prototype`, made?.prototype, true);
  }
  for (const name of words(NAMESPACES)) take(name, scope[name], false);
  take('globalThis', globalThis, false, words(GLOBALS));
  take('TypedArray.prototype', Object.getPrototypeOf(Uint8Array.prototype), true);
  take('ArrayIterator.prototype', Object.getPrototypeOf([][Symbol.iterator]()), true);
  take('process', process, false, ['exit', 'abort', 'kill', 'emit', 'on', 'nextTick', 'hrtime', 'memoryUsage']);
  const events = process.getBuiltinModule('events') as unknown as { EventEmitter: { prototype: object } };
  take('EventEmitter.prototype', events.EventEmitter.prototype, false);
  for (const name of MODULES) {
    const module = process.getBuiltinModule(name) as unknown as Record<string, { prototype?: object } | undefined>;
    take(`node:${name}`, module, false);
    for (const c of MODULE_CLASSES[name] ?? []) take(`${name}.${c}.prototype`, module[c]?.prototype, false);
  }

  // what the look itself uses must be there when everything is changed
  const { ownKeys, getOwnPropertyDescriptor, defineProperty, deleteProperty, apply } = Reflect;
  const { is } = Object;
  const get = Map.prototype.get;
  const has = Set.prototype.has;
  const all: { k: Known; keys: PropertyKey[] }[] = [];
  for (const k of known) all[all.length] = { k, keys: [...k.properties.keys()] };

  const differs = (k: Known, key: PropertyKey): boolean => {
    const was = apply(get, k.properties, [key]) as PropertyDescriptor;
    const now = getOwnPropertyDescriptor(k.object, key);
    if (!now) return true;
    // Node replaces lazy getters by their values when they are first used
    if ('get' in was && was.get && 'value' in now) return false;
    return !is(now.value, was.value) || now.get !== was.get || now.set !== was.set;
  };
  const look = (found: (k: Known, key: PropertyKey, added: boolean) => void) => {
    for (let i = 0; i < all.length; i++) {
      const { k, keys } = all[i]!;
      for (let j = 0; j < keys.length; j++) if (differs(k, keys[j]!)) found(k, keys[j]!, false);
      if (!k.closed) continue;
      const now = ownKeys(k.object);
      for (let j = 0; j < now.length; j++)
        if (!apply(has, k.names, [now[j]!]) && getOwnPropertyDescriptor(k.object, now[j]!)!.enumerable) found(k, now[j]!, true);
    }
  };
  return {
    changes() {
      const names: string[] = [];
      look((k, key) => {
        names[names.length] = `${k.path}.${typeof key === 'symbol' ? 'symbol' : key}`;
      });
      return names;
    },
    restore() {
      look((k, key, added) => {
        if (added) deleteProperty(k.object, key);
        else defineProperty(k.object, key, apply(get, k.properties, [key]) as PropertyDescriptor);
      });
    },
  };
}
