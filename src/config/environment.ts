// Overrides of configuration files by environment variables: `<FILE>__<KEY>__<KEY>=value`, e.g. KUIPER__BASIC__RESTPORT=9082 or
// MQTT_SOURCE__DEFAULT__SERVER=tcp://broker:1883. The same for every file (docs/spec/rules.md §6.3).
import type { YamlMap } from './yaml-file.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface EnvironmentOverride {
  /** Name of the variable, for messages. */
  readonly variable: string;
  /** Keys below the file's top, as written in the variable; compare case-insensitively. */
  readonly path: readonly string[];
  readonly value: unknown;
}

/** All overrides of one file. @param fileStem name without folder and `.yaml`, e.g. `mqtt_source` */
export function overridesOf(fileStem: string, env: Environment): EnvironmentOverride[] {
  const prefix = `${fileStem.toUpperCase()}__`;
  const found: EnvironmentOverride[] = [];
  for (const variable of Object.keys(env).sort()) {
    const text = env[variable];
    if (text === undefined || !variable.toUpperCase().startsWith(prefix)) continue;
    const path = variable.slice(prefix.length).split('__');
    if (path.every((p) => p !== '')) found.push({ variable, path, value: inferValue(text) });
  }
  return found;
}

/** int, float, bool and `[a,b]` are recognised, everything else is text, as in eKuiper. */
export function inferValue(text: string): unknown {
  const t = text.trim();
  if (/^[+-]?\d+$/.test(t) && Number.isSafeInteger(Number(t))) return Number(t);
  if (/^[+-]?(\d+\.\d*|\.\d+|\d+(\.\d*)?[eE][+-]?\d+)$/.test(t)) return Number(t);
  if (t === 'true' || t === 'false') return t === 'true';
  if (t.startsWith('[') && t.endsWith(']')) {
    const inner = t.slice(1, -1).trim();
    return inner === '' ? [] : inner.split(',').map((e) => inferValue(e));
  }
  return text;
}

/** A copy of `data` with the overrides put in. Keys match existing ones whatever their case; new ones are made in lower case. */
export function applyOverrides(data: YamlMap, overrides: readonly EnvironmentOverride[]): YamlMap {
  if (overrides.length === 0) return data;
  const copy = structuredClone(data);
  for (const { path, value } of overrides) {
    let at = copy;
    for (const [i, part] of path.entries()) {
      const key = keyLike(at, part);
      if (i === path.length - 1) {
        put(at, key, value);
        break;
      }
      const next = Object.hasOwn(at, key) ? at[key] : undefined;
      if (isMap(next)) at = next;
      else {
        const made: YamlMap = {};
        put(at, key, made);
        at = made;
      }
    }
  }
  return copy;
}

/** The key of `map` that equals `name` but for case, else `name` in lower case. */
export function keyLike(map: YamlMap, name: string): string {
  const low = name.toLowerCase();
  return Object.keys(map).find((k) => k.toLowerCase() === low) ?? low;
}

export function isMap(value: unknown): value is YamlMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `__proto__` as a key of a file must stay data. */
function put(map: YamlMap, key: string, value: unknown): void {
  Object.defineProperty(map, key, { value, enumerable: true, writable: true, configurable: true });
}
