// Functions of Go's text/template itself: and or not len index slice print printf println html js urlquery eq ne lt le gt ge call-free.

import { reserveText } from '../../base/budget.ts';
import { deepEqual } from '../../data/compare.ts';
import { formatV, goTypeName } from '../../data/go-format.ts';
import { compareText } from '../../data/text.ts';
import { isStruct, kindOf, type Value } from '../../data/value.ts';
import { isTrue } from '../compile.ts';
import { between, fixed, type TemplateFunction } from './function.ts';
import { sprintf } from './printf.ts';

const incompatible = () => new Error('incompatible types for comparison');

/** Go's basic kinds; numbers of different kinds do not compare (int with float is an error, as in Go). */
function basicKind(v: Value): string {
  const kind = kindOf(v);
  if (kind === 'array' || kind === 'struct' || kind === 'bytea') throw new Error('non-comparable type');
  return kind;
}

function equal(a: Value, b: Value): boolean {
  const ka = kindOf(a);
  const kb = kindOf(b);
  if (ka === 'null' || kb === 'null') return ka === kb;
  if (basicKind(a) !== basicKind(b)) throw incompatible();
  return deepEqual(a, b);
}

function less(a: Value, b: Value): boolean {
  const ka = basicKind(a);
  if (ka !== basicKind(b)) throw incompatible();
  if (ka === 'string') return compareText(a as string, b as string) < 0;
  if (ka === 'float' || ka === 'bigint') return (a as number) < (b as number);
  throw new Error('invalid type for comparison');
}

const length = (v: Value): bigint => {
  if (typeof v === 'string') return BigInt(Buffer.byteLength(v));
  if (Array.isArray(v) || v instanceof Uint8Array) return BigInt(v.length);
  if (isStruct(v)) return BigInt(Object.keys(v).length);
  throw new Error(v === null || v === undefined ? 'len of nil pointer' : `len of type ${goTypeName(v)}`);
};

function whole(v: Value): number {
  if (typeof v === 'bigint') return Number(v);
  throw new Error(
    v === null || v === undefined ? 'cannot index slice/array with nil' : `cannot index slice/array with type ${goTypeName(v)}`,
  );
}

function index(v: Value, ...keys: Value[]): Value {
  let item = v;
  for (const key of keys) {
    if (item === null || item === undefined) throw new Error('index of untyped nil');
    if (Array.isArray(item) || typeof item === 'string' || item instanceof Uint8Array) {
      const i = whole(key);
      const list: ArrayLike<Value> = typeof item === 'string' ? Buffer.from(item) : item;
      if (i < 0 || i >= list.length) throw new Error(`index out of range: ${i}`);
      const e = list[i];
      item = typeof e === 'number' && !Array.isArray(item) ? BigInt(e) : e;
    } else if (isStruct(item)) {
      if (typeof key !== 'string') throw new Error(`value has type ${goTypeName(key)}; should be string`);
      item = Object.hasOwn(item, key) ? item[key] : undefined;
    } else throw new Error(`can't index item of type ${goTypeName(item)}`);
  }
  return item;
}

function slice(v: Value, ...bounds: Value[]): Value {
  if (typeof v !== 'string' && !Array.isArray(v)) throw new Error(`can't slice item of type ${goTypeName(v)}`);
  const list = typeof v === 'string' ? Buffer.from(v) : v;
  const from = bounds[0] === undefined ? 0 : whole(bounds[0]);
  const to = bounds[1] === undefined ? list.length : whole(bounds[1]);
  if (from < 0 || to > list.length || from > to) throw new Error(`index out of range: ${from > to ? from : to}`);
  return typeof v === 'string' ? (list as Buffer).subarray(from, to).toString() : v.slice(from, to);
}

/** fmt.Sprint: blanks between operands when neither is a string. */
export function sprint(values: readonly Value[]): string {
  let out = '';
  values.forEach((v, i) => {
    if (i > 0 && typeof v !== 'string' && typeof values[i - 1] !== 'string') out += ' ';
    const piece = v === null || v === undefined ? '<nil>' : formatV(v);
    if (piece.length > 64) reserveText(piece.length);
    out += piece;
  });
  return out;
}

/** What html, js and urlquery escape: nil alone is `<no value>`, as in `{{.x}}`. */
const shown = (values: readonly Value[]): string => (values.length === 1 && values[0] == null ? '<no value>' : sprint(values));

const htmlEscapes: Record<string, string> = { '<': '&lt;', '>': '&gt;', '&': '&amp;', "'": '&#39;', '"': '&#34;', '\u0000': '\uFFFD' };
const jsEscapes: Record<string, string> = {
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
  '<': '\\u003C',
  '>': '\\u003E',
  '&': '\\u0026',
  '=': '\\u003D',
};

export const coreFunctions: Record<string, TemplateFunction> = {
  and: {
    min: 1,
    lazy: (args) => {
      let v: Value;
      for (const a of args) {
        v = a();
        if (!isTrue(v)) return v;
      }
      return v;
    },
  },
  or: {
    min: 1,
    lazy: (args) => {
      let v: Value;
      for (const a of args) {
        v = a();
        if (isTrue(v)) return v;
      }
      return v;
    },
  },
  not: fixed(1, (v) => !isTrue(v)),
  len: fixed(1, length),
  index: between(1, undefined, index),
  slice: between(1, 4, slice),
  print: between(0, undefined, (...v: Value[]) => sprint(v)),
  println: between(0, undefined, (...v: Value[]) => `${v.map((e) => (e == null ? '<nil>' : formatV(e))).join(' ')}\n`),
  printf: between(1, undefined, (format: Value, ...v: Value[]) => {
    if (typeof format !== 'string') throw new Error('the format must be a string');
    return sprintf(format, v);
  }),
  html: between(1, undefined, (...v: Value[]) => shown(v).replace(/[<>&'"\0]/g, (c) => htmlEscapes[c]!)),
  js: between(1, undefined, (...v: Value[]) =>
    shown(v).replace(/[\\'"<>&=\p{Cc}]/gu, (c) => jsEscapes[c] ?? `\\u${c.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`),
  ),
  urlquery: between(1, undefined, (...v: Value[]) =>
    encodeURIComponent(shown(v))
      .replace(/%20/g, '+')
      .replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`),
  ),
  eq: between(2, undefined, (a: Value, ...rest: Value[]) => rest.some((b) => equal(a, b))),
  ne: fixed(2, (a: Value, b: Value) => !equal(a, b)),
  lt: fixed(2, less),
  le: fixed(2, (a: Value, b: Value) => less(a, b) || equal(a, b)),
  gt: fixed(2, (a: Value, b: Value) => !(less(a, b) || equal(a, b))),
  ge: fixed(2, (a: Value, b: Value) => !less(a, b)),
};
