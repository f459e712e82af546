// Go's fmt.Sprintf for the values of the gateway: flags, width, precision, argument indexes, all verbs; lists and maps element by element.
// Compared with Go's own by thousands of random formats.
import { checkNesting, reserveText, spend } from '../../base/budget.ts';
import { formatV, goTypeName, spendSort } from '../../data/go-format.ts';
import { codePointCount, compareText } from '../../data/text.ts';
import { isStruct, type Value } from '../../data/value.ts';

const MAX_WIDTH = 10_000;
/** JavaScript's limit of digits behind the point. */
const MAX_DIGITS = 100;

interface Spec {
  minus: boolean;
  plus: boolean;
  sharp: boolean;
  space: boolean;
  zero: boolean;
  width: number | undefined;
  precision: number | undefined;
}

export function sprintf(format: string, args: readonly Value[]): string {
  let out = '';
  let next = 0;
  let reordered = false;
  for (let i = 0; i < format.length; ) {
    const percent = format.indexOf('%', i);
    if (percent < 0) return finish(out + format.slice(i));
    out += format.slice(i, percent);
    i = percent + 1;
    const spec: Spec = { minus: false, plus: false, sharp: false, space: false, zero: false, width: undefined, precision: undefined };
    for (; '+-# 0'.includes(format[i] ?? 'x'); i++) {
      if (format[i] === '+') spec.plus = true;
      else if (format[i] === '-') spec.minus = true;
      else if (format[i] === '#') spec.sharp = true;
      else if (format[i] === ' ') spec.space = true;
      else spec.zero = true;
    }
    let badIndex = false;
    const index = () => {
      const m = /^\[(\d+)\]/.exec(format.slice(i));
      if (!m) {
        if (format[i] === '[') {
          badIndex = true;
          const close = format.indexOf(']', i);
          i = close < 0 ? i + 1 : close + 1;
        }
        return;
      }
      reordered = true;
      i += m[0].length;
      const n = Number(m[1]) - 1;
      if (n >= 0 && n < args.length) next = n;
      else badIndex = true;
    };
    const number = (what: string): number | undefined => {
      if (format[i] === '*') {
        i++;
        const v = args[next++];
        if (typeof v === 'bigint' && v <= 1_000_000n && v >= -1_000_000n) return Number(v);
        out += `%!(BAD${what})`;
        return undefined;
      }
      const m = /^\d+/.exec(format.slice(i));
      if (!m) return undefined;
      i += m[0].length;
      return Math.min(Number(m[0]), MAX_WIDTH);
    };
    index();
    spec.width = number('WIDTH');
    if (spec.width !== undefined && spec.width < 0) {
      spec.minus = true;
      spec.width = -spec.width;
    }
    if (spec.width !== undefined) spec.width = Math.min(spec.width, MAX_WIDTH);
    if (format[i] === '.') {
      i++;
      index();
      const star = format[i] === '*';
      spec.precision = number('PREC') ?? (star ? undefined : 0);
      if (spec.precision !== undefined && spec.precision < 0) {
        spec.precision = undefined;
        out += '%!(BADPREC)';
      }
    }
    index();
    if (spec.minus) spec.zero = false;
    if (format[i] === 'v') spec.plus = false; // it means member names, which maps have anyway
    if (i >= format.length) {
      out += '%!(NOVERB)';
      break;
    }
    const verb = String.fromCodePoint(format.codePointAt(i)!);
    i += verb.length;
    if (verb === '%') out += '%';
    else if (badIndex) out += `%!${verb}(BADINDEX)`;
    else if (next >= args.length) out += `%!${verb}(MISSING)`;
    else {
      const piece = one(verb, spec, args[next++], 0);
      if (piece.length > 64) reserveText(piece.length);
      out += piece;
    }
  }
  return finish(out);

  function finish(text: string): string {
    if (reordered || next >= args.length) return text;
    const extra = args.slice(next).map((a) => (a == null ? '<nil>' : `${goTypeName(a)}=${formatV(a)}`));
    return `${text}%!(EXTRA ${extra.join(', ')})`;
  }
}

/** Pieces are copied on each level of nesting. */
function reserveJoined(items: readonly string[]): void {
  let units = 0;
  for (const item of items) units += item.length + 2;
  if (units > 64) reserveText(units);
}

function pad(text: string, s: Spec, zero = s.zero): string {
  if (s.width === undefined) return text;
  const missing = s.width - codePointCount(text);
  if (missing <= 0) return text;
  if (s.minus) return text + ' '.repeat(missing);
  return (zero ? '0' : ' ').repeat(missing) + text;
}

/** %!d(string=a): the value is printed by %v with the same flags, as Go does. */
function bad(verb: string, s: Spec, v: Value): string {
  if (v == null) return `%!${verb}(<nil>)`;
  return `%!${verb}(${goTypeName(v)}=${one('v', { ...s, sharp: false }, v, 0)})`;
}

function one(verb: string, s: Spec, v: Value, depth: number): string {
  spend(4);
  if (v == null) {
    if (verb === 'T' && depth === 0) return pad('<nil>', s);
    if (verb === 'v' || depth > 0) return depth === 0 ? pad('<nil>', s) : s.sharp && verb === 'v' ? 'interface {}(nil)' : '<nil>';
    return bad(verb, s, v);
  }
  if (verb === 'T') return pad(goTypeName(v), s);
  switch (typeof v) {
    case 'boolean':
      return verb === 't' || verb === 'v' ? pad(String(v), s) : bad(verb, s, v);
    case 'bigint':
      return integer(verb, s, v);
    case 'number':
      return float(verb, s, v);
    case 'string':
      return string(verb, s, v, Buffer.from(v), () => bad(verb, s, v));
    default:
  }
  if (v instanceof Uint8Array) {
    if (verb === 's' || verb === 'q' || verb === 'x' || verb === 'X')
      return string(verb, s, Buffer.from(v).toString(), v, () => bad(verb, s, v));
    spend(v.length * 4);
    return `[${[...v].map((b) => integer(verb === 'v' ? 'd' : verb, s, BigInt(b))).join(' ')}]`;
  }
  const sharpV = verb === 'v' && s.sharp;
  if (Array.isArray(v)) {
    checkNesting(depth);
    const items = v.map((e) => one(verb, s, e, depth + 1));
    reserveJoined(items);
    return sharpV ? `[]interface {}{${items.join(', ')}}` : `[${items.join(' ')}]`;
  }
  if (isStruct(v)) {
    checkNesting(depth);
    spendSort(Object.keys(v).length);
    const items = Object.keys(v)
      .sort(compareText)
      .map((k) => `${one(verb, s, k, depth + 1)}:${one(verb, s, v[k], depth + 1)}`);
    reserveJoined(items);
    return sharpV ? `map[string]interface {}{${items.join(', ')}}` : `map[${items.join(' ')}]`;
  }
  return verb === 'v' || verb === 's' ? pad(formatV(v), s) : bad(verb, s, v);
}

function string(verb: string, s: Spec, v: string, bytes: Uint8Array, refuse: () => string): string {
  if (v.length > 64 && (verb === 'q' || verb === 'x' || verb === 'X' || s.precision !== undefined || s.sharp)) spend(v.length * 4);
  switch (verb) {
    case 'v':
      if (s.sharp) return pad(quote(v, { ...s, sharp: false }), s);
      return pad(s.precision === undefined ? v : [...v].slice(0, s.precision).join(''), s);
    case 's':
      return pad(s.precision === undefined ? v : [...v].slice(0, s.precision).join(''), s);
    case 'q':
      return pad(quote(s.precision === undefined ? v : [...v].slice(0, s.precision).join(''), s), s);
    case 'x':
    case 'X': {
      const hex = [...bytes.subarray(0, s.precision ?? bytes.length)].map((b) => b.toString(16).padStart(2, '0'));
      let text = s.space ? hex.map((h) => (s.sharp ? `0x${h}` : h)).join(' ') : hex.length && s.sharp ? `0x${hex.join('')}` : hex.join('');
      if (verb === 'X') text = text.toUpperCase();
      return pad(text, s);
    }
    default:
      return refuse();
  }
}

function quote(v: string, s: Spec): string {
  if (s.sharp && !/[`\p{Cc}\uFEFF]/u.test(v.replaceAll('\t', ''))) return `\`${v}\``;
  return `"${[...v].map((c) => (c === '"' ? '\\"' : escapeChar(c, s.plus))).join('')}"`;
}

const shortEscapes: Record<string, string> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
};
function escapeChar(c: string, ascii: boolean): string {
  const short = shortEscapes[c];
  if (short) return short;
  const code = c.codePointAt(0)!;
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code < 0x7f) return c;
  if (!ascii && (c === '\u0020' || !/[\p{C}\p{Z}]/u.test(c))) return c;
  return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

const isCodePoint = (v: bigint) => v >= 0n && v <= 0x10ffffn && !(v >= 0xd800n && v <= 0xdfffn);

function integer(verb: string, s: Spec, v: bigint): string {
  const based = (base: number, prefix: string, upper = false): string => {
    const negative = v < 0n;
    let digits = (negative ? -v : v).toString(base);
    if (s.precision === 0 && v === 0n) return ' '.repeat(s.width ?? 0);
    let least = s.precision ?? 0;
    const sign = negative ? '-' : s.plus ? '+' : s.space ? ' ' : '';
    if (s.precision === undefined && s.zero && s.width !== undefined) least = s.width - sign.length;
    digits = digits.padStart(least, '0');
    if (upper) digits = digits.toUpperCase();
    const lead = prefix === '0' ? (digits.startsWith('0') ? '' : '0') : prefix;
    return pad(sign + lead + digits, s, false);
  };
  switch (verb) {
    case 'v':
    case 'd':
      return based(10, '');
    case 'b':
      return based(2, s.sharp ? '0b' : '');
    case 'o':
      return based(8, s.sharp ? '0' : '');
    case 'O':
      return based(8, '0o');
    case 'x':
      return based(16, s.sharp ? '0x' : '');
    case 'X':
      return based(16, s.sharp ? '0X' : '', true);
    case 'c':
      return pad(isCodePoint(v) ? String.fromCodePoint(Number(v)) : '\uFFFD', s);
    case 'q': {
      const c = isCodePoint(v) ? String.fromCodePoint(Number(v)) : '\uFFFD';
      return pad(`'${c === "'" ? "\\'" : escapeChar(c, s.plus)}'`, s);
    }
    case 'U': {
      const text = `U+${(v < 0n ? BigInt.asUintN(64, v) : v)
        .toString(16)
        .toUpperCase()
        .padStart(Math.max(4, s.precision ?? 0), '0')}`;
      return pad(s.sharp && isCodePoint(v) ? `${text} '${String.fromCodePoint(Number(v))}'` : text, s, false);
    }
    default:
      return bad(verb, s, v);
  }
}

function float(verb: string, s: Spec, v: number): string {
  let text: string;
  const size = Math.abs(v);
  const digits = s.precision === undefined ? undefined : Math.min(s.precision, MAX_DIGITS);
  switch (verb) {
    case 'v':
    case 'g':
    case 'G':
      text = digits === undefined ? formatV(size) : shortest(size, digits);
      if (verb === 'G') text = text.toUpperCase();
      break;
    case 'e':
    case 'E':
      text = Number.isFinite(v) ? size.toExponential(digits ?? 6).replace(/e([+-])(\d)$/, 'e$10$2') : formatV(size);
      if (verb === 'E') text = text.toUpperCase();
      break;
    case 'f':
    case 'F':
      text = fixedText(size, digits ?? 6);
      break;
    default:
      return bad(verb, s, v);
  }
  if (!Number.isFinite(v)) {
    const sign = Number.isNaN(v) ? (s.plus ? '+' : s.space ? ' ' : '') : v < 0 ? '-' : s.plus || verb ? '+' : '';
    return pad(sign + (Number.isNaN(v) ? 'NaN' : 'Inf'), s, false);
  }
  const sign = v < 0 || Object.is(v, -0) ? '-' : s.plus ? '+' : s.space ? ' ' : '';
  text = text.replace(/^[+-]/, '');
  if (s.zero && s.width !== undefined && sign) return sign + text.padStart(s.width - 1, '0');
  return pad(sign + text, s);
}

/** toFixed also beyond 1e21. */
function fixedText(v: number, digits: number): string {
  if (!Number.isFinite(v)) return '';
  if (v < 1e21) return v.toFixed(digits);
  return BigInt(v).toString() + (digits ? `.${'0'.repeat(digits)}` : '');
}

/** %.Ng: significant digits, without zeros at the end. */
function shortest(v: number, precision: number): string {
  if (v === 0) return '0';
  const p = Math.max(1, precision);
  const exact = v.toExponential(p - 1);
  const at = exact.indexOf('e');
  const exponent = Number(exact.slice(at + 1));
  const mantissa = exact
    .slice(0, at)
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');
  if (exponent < -4 || exponent >= p) {
    const e = Math.abs(exponent);
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${e < 10 ? '0' : ''}${e}`;
  }
  const fixed = v.toFixed(Math.max(0, p - 1 - exponent));
  return fixed.includes('.') ? fixed.replace(/0+$/, '').replace(/\.$/, '') : fixed;
}
