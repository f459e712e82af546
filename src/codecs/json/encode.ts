// Rows → JSON text as Go's encoding/json writes it: keys sorted, `<`, `>`, `&` escaped, int64 in full, bytes as base64, datetimes as RFC 3339.
// Rows from exec/project come with sorted keys, so the common case is one JSON.stringify; anything else takes the careful way.
import { checkNesting, reserveText, spend } from '../../base/budget.ts';
import { rowError } from '../../base/errors/gateway-error.ts';
import type { CodecOptions, Encoder } from '../../contract/codec.ts';
import { formatRfc3339 } from '../../data/datetime-format.ts';
import { encodeBase64 } from '../../data/go-base64.ts';
import { escapeUnsafe, hasFourDigitYear, UNSAFE } from '../../data/json-text.ts';
import { nilArray } from '../../data/nil-array.ts';
import { isDateTime, type Row, type Value } from '../../data/value.ts';
import { createKeyOrders, type KeyOrders } from './key-order.ts';

/** @param nonFinite what becomes of NaN and infinities, which JSON cannot hold: null, or rowError
 *  @param orders of whoever writes many values with the same members */
export function encodeJson(data: Value, nonFinite: 'null' | 'error' = 'error', orders: KeyOrders = createKeyOrders()): string {
  const flat = flatOf(data);
  const text = flat === undefined ? write(data, 0, nonFinite === 'null', orders) : JSON.stringify(flat);
  return UNSAFE.test(text) ? escapeUnsafe(text) : text;
}

/** @param last of the encoders that may meet the same row: one that many rules give out is written once */
export function createJsonEncoder({ last, nonFinite = 'error' }: Pick<CodecOptions, 'last' | 'nonFinite'> = {}): Encoder {
  const orders = createKeyOrders();
  if (!last) return { encode: (data) => encodeJson(data as Value, nonFinite, orders) };
  const once = (row: Row): string => {
    if (last.row === row && last.nonFinite === nonFinite) return last.text;
    const text = encodeJson(row as Value, nonFinite, orders);
    last.row = row;
    last.text = text;
    last.nonFinite = nonFinite;
    return text;
  };
  return {
    encode(data) {
      if (!Array.isArray(data)) return once(data);
      return data.length === 1 ? `[${once(data[0]!)}]` : encodeJson(data as Value, nonFinite, orders);
    },
  };
}

/** @returns what JSON.stringify gives Go's text of, but for the escapes: one row (or rows) of finite numbers, texts, booleans and bytes with keys in
 *  order; undefined for anything else */
function flatOf(data: Value): unknown {
  if (typeof data !== 'object' || data === null) return undefined;
  if (!Array.isArray(data)) return flatRow(data as Row);
  spend(data.length);
  let copies: Row[] | undefined;
  for (let i = 0; i < data.length; i++) {
    const e = data[i];
    if (typeof e !== 'object' || e === null || Array.isArray(e)) return undefined;
    const flat = flatRow(e as Row);
    if (flat === undefined) return undefined;
    if (flat !== e) (copies ??= data.slice() as Row[])[i] = flat;
  }
  return copies ?? data;
}

/** A row with bytes is copied: they stand as texts in JSON. */
function flatRow(row: Row): Row | undefined {
  if (Object.getPrototypeOf(row) !== Object.prototype) return undefined;
  let last = '';
  let copy: Row | undefined;
  for (const k in row) {
    const v = row[k];
    if (typeof v === 'number') {
      if (!Number.isFinite(v) || Object.is(v, -0)) return undefined;
    } else if (typeof v === 'string') {
      if (v.length > 64) reserveText(v.length);
      if (!v.isWellFormed()) return undefined;
    } else if (v instanceof Uint8Array) {
      copy ??= { ...row };
      copy[k] = encodeBase64(v);
    } else if (typeof v !== 'boolean' && v !== null) return undefined;
    if (k < last) return undefined;
    last = k;
  }
  return copy ?? row;
}

function write(v: Value, depth: number, asNull: boolean, orders: KeyOrders): string {
  switch (typeof v) {
    case 'string':
      if (v.length > 64) reserveText(v.length * 2);
      return JSON.stringify(v.toWellFormed());
    case 'number':
      if (!Number.isFinite(v)) {
        if (asNull) return 'null';
        throw rowError(`json: unsupported value: ${Number.isNaN(v) ? 'NaN' : v > 0 ? '+Inf' : '-Inf'}`);
      }
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
    for (let i = 0; i < v.length; i++) out += i > 0 ? `,${write(v[i], depth + 1, asNull, orders)}` : write(v[i], depth + 1, asNull, orders);
    return `${out}]`;
  }
  if (v instanceof Uint8Array) return `"${encodeBase64(v)}"`;
  if (isDateTime(v)) {
    if (!hasFourDigitYear(v)) throw rowError('json: unsupported value: a date whose year is outside of 0 to 9999');
    return JSON.stringify(formatRfc3339(v));
  }
  checkNesting(depth);
  const { sorted, heads } = orders.of(v, depth);
  let out = '';
  for (let i = 0; i < sorted.length; i++) {
    const member = v[sorted[i]!];
    if (member !== undefined) out += `${out === '' ? '{' : ','}${heads[i]!}${write(member, depth + 1, asNull, orders)}`;
  }
  return out === '' ? '{}' : `${out}}`;
}
