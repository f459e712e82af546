// Answers of a lookup table that were fetched before, and fetches under way: equal questions of all rules share one fetch. Options of the
// table: lookup.cache, lookup.cacheTtl (0 = for ever), lookup.cacheMissingKey (also remembers that there is no row).
import type { Clock } from '../../base/clock.ts';
import { formatV } from '../../data/go-format.ts';
import { kindOf, type Row, type Value } from '../../data/value.ts';
import type { LookupTable } from '../../exec/operator.ts';

export interface LookupCacheOptions {
  cache: boolean;
  /** 0 = never expires */
  cacheTtlMs: number;
  cacheMissingKey: boolean;
}

/** An endless cache must not grow without end: beyond this the answer that was fetched first goes. */
const MAX_ENTRIES = 10_000;

interface Entry {
  rows: readonly Row[];
  /** Monotonic ms; Infinity = never */
  expiresMs: number;
}

/** @param fetch asks the source; may throw or reject. Failures are not remembered. */
export function createLookupCache(
  options: LookupCacheOptions,
  clock: Clock,
  fetch: LookupTable['lookup'],
): LookupTable & { clear(): void } {
  const entries = new Map<string, Entry>();
  const underWay = new Map<string, Promise<readonly Row[]>>();
  const ttlMs = options.cacheTtlMs > 0 ? options.cacheTtlMs : Number.POSITIVE_INFINITY;

  const remember = (key: string, rows: readonly Row[]): void => {
    if (!options.cache || (rows.length === 0 && !options.cacheMissingKey)) return;
    entries.delete(key);
    entries.set(key, { rows, expiresMs: clock.monotonic() + ttlMs });
    if (entries.size > MAX_ENTRIES) entries.delete(entries.keys().next().value!);
  };
  return {
    lookup(fields, keys, values) {
      const key = keyOf(fields, keys, values);
      const known = entries.get(key);
      if (known) {
        if (clock.monotonic() < known.expiresMs) return known.rows;
        entries.delete(key);
      }
      const pending = underWay.get(key);
      if (pending) return pending;
      const result = fetch(fields, keys, values);
      if (!(result instanceof Promise)) {
        remember(key, result);
        return result;
      }
      const shared = result.then((rows) => {
        remember(key, rows);
        return rows;
      });
      const done = (): void => void underWay.delete(key);
      shared.then(done, done);
      underWay.set(key, shared);
      return shared;
    },
    clear: () => entries.clear(),
  };
}

/** Kinds are part of the key: memory tables tell 1 from "1" and from 1.0. */
function keyOf(fields: readonly string[], keys: readonly string[], values: readonly Value[]): string {
  let key = `${fields.join('\u0001')}\u0002${keys.join('\u0001')}\u0002`;
  for (const v of values) key += `${kindOf(v)}:${formatV(v)}\u0001`;
  return key;
}
