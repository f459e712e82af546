// JSON text as Go's encoding/json writes and reads it: keys in byte order, `<`, `>` and `&` escaped, bytes as base64, datetimes as
// RFC 3339; every number that is read is a float. Called by to_json and parse_json.
import { messageOf, rowError } from '../base/errors/gateway-error.ts';
import type { DateTime } from './datetime.ts';
import { formatRfc3339 } from './datetime-format.ts';
import { encodeBase64 } from './go-base64.ts';
import { nilArray } from './nil-array.ts';
import { compareText } from './text.ts';
import { isDateTime, type Value } from './value.ts';

/** Bounds of RFC 3339. */
const YEAR_0_NS = -62_167_219_200_000_000_000n;
const YEAR_10000_NS = 253_402_300_800_000_000_000n;

const UNSAFE = /[<>&\u2028\u2029]/g;

/** @returns undefined when the value holds what JSON has no form for: NaN, an infinity, a date before year 0 or after 9999 */
export function toJsonText(v: Value): string | undefined {
  return hasJsonForm(v) ? write(v).replace(UNSAFE, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`) : undefined;
}

function hasJsonForm(v: Value): boolean {
  if (typeof v === 'number') return Number.isFinite(v);
  if (Array.isArray(v)) return v.every(hasJsonForm);
  if (typeof v !== 'object' || v === null || v instanceof Uint8Array) return true;
  if (isDateTime(v)) return hasFourDigitYear(v);
  return Object.values(v).every(hasJsonForm);
}

/** True for the years 0 to 9999 (UTC), which RFC 3339 can write. */
export const hasFourDigitYear = (t: DateTime): boolean => t.epochNs >= YEAR_0_NS && t.epochNs < YEAR_10000_NS;

function write(v: Value): string {
  switch (typeof v) {
    case 'string':
      return JSON.stringify(v.toWellFormed());
    case 'number':
      return Object.is(v, -0) ? '-0' : String(v);
    case 'bigint':
    case 'boolean':
      return String(v);
    case 'undefined':
      return 'null';
    default:
  }
  if (v === null) return 'null';
  if (Array.isArray(v)) return v === nilArray ? 'null' : `[${v.map(write).join(',')}]`;
  if (v instanceof Uint8Array) return `"${encodeBase64(v)}"`;
  if (isDateTime(v)) return JSON.stringify(formatRfc3339(v));
  const keys = Object.keys(v).sort(compareText);
  return `{${keys.map((key) => `${JSON.stringify(key)}:${write(v[key])}`).join(',')}}`;
}

/** @throws rowError `fail to parse json: …`, also for numbers beyond the range of floats */
export function parseJsonText(text: string): Value {
  let value: Value;
  try {
    value = JSON.parse(text) as Value;
  } catch (error) {
    throw rowError(`fail to parse json: ${messageOf(error)}`);
  }
  if (!hasJsonForm(value)) throw rowError('fail to parse json: a number is out of the range of floats');
  return value;
}
