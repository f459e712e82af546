// Run-time values of the SQL engine and their kinds. This folder (data/) is the only place with coercion rules.
// int64 is a JavaScript bigint, float64 a number: eKuiper's answers depend on the difference (7/2 = 3, 7.0/2 = 3.5), and a
// BIGINT beyond 2^53 must come out as it went in (docs/adr/0001). A datetime is a DateTime (nanoseconds and zone).
import type { DateTime } from './datetime.ts';

/** `undefined` is an absent field, `null` a present null; expressions treat both as SQL NULL (`v == null`). */
export type Value = undefined | null | boolean | number | bigint | string | DateTime | Uint8Array | Value[] | ValueObject;
export interface ValueObject {
  [key: string]: Value;
}
/** A decoded message or an output row: column name to value. */
export type Row = Record<string, Value>;

export type Kind = 'null' | 'boolean' | 'float' | 'bigint' | 'string' | 'datetime' | 'bytea' | 'array' | 'struct';

/** Static type of a column or expression; `unknown` when only the row can tell. */
export type StaticType = Kind | 'unknown';

export function kindOf(v: Value): Kind {
  switch (typeof v) {
    case 'number':
      return 'float';
    case 'string':
      return 'string';
    case 'boolean':
      return 'boolean';
    case 'bigint':
      return 'bigint';
    case 'undefined':
      return 'null';
    default:
      if (v === null) return 'null';
      if (Array.isArray(v)) return 'array';
      if (v instanceof Uint8Array) return 'bytea';
      return isDateTime(v) ? 'datetime' : 'struct';
  }
}

/** The brand keeps this file free of an import of the class. */
export function isDateTime(v: unknown): v is DateTime {
  return typeof v === 'object' && v !== null && (v as { isDateTime?: unknown }).isDateTime === true;
}

export function isStruct(v: Value): v is ValueObject {
  return typeof v === 'object' && v !== null && !Array.isArray(v) && !(v instanceof Uint8Array) && !isDateTime(v);
}

/** int64 arithmetic wraps as in Go. */
export const wrapInt64 = (v: bigint): bigint => BigInt.asIntN(64, v);
