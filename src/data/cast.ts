// Conversion of values, in eKuiper's three levels. `strict`: ints from ints and whole floats only. `sameKind`: numbers among
// themselves (a float is cut to an int), text as bytes. `all` (SQL cast()): also text, booleans and null. Errors carry Go's type
// names. Datetimes: datetime-from.ts. Called by functions and codecs (STRICT_VALIDATION). Rules: docs/spec/sql.md §3.4.

import { rowError } from '../base/errors/gateway-error.ts';
import { decodeBase64 } from './go-base64.ts';
import { describe, formatFloatPlain, formatV } from './go-format.ts';
import { parseGoBool, parseGoFloat, parseGoInt } from './go-numbers.ts';
import { bytesOfText, textOfBytes } from './go-string.ts';
import type { Value } from './value.ts';

export type Level = 'strict' | 'sameKind' | 'all';

/** 2^63: floats from here on do not fit an int64. */
const INT64_LIMIT = 2 ** 63;

/** @throws rowError `cannot convert string(x) to int`; also for floats beyond int64, which eKuiper wraps (ekuiper-defects.md 27) */
export function toInt64(v: Value, level: Level): bigint {
  switch (typeof v) {
    case 'bigint':
      return v;
    case 'number':
      if (v >= -INT64_LIMIT && v < INT64_LIMIT && (level !== 'strict' || Number.isInteger(v))) return BigInt(Math.trunc(v));
      break;
    case 'string': {
      const parsed = level === 'all' ? parseGoInt(v) : undefined;
      if (parsed !== undefined) return parsed;
      break;
    }
    case 'boolean':
      if (level === 'all') return v ? 1n : 0n;
      break;
    default:
      if (v == null && level === 'all') return 0n;
  }
  throw rowError(`cannot convert ${describe(v)} to int`);
}

/** An int argument that serves as index, count or precision. @throws as toInt64 */
export const toInt = (v: Value, level: Level): number => Number(toInt64(v, level));

/** @throws rowError `cannot convert string(x) to float64`; level strict refuses ints too, as in eKuiper */
export function toFloat(v: Value, level: Level): number {
  switch (typeof v) {
    case 'number':
      return v;
    case 'bigint':
      if (level !== 'strict') return Number(v);
      break;
    case 'string': {
      const parsed = level === 'all' ? parseGoFloat(v) : undefined;
      if (parsed !== undefined) return parsed;
      break;
    }
    case 'boolean':
      if (level === 'all') return v ? 1 : 0;
      break;
    default:
      if (v == null && level === 'all') return 0;
  }
  throw rowError(`cannot convert ${describe(v)} to float64`);
}

/** Text of text and bytes (UTF-8); level all: of anything, floats without exponent, null as empty text. */
export function toText(v: Value, level: Level): string {
  if (typeof v === 'string') return v;
  if (v instanceof Uint8Array) return textOfBytes(v);
  if (level !== 'all') throw rowError(`cannot convert ${describe(v)} to string`);
  if (v == null) return '';
  return typeof v === 'number' ? formatFloatPlain(v) : formatV(v);
}

/** %v text, null as empty text: how string functions read any argument. */
export const toTextAlways = (v: Value): string => (typeof v === 'string' ? v : v == null ? '' : formatV(v));

export function toBool(v: Value, level: Level): boolean {
  if (typeof v === 'boolean') return v;
  if (level === 'all') {
    if (v == null) return false;
    if (typeof v === 'number') return v !== 0;
    if (typeof v === 'bigint') return v !== 0n;
    if (typeof v === 'string') {
      const parsed = parseGoBool(v);
      if (parsed === undefined) throw rowError(`strconv.ParseBool: parsing ${JSON.stringify(v)}: invalid syntax`);
      return parsed;
    }
  }
  throw rowError(`cannot convert ${describe(v)} to bool`);
}

/** Raw bytes of bytes and (unless strict) of text. */
export function toBytes(v: Value, level: Level): Uint8Array {
  if (v instanceof Uint8Array) return v;
  if (typeof v === 'string' && level !== 'strict') return bytesOfText(v);
  throw rowError(`cannot convert ${describe(v)} to bytes`);
}

/** BYTEA of bytes and of base64 text; text that is not base64 gives its own bytes unless strict. */
export function toBytea(v: Value, level: Level): Uint8Array {
  if (v instanceof Uint8Array) return v;
  if (typeof v === 'string') {
    const decoded = decodeBase64(v);
    if (decoded) return decoded;
    if (level !== 'strict') return bytesOfText(v);
    throw rowError(`illegal string ${v}, must be base64 encoded string`);
  }
  throw rowError(`cannot convert ${describe(v)} to bytea`);
}
