// Values at the border to plugins. Authors write ordinary JavaScript: whole numbers are numbers (bigint only beyond 2^53), moments are
// Date. Nothing is copied unless something inside has to change.
import { spend } from '../../base/budget.ts';
import { DateTime } from '../../data/datetime.ts';
import type { Value } from '../../data/value.ts';

/** Gateway → plugin. */
export function toPlugin(v: unknown): unknown {
  if (typeof v === 'bigint') return v >= MIN && v <= MAX ? Number(v) : v;
  return typeof v === 'object' && v !== null ? objectTo(v, toPlugin, fromDateTime) : v;
}

/** Plugin → gateway. Functions, symbols and `undefined` results become null. */
export function fromPlugin(v: unknown): Value {
  if (v === undefined || typeof v === 'function' || typeof v === 'symbol') return null;
  if (typeof v === 'bigint') return int64Of(v);
  return typeof v === 'object' && v !== null ? (objectTo(v, fromPluginInside, fromDate) as Value) : (v as Value);
}

const MIN = BigInt(Number.MIN_SAFE_INTEGER);
const MAX = BigInt(Number.MAX_SAFE_INTEGER);

/** A larger one is a float, as everywhere: a whole number of a million digits takes the sink minutes to write. */
const int64Of = (v: bigint): bigint | number => (BigInt.asIntN(64, v) === v ? v : Number(v));

const fromPluginInside = (v: unknown): unknown => {
  if (typeof v === 'object' && v !== null) return objectTo(v, fromPluginInside, fromDate);
  if (typeof v === 'bigint') return int64Of(v);
  // no sink could send it, and no worker could be handed it
  return typeof v === 'function' || typeof v === 'symbol' ? null : v;
};

const fromDateTime = (v: object): unknown => (v instanceof DateTime ? new Date(v.epochMs) : undefined);
const fromDate = (v: object): unknown => (v instanceof Date ? DateTime.fromMs(v.getTime()) : undefined);

/** Needs no look. */
function isPlain(e: unknown): boolean {
  const type = typeof e;
  return type === 'string' || type === 'number' || type === 'boolean' || type === 'undefined';
}

function objectTo(v: object, inside: (v: unknown) => unknown, special: (v: object) => unknown): unknown {
  // holes and lists within lists cost nothing to make
  if (Array.isArray(v)) {
    spend(v.length);
    let copy: unknown[] | undefined;
    for (let i = 0; i < v.length; i++) {
      const e: unknown = v[i];
      if (isPlain(e)) continue;
      const changed = inside(e);
      if (changed !== e) (copy ??= v.slice())[i] = changed;
    }
    return copy ?? v;
  }
  const replaced = special(v);
  if (replaced !== undefined) return replaced;
  if (ArrayBuffer.isView(v)) return v;
  spend(1);
  let copy: Record<string, unknown> | undefined;
  for (const key in v) {
    const e = (v as Record<string, unknown>)[key];
    if (isPlain(e)) continue;
    const changed = inside(e);
    if (changed !== e) (copy ??= { ...v })[key] = changed;
  }
  return copy ?? v;
}
