// Values that travel as JSON to programs outside (portable plugins, external services) and back. Whole numbers stay whole where JSON writes them so;
// those beyond 2^53 go as numbers of JSON with all their digits. Moments are RFC 3339, bytes base64.
import { rawNumber } from '../../base/raw-json.ts';
import { formatRfc3339 } from '../../data/datetime-format.ts';
import { setMember } from '../../data/set-member.ts';
import type { Row, Value } from '../../data/value.ts';
import { isDateTime } from '../../data/value.ts';

/** Gateway → something that JSON.stringify takes. */
export function toJson(v: unknown): unknown {
  if (typeof v === 'bigint') return Number.isSafeInteger(Number(v)) ? Number(v) : rawNumber(v.toString());
  if (typeof v !== 'object' || v === null) return v;
  if (Array.isArray(v)) return v.map(toJson);
  if (isDateTime(v)) return formatRfc3339(v);
  if (v instanceof Date) return v.toISOString();
  if (v instanceof Uint8Array) return Buffer.from(v).toString('base64');
  const out: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(v)) setMember(out as Row, key, toJson(member) as Value);
  return out;
}

/** Parsed JSON → gateway: numbers are floats, as eKuiper reads JSON. */
export function fromJson(v: unknown): Value {
  if (v === undefined) return null;
  if (typeof v !== 'object' || v === null) return v as Value;
  if (Array.isArray(v)) return v.map(fromJson);
  const out: Row = {};
  for (const [key, member] of Object.entries(v)) setMember(out, key, fromJson(member));
  return out;
}
