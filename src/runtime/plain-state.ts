// State and queued rows as bytes: structured clone (v8), which keeps bigint, Map, typed arrays and undefined. Datetimes are the one class
// among values; they come back as plain objects and are made DateTime again here.
import { nodeV8 } from '../base/node-builtins.ts';
import { DateTime } from '../data/datetime.ts';

export const packState = (state: unknown): Buffer => nodeV8().serialize(state);

/** @throws when the bytes are not ours (damaged) */
export const unpackState = (bytes: Uint8Array): unknown => revive(nodeV8().deserialize(bytes));

function revive(v: unknown): unknown {
  if (typeof v !== 'object' || v === null || ArrayBuffer.isView(v) || v instanceof ArrayBuffer) return v;
  if (Array.isArray(v)) {
    for (let i = 0; i < v.length; i++) {
      const e: unknown = v[i];
      if (typeof e === 'object' && e !== null) v[i] = revive(e);
    }
    return v;
  }
  if (v instanceof Map) {
    for (const [k, e] of v) if (typeof e === 'object' && e !== null) v.set(k, revive(e));
    return v;
  }
  if (v instanceof Set || v instanceof Date || v instanceof RegExp || v instanceof Error) return v;
  const o = v as Record<string, unknown>;
  if (o['isDateTime'] === true && typeof o['epochNs'] === 'bigint' && typeof o['zone'] === 'string')
    return new DateTime(o['epochNs'], o['zone']);
  for (const k of Object.keys(o)) {
    const e = o[k];
    if (typeof e === 'object' && e !== null) o[k] = revive(e);
  }
  return o;
}
