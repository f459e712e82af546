// String functions of the sprig set. The subject is the last argument, so that it can come from a pipe.
import { reserveMembers, reserveText } from '../../base/budget.ts';
import { brief, formatV, spendSort } from '../../data/go-format.ts';
import { countText, includesText, replaceText, splitText } from '../../data/text-search.ts';
import { isStruct, type Value, type ValueObject } from '../../data/value.ts';
import { between, fixed, type TemplateFunction } from './function.ts';

const MAX_LENGTH = 1_000_000;

export const text = (v: Value): string => {
  if (typeof v === 'string') return v;
  if (v === null || v === undefined) return '';
  throw new Error(`expected string; got ${brief(v)}`);
};
/** sprig's strval: anything as text. */
export const strval = (v: Value): string =>
  typeof v === 'string' ? v : v instanceof Uint8Array ? Buffer.from(v).toString() : v == null ? '<nil>' : formatV(v);
const count = (v: Value): number => {
  // an array would be joined to a text first
  const n = typeof v === 'object' ? Number.NaN : Number(v);
  if (!Number.isInteger(n)) throw new Error(`expected int; got ${brief(v)}`);
  return n;
};
const list = (v: Value): Value[] => {
  if (Array.isArray(v)) return v;
  if (v == null) return [];
  return [v];
};
const title = (s: string) => s.replace(/(^|[^\p{L}\p{N}_'])(\p{L})/gu, (_m, a: string, b: string) => a + b.toUpperCase());
const bounded = (s: string): string => {
  if (s.length > MAX_LENGTH) throw new Error(`the text would be longer than ${MAX_LENGTH} characters`);
  return s;
};
const trimSet = (s: string, set: string, where: 'both' | 'left' | 'right'): string => {
  const chars = new Set(set);
  let a = 0;
  let b = s.length;
  if (where !== 'right') while (a < b && chars.has(s[a]!)) a++;
  if (where !== 'left') while (b > a && chars.has(s[b - 1]!)) b--;
  return s.slice(a, b);
};
const words = (s: string): string[] =>
  s
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1 $2')
    .split(/[\s_-]+/)
    .filter(Boolean);

const indent = (n: Value, s: string): string => {
  const blanks = ' '.repeat(Math.max(0, Math.min(1000, count(n))));
  reserveText(s.length + countText(s, '\n') * blanks.length);
  return s
    .split('\n')
    .map((l) => blanks + l)
    .join('\n');
};
const numbered = (parts: readonly string[]): ValueObject => {
  reserveMembers(parts.length);
  return Object.fromEntries(parts.map((p, i) => [`_${i}`, p]));
};
const joined = (parts: readonly string[], separator: string): string => {
  let units = 0;
  for (const p of parts) units += p.length + separator.length;
  if (units > 64) reserveText(units);
  return parts.join(separator);
};

export const stringFunctions: Record<string, TemplateFunction> = {
  upper: fixed(1, (s) => text(s).toUpperCase()),
  lower: fixed(1, (s) => text(s).toLowerCase()),
  title: fixed(1, (s) => title(text(s))),
  untitle: fixed(1, (s) => text(s).replace(/(^|\s)(\S)/g, (_m, a: string, b: string) => a + b.toLowerCase())),
  trim: fixed(1, (s) => text(s).trim()),
  swapcase: fixed(1, (s) => text(s).replace(/\p{L}/gu, (c) => (c === c.toUpperCase() ? c.toLowerCase() : c.toUpperCase()))),
  trimall: fixed(2, (set, s) => trimSet(text(s), text(set), 'both')),
  trimAll: fixed(2, (set, s) => trimSet(text(s), text(set), 'both')),
  trimPrefix: fixed(2, (p, s) => (text(s).startsWith(text(p)) ? text(s).slice(text(p).length) : text(s))),
  trimSuffix: fixed(2, (p, s) => (text(p) !== '' && text(s).endsWith(text(p)) ? text(s).slice(0, -text(p).length) : text(s))),
  replace: fixed(3, (a, b, s) => bounded(replaceText(text(s), text(a), text(b)))),
  contains: fixed(2, (part, s) => includesText(text(s), text(part))),
  hasPrefix: fixed(2, (p, s) => text(s).startsWith(text(p))),
  hasSuffix: fixed(2, (p, s) => text(s).endsWith(text(p))),
  repeat: fixed(2, (n, s) => {
    const times = Math.max(0, count(n));
    if (times * text(s).length > MAX_LENGTH) throw new Error(`the text would be longer than ${MAX_LENGTH} characters`);
    return text(s).repeat(times);
  }),
  substr: fixed(3, (from, to, s) => {
    const [a, b] = [count(from), count(to)];
    if (a < 0) return text(s).slice(0, b);
    return b < 0 || b > text(s).length ? text(s).slice(a) : text(s).slice(a, b);
  }),
  trunc: fixed(2, (n, s) => {
    const c = count(n);
    return c >= 0 ? text(s).slice(0, c) : text(s).slice(Math.max(0, text(s).length + c));
  }),
  nospace: fixed(1, (s) => text(s).replace(/\s+/g, '')),
  initials: fixed(1, (s) =>
    text(s)
      .split(/\s+/)
      .map((w) => w[0] ?? '')
      .join(''),
  ),
  quote: between(0, undefined, (...v: Value[]) =>
    v
      .filter((e) => e != null)
      .map((e) => JSON.stringify(strval(e)))
      .join(' '),
  ),
  squote: between(0, undefined, (...v: Value[]) =>
    v
      .filter((e) => e != null)
      .map((e) => `'${strval(e)}'`)
      .join(' '),
  ),
  cat: between(0, undefined, (...v: Value[]) =>
    v
      .filter((e) => e != null)
      .map(strval)
      .join(' '),
  ),
  indent: fixed(2, (n, s) => indent(n, text(s))),
  nindent: fixed(2, (n, s) => `\n${indent(n, text(s))}`),
  snakecase: fixed(1, (s) =>
    words(text(s))
      .map((w) => w.toLowerCase())
      .join('_'),
  ),
  kebabcase: fixed(1, (s) =>
    words(text(s))
      .map((w) => w.toLowerCase())
      .join('-'),
  ),
  camelcase: fixed(1, (s) =>
    words(text(s))
      .map((w) => w[0]!.toUpperCase() + w.slice(1))
      .join(''),
  ),
  plural: fixed(3, (one, many, n) => (count(n) === 1 ? one : many)),
  split: fixed(2, (sep, s) => numbered(splitText(text(s), text(sep)))),
  splitList: fixed(2, (sep, s) => splitText(text(s), text(sep))),
  splitn: fixed(3, (sep, n, s) => {
    const parts = splitText(text(s), text(sep));
    const max = count(n);
    const head = max > 0 && parts.length > max ? [...parts.slice(0, max - 1), parts.slice(max - 1).join(text(sep))] : parts;
    return numbered(head);
  }),
  join: fixed(2, (sep, v) => joined(isStruct(v) ? [strval(v)] : list(v).map(strval), text(sep))),
  sortAlpha: fixed(1, (v) => {
    spendSort(list(v).length);
    return list(v).map(strval).sort();
  }),
  toString: fixed(1, strval),
  toStrings: fixed(1, (v) => list(v).map(strval)),
  abbrev: fixed(2, (n, s) => {
    const w = count(n);
    return w < 4 || text(s).length <= w ? text(s) : `${text(s).slice(0, w - 3)}...`;
  }),
};
