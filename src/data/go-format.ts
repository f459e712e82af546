// Values as text the way Go's fmt prints them with %v and %T: eKuiper's string functions, error messages and group keys all
// depend on it (1e6 is `1e+06`, a map is `map[a:1 b:2]`, null is `<nil>`). Called by cast.ts, compare.ts and the functions.
import { checkNesting, reserveText, spend } from '../base/budget.ts';
import { formatGoTime } from './go-time-text.ts';
import { compareText } from './text.ts';
import { isDateTime, type Value, type ValueObject } from './value.ts';

/** Go's %v. Map keys are printed in byte order, as fmt does. */
export function formatV(v: Value): string {
  switch (typeof v) {
    case 'string':
      return v;
    case 'number':
      return formatFloat(v);
    case 'bigint':
    case 'boolean':
      return String(v);
    case 'undefined':
      return '<nil>';
    default:
      return v === null ? '<nil>' : formatNested(v, 1);
  }
}

/** Pieces are added to one growing text, which is copied once: joining on each level would copy the inner text so many times. */
function formatNested(v: Exclude<Value, null | undefined>, depth: number): string {
  if (typeof v !== 'object') {
    const text = formatV(v);
    if (text.length > 64) reserveText(text.length);
    return text;
  }
  checkNesting(depth);
  if (v instanceof Uint8Array) {
    reserveText(v.length * 4);
    spend(v.length);
    return `[${v.join(' ')}]`;
  }
  if (isDateTime(v)) {
    spend(20);
    return formatGoTime(v);
  }
  let out: string;
  if (Array.isArray(v)) {
    spend(2 + 3 * v.length);
    out = '[';
    for (let i = 0; i < v.length; i++) {
      if (i > 0) out += ' ';
      out += v[i] == null ? '<nil>' : formatNested(v[i]!, depth + 1);
    }
    return `${out}]`;
  }
  const keys = sortedKeys(v, compareText);
  out = 'map[';
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    const item = v[key];
    if (key.length > 64) reserveText(key.length);
    out += `${i > 0 ? ' ' : ''}${key}:${item == null ? '<nil>' : formatNested(item, depth + 1)}`;
  }
  return `${out}]`;
}

/** Names of members in an order; most objects have them so already, and then nothing is sorted. */
export function sortedKeys(v: ValueObject, compare: (a: string, b: string) => number): string[] {
  const keys = Object.keys(v);
  spend(4 + keys.length * 4);
  for (let i = 1; i < keys.length; i++)
    if (compare(keys[i - 1]!, keys[i]!) > 0) {
      spendSort(keys.length);
      return keys.sort(compare);
    }
  return keys;
}

/** Sorting so many short texts. */
export const spendSort = (n: number): void => spend(4 + n * (4 + 2 * Math.log2(n + 1)));

/** Characters and items of a value that an error text quotes. */
const MAX_QUOTED = 1000;
const MAX_QUOTED_ITEMS = 50;
const MAX_QUOTED_DEPTH = 5;

/** Go's %v of the beginning of a value, for error texts: cheap however large the value is. */
export const brief = (v: Value): string => quoted(v, 1, { left: MAX_QUOTED_ITEMS });

/** @param room items that may still be quoted */
function quoted(v: Value, depth: number, room: { left: number }): string {
  if (typeof v === 'string') return v.length > MAX_QUOTED ? `${v.slice(0, MAX_QUOTED).toWellFormed()}…` : v;
  if (typeof v !== 'object' || v === null || isDateTime(v)) return formatV(v);
  if (depth > MAX_QUOTED_DEPTH || room.left <= 0) return '…';
  const isList = Array.isArray(v) || v instanceof Uint8Array;
  const keys = isList ? undefined : Object.keys(v);
  // %v sorts its keys; of a large map any will do
  if (keys && keys.length <= MAX_QUOTED_ITEMS) keys.sort(compareText);
  const length = keys ? keys.length : (v as ArrayLike<Value>).length;
  let out = isList ? '[' : 'map[';
  for (let i = 0; i < length; i++) {
    if (i > 0) out += ' ';
    if (--room.left < 0 || out.length > MAX_QUOTED) {
      out += '…';
      break;
    }
    const key = keys?.[i];
    out +=
      key === undefined
        ? quoted((v as ArrayLike<Value>)[i], depth + 1, room)
        : `${brief(key)}:${quoted((v as ValueObject)[key], depth + 1, room)}`;
  }
  return `${out}]`;
}

/** Go's %T for the types that values have. */
export function goTypeName(v: Value): string {
  switch (typeof v) {
    case 'string':
      return 'string';
    case 'number':
      return 'float64';
    case 'bigint':
      return 'int64';
    case 'boolean':
      return 'bool';
    case 'undefined':
      return '<nil>';
    default:
      if (v === null) return '<nil>';
      if (Array.isArray(v)) return '[]interface {}';
      if (v instanceof Uint8Array) return '[]uint8';
      return isDateTime(v) ? 'time.Time' : 'map[string]interface {}';
  }
}

/** `float64(1.5)`: how error messages name a value. */
export const describe = (v: Value): string => `${goTypeName(v)}(${brief(v)})`;

/** %v changes to exponent form from 1e21 only in JSON; in text already from 1e6 (Go strconv, format 'g', shortest digits), and below 1e-4. */
const EXPONENT_FORM_FROM = 6;

/** A float as %v prints it: shortest digits, at least two digits in the exponent. */
export function formatFloat(x: number): string {
  const size = Math.abs(x);
  // here both languages write plain digits
  if (size >= 1e-4 && size < 1e6) return String(x);
  const special = formatSpecial(x);
  if (special !== undefined) return special;
  const { negative, digits, exponent } = decimalOf(x);
  const sign = negative ? '-' : '';
  if (exponent < -4 || exponent >= EXPONENT_FORM_FROM) {
    const mantissa = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits;
    const size = Math.abs(exponent);
    return `${sign}${mantissa}e${exponent < 0 ? '-' : '+'}${size < 10 ? '0' : ''}${size}`;
  }
  return sign + plainDigits(digits, exponent);
}

/** A float without exponent, shortest digits (strconv.FormatFloat(x, 'f', -1, 64)); what cast(x, 'string') gives. */
export function formatFloatPlain(x: number): string {
  const special = formatSpecial(x);
  if (special !== undefined) return special;
  const { negative, digits, exponent } = decimalOf(x);
  return (negative ? '-' : '') + plainDigits(digits, exponent);
}

function formatSpecial(x: number): string | undefined {
  if (Number.isNaN(x)) return 'NaN';
  if (x === Number.POSITIVE_INFINITY) return '+Inf';
  if (x === Number.NEGATIVE_INFINITY) return '-Inf';
  if (x === 0) return Object.is(x, -0) ? '-0' : '0';
  return undefined;
}

/** Shortest digits that read back as x, d.ddd × 10^exponent; JavaScript and Go agree on them. */
function decimalOf(x: number): { negative: boolean; digits: string; exponent: number } {
  const text = Math.abs(x).toExponential();
  const e = text.indexOf('e');
  return { negative: x < 0, digits: text.slice(0, e).replace('.', ''), exponent: Number(text.slice(e + 1)) };
}

function plainDigits(digits: string, exponent: number): string {
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`;
  if (digits.length <= exponent + 1) return digits + '0'.repeat(exponent + 1 - digits.length);
  return `${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}
