// JSON text as Go's encoding/json writes and reads it: keys in byte order, `<`, `>` and `&` escaped, bytes as base64, datetimes as
// RFC 3339; every number that is read is a float. Called by to_json and parse_json.
import { messageOf, rowError } from '../base/errors/gateway-error.ts';
import { formatRfc3339 } from './datetime-format.ts';
import { encodeBase64 } from './go-base64.ts';
import { compareText } from './text.ts';
import { isDateTime, type Value } from './value.ts';

const UNSAFE = /[<>&\u2028\u2029]/g;

/** @returns undefined when the value holds NaN or an infinity, which JSON has no form for */
export function toJsonText(v: Value): string | undefined {
  return isFiniteValue(v) ? write(v).replace(UNSAFE, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`) : undefined;
}

function isFiniteValue(v: Value): boolean {
  if (typeof v === 'number') return Number.isFinite(v);
  if (Array.isArray(v)) return v.every(isFiniteValue);
  if (typeof v !== 'object' || v === null || v instanceof Uint8Array || isDateTime(v)) return true;
  return Object.values(v).every(isFiniteValue);
}

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
  if (Array.isArray(v)) return `[${v.map(write).join(',')}]`;
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
  if (!isFiniteValue(value)) throw rowError('fail to parse json: a number is out of the range of floats');
  return value;
}
