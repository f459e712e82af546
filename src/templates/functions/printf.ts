// Go's fmt.Sprintf for the values of the gateway: flags, width, precision, verbs v d s q f F e E g G x X o b c U t T %.
import { formatV, goTypeName } from '../../data/go-format.ts';
import { isStruct, type Value } from '../../data/value.ts';

const MAX_WIDTH = 10_000;

export function sprintf(format: string, args: readonly Value[]): string {
  let used = 0;
  const text = format.replace(
    /%([-+# 0]*)(\*|\d+)?(?:\.(\*|\d+)?)?([a-zA-Z%])?/g,
    (whole, flags: string, width: string | undefined, precision: string | undefined, verb: string | undefined) => {
      if (verb === undefined) return '%!(NOVERB)';
      if (verb === '%') return '%';
      const number = (t: string | undefined) => (t === '*' ? Number(args[used++]) : t === undefined ? undefined : Number(t));
      const w = Math.min(number(width) ?? 0, MAX_WIDTH);
      const dotted = /\./.test(whole);
      const p = dotted ? Math.min(number(precision) ?? 0, 100) : undefined;
      if (used >= args.length) return `%!${verb}(MISSING)`;
      return pad(one(verb, flags, p, args[used++]), w, flags, args[used - 1]);
    },
  );
  if (used < args.length)
    return `${text}%!(EXTRA ${args
      .slice(used)
      .map((a) => (a == null ? '<nil>' : `${goTypeName(a)}=${formatV(a)}`))
      .join(', ')})`;
  return text;
}

function pad(text: string, width: number, flags: string, value: Value): string {
  const length = [...text].length;
  if (length >= width) return text;
  if (flags.includes('-')) return text + ' '.repeat(width - length);
  if (flags.includes('0') && (typeof value === 'number' || typeof value === 'bigint')) {
    const sign = /^[+-]/.exec(text)?.[0] ?? '';
    return sign + '0'.repeat(width - length) + text.slice(sign.length);
  }
  return ' '.repeat(width - length) + text;
}

function one(verb: string, flags: string, precision: number | undefined, v: Value): string {
  const bad = () => `%!${verb}(${v == null ? '<nil>' : `${goTypeName(v)}=${formatV(v)}`})`;
  const signed = (text: string) =>
    text.startsWith('-') ? text : flags.includes('+') ? `+${text}` : flags.includes(' ') ? ` ${text}` : text;
  if (v == null && verb !== 'v' && verb !== 'T') return `%!${verb}(<nil>)`;
  if (Array.isArray(v) && verb !== 'v' && verb !== 'T' && verb !== 'p')
    return `[${v.map((e) => one(verb, flags, precision, e)).join(' ')}]`;
  switch (verb) {
    case 'v':
      if (v == null) return '<nil>';
      if (flags.includes('#')) return typeof v === 'string' ? JSON.stringify(v) : formatV(v);
      return typeof v === 'number' || typeof v === 'bigint' ? signed(formatV(v)) : formatV(v);
    case 'T':
      return v == null ? '<nil>' : goTypeName(v);
    case 't':
      return typeof v === 'boolean' ? String(v) : bad();
    case 'd':
      return typeof v === 'bigint' ? signed(String(v)) : bad();
    case 'b':
    case 'o':
      return typeof v === 'bigint' ? signed(v.toString(verb === 'b' ? 2 : 8)) : bad();
    case 'c':
      return typeof v === 'bigint' ? String.fromCodePoint(Number(v)) : bad();
    case 'U':
      return typeof v === 'bigint' ? `U+${v.toString(16).toUpperCase().padStart(4, '0')}` : bad();
    case 'x':
    case 'X': {
      let text: string;
      if (typeof v === 'bigint') text = (flags.includes('#') ? '0x' : '') + v.toString(16);
      else if (typeof v === 'string') text = Buffer.from(v).toString('hex');
      else if (v instanceof Uint8Array) text = Buffer.from(v).toString('hex');
      else return bad();
      return verb === 'X' ? text.toUpperCase() : text;
    }
    case 'f':
    case 'F':
      return typeof v === 'number' ? signed(fixedText(v, precision ?? 6)) : bad();
    case 'e':
    case 'E': {
      if (typeof v !== 'number') return bad();
      const text = signed(v.toExponential(precision ?? 6).replace(/e([+-])(\d)$/, 'e$10$2'));
      return verb === 'E' ? text.toUpperCase() : text;
    }
    case 'g':
    case 'G':
      if (typeof v !== 'number') return bad();
      return signed(precision === undefined ? formatV(v) : shortest(v, precision));
    case 's':
      if (typeof v === 'string') return precision === undefined ? v : [...v].slice(0, precision).join('');
      if (v instanceof Uint8Array) return Buffer.from(v).toString();
      return typeof v === 'number' || typeof v === 'bigint' || typeof v === 'boolean'
        ? bad()
        : isStruct(v)
          ? `map[${Object.keys(v)
              .sort()
              .map((k) => `${k}:${one('s', '', undefined, v[k])}`)
              .join(' ')}]`
          : formatV(v);
    case 'q':
      if (typeof v === 'string') return JSON.stringify(v);
      return typeof v === 'bigint' ? `'${String.fromCodePoint(Number(v))}'` : bad();
    default:
      return bad();
  }
}

/** toFixed beyond 1e21 and for infinities, as Go writes them. */
function fixedText(v: number, digits: number): string {
  if (Number.isNaN(v)) return 'NaN';
  if (!Number.isFinite(v)) return v > 0 ? '+Inf' : '-Inf';
  if (Math.abs(v) < 1e21) return v.toFixed(digits);
  return BigInt(v).toString() + (digits ? `.${'0'.repeat(digits)}` : '');
}

function shortest(v: number, precision: number): string {
  const text = v.toPrecision(Math.max(1, precision));
  const [mantissa, exponent] = text.split('e');
  const trimmed = mantissa!.includes('.') ? mantissa!.replace(/\.?0+$/, '') : mantissa!;
  return exponent ? `${trimmed}e${exponent.replace(/^([+-])(\d)$/, '$10$2')}` : trimmed;
}
