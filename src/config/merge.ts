// Layers of configuration: what comes with the program, then etc/, then data/, then the environment.
import { isMap } from './environment.ts';
import type { YamlMap } from './yaml-file.ts';

/** `over` wins key by key, whatever the case of keys (the spelling of `base` stays); maps are merged, lists and plain values
 *  replaced. Inputs stay unchanged. */
export function mergeLayers(base: YamlMap, over: YamlMap): YamlMap {
  const merged = new Map<string, [key: string, value: unknown]>();
  for (const [k, v] of Object.entries(base)) merged.set(k.toLowerCase(), [k, v]);
  for (const [k, v] of Object.entries(over)) {
    const old = merged.get(k.toLowerCase());
    merged.set(k.toLowerCase(), [old?.[0] ?? k, old && isMap(old[1]) && isMap(v) ? mergeLayers(old[1], v) : v]);
  }
  return Object.fromEntries(merged.values());
}
