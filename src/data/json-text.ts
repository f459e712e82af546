// JSON text as Go's encoding/json writes and reads it: keys in byte order, `<`, `>` and `&` escaped, bytes as base64, datetimes as
// RFC 3339; every number that is read is a float. Called by to_json and parse_json.
import { checkNesting, nestingText, reserveText, spend, spendMembers, spendText } from '../base/budget.ts';
import { messageOf, rowError } from '../base/errors/gateway-error.ts';
import type { DateTime } from './datetime.ts';
import { formatRfc3339 } from './datetime-format.ts';
import { encodeBase64 } from './go-base64.ts';
import { sortedKeys } from './go-format.ts';
import { tooDeep } from './json-nesting.ts';
import { nilArray } from './nil-array.ts';
import { compareText } from './text.ts';
import { isDateTime, type Value } from './value.ts';

/** Bounds of RFC 3339. */
const YEAR_0_NS = -62_167_219_200_000_000_000n;
const YEAR_10000_NS = 253_402_300_800_000_000_000n;

const ESCAPES = [
  ['<', '\\u003c'],
  ['>', '\\u003e'],
  ['&', '\\u0026'],
  ['\u2028', '\\u2028'],
  ['\u2029', '\\u2029'],
] as const;
export const UNSAFE = /[<>&\u2028\u2029]/;

/** @returns undefined when the value holds what JSON has no form for: NaN, an infinity, a date before year 0 or after 9999 */
export function toJsonText(v: Value): string | undefined {
  if (!hasJsonForm(v, 0)) return undefined;
  const text = write(v, 0);
  return UNSAFE.test(text) ? escapeUnsafe(text) : text;
}

/** `<`, `>`, `&` and the two line separators as Go writes them: six characters each. */
export function escapeUnsafe(text: string): string {
  spend(text.length / 4);
  let escaped = text;
  for (const [c, form] of ESCAPES) if (escaped.includes(c)) escaped = escaped.replaceAll(c, form);
  reserveText(escaped.length - text.length);
  return escaped;
}

function hasJsonForm(v: Value, depth: number): boolean {
  if (typeof v === 'number') return Number.isFinite(v);
  if (typeof v !== 'object' || v === null || v instanceof Uint8Array) return true;
  if (isDateTime(v)) return hasFourDigitYear(v);
  checkNesting(depth);
  if (Array.isArray(v)) {
    spend(v.length / 2);
    for (const item of v) if (!hasJsonForm(item, depth + 1)) return false;
    return true;
  }
  const keys = Object.keys(v);
  spendMembers(keys.length);
  for (const key of keys) if (!hasJsonForm(v[key], depth + 1)) return false;
  return true;
}

/** True for the years 0 to 9999 (UTC), which RFC 3339 can write. */
export const hasFourDigitYear = (t: DateTime): boolean => t.epochNs >= YEAR_0_NS && t.epochNs < YEAR_10000_NS;

function write(v: Value, depth: number): string {
  switch (typeof v) {
    case 'string':
      if (v.length > 64) reserveText(v.length * 2);
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
  if (Array.isArray(v)) {
    if (v === nilArray) return 'null';
    checkNesting(depth);
    spend(2 + v.length * 2);
    let out = '[';
    for (let i = 0; i < v.length; i++) out += i > 0 ? `,${write(v[i], depth + 1)}` : write(v[i], depth + 1);
    return `${out}]`;
  }
  if (v instanceof Uint8Array) return `"${encodeBase64(v)}"`;
  if (isDateTime(v)) return JSON.stringify(formatRfc3339(v));
  checkNesting(depth);
  const keys = sortedKeys(v, compareText);
  spend(keys.length * 2);
  let out = '{';
  for (let i = 0; i < keys.length; i++) out += `${i > 0 ? ',' : ''}${JSON.stringify(keys[i])}:${write(v[keys[i]!], depth + 1)}`;
  return `${out}}`;
}

/** @throws rowError `fail to parse json: …`, also for numbers beyond the range of floats */
export function parseJsonText(text: string): Value {
  if (tooDeep(text)) throw rowError(`fail to parse json: ${nestingText}`);
  spendText(text.length * 8);
  let value: Value;
  try {
    value = JSON.parse(text) as Value;
  } catch (error) {
    throw rowError(`fail to parse json: ${messageOf(error)}`);
  }
  if (!hasJsonForm(value, 0)) throw rowError('fail to parse json: a number is out of the range of floats');
  return value;
}
