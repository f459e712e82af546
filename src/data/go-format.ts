// Values as text the way Go's fmt prints them with %v and %T: eKuiper's string functions, error messages and group keys all
// depend on it (1e6 is `1e+06`, a map is `map[a:1 b:2]`, null is `<nil>`). Called by cast.ts, compare.ts and the functions.
import { formatGoTime } from './go-time-text.ts';
import { compareText } from './text.ts';
import { isDateTime, type Value } from './value.ts';

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
      if (v === null) return '<nil>';
      if (Array.isArray(v)) return `[${v.map(formatV).join(' ')}]`;
      if (v instanceof Uint8Array) return `[${v.join(' ')}]`;
      if (isDateTime(v)) return formatGoTime(v);
      return `map[${Object.keys(v)
        .sort(compareText)
        .map((key) => `${key}:${formatV(v[key])}`)
        .join(' ')}]`;
  }
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
export const describe = (v: Value): string => `${goTypeName(v)}(${formatV(v)})`;

/** %v changes to exponent form from 1e21 only in JSON; in text already from 1e6 (Go strconv, format 'g', shortest digits), and below 1e-4. */
const EXPONENT_FORM_FROM = 6;

/** A float as %v prints it: shortest digits, at least two digits in the exponent. */
export function formatFloat(x: number): string {
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
