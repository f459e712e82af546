// Numbers of the sprig set: integer arithmetic (add, sub …), float arithmetic (addf …), rounding, conversion.
import { formatV } from '../../data/go-format.ts';
import { type Value, wrapInt64 } from '../../data/value.ts';
import { between, fixed, type TemplateFunction } from './function.ts';

/** Longer texts are not numbers: reading so many digits takes long. */
const MAX_DIGITS = 1000;

/** cast.ToInt64: numbers, numeric text, booleans; everything else 0. */
export function toInt(v: Value): bigint {
  if (typeof v === 'bigint') return v;
  if (typeof v === 'number') return Number.isFinite(v) ? wrapInt64(BigInt(Math.trunc(v))) : 0n;
  if (typeof v === 'boolean') return v ? 1n : 0n;
  if (typeof v === 'string' && v.length > MAX_DIGITS) return 0n;
  if (typeof v === 'string' && /^[+-]?\d+$/.test(v.trim())) return wrapInt64(BigInt(v.trim()));
  if (typeof v === 'string' && /^0(x[0-9a-f]+|b[01]+|o[0-7]+)$/i.test(v)) return wrapInt64(BigInt(v));
  return 0n;
}
/** cast.ToFloat64 */
export function toFloat(v: Value): number {
  if (typeof v === 'number') return v;
  if (typeof v === 'bigint') return Number(v);
  if (typeof v === 'boolean') return v ? 1 : 0;
  if (typeof v === 'string' && /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(v)) return Number(v);
  return 0;
}
const nonZero = (v: bigint): bigint => {
  if (v === 0n) throw new Error('runtime error: integer divide by zero');
  return v;
};
const fold = (first: bigint, rest: readonly Value[], op: (a: bigint, b: bigint) => bigint): bigint =>
  rest.reduce<bigint>((a, b) => wrapInt64(op(a, toInt(b))), first);
const foldFloat = (first: number, rest: readonly Value[], op: (a: number, b: number) => number): number =>
  rest.reduce<number>((a, b) => op(a, toFloat(b)), first);

/** sprig's round: half away from zero (ties from 0.5 up by default). */
function round(v: Value, places: Value, half: Value = 0.5): number {
  const pow = 10 ** Number(toInt(places));
  const digit = pow * toFloat(v);
  const fraction = digit - Math.trunc(digit);
  const rounded = fraction >= toFloat(half) ? Math.ceil(digit) : Math.floor(digit);
  return rounded / pow;
}

export const mathFunctions: Record<string, TemplateFunction> = {
  add: between(1, undefined, (...v: Value[]) => fold(0n, v, (a, b) => a + b)),
  add1: fixed(1, (v) => toInt(v) + 1n),
  sub: fixed(2, (a, b) => wrapInt64(toInt(a) - toInt(b))),
  mul: between(1, undefined, (a: Value, ...v: Value[]) => fold(toInt(a), v, (x, y) => x * y)),
  div: fixed(2, (a, b) => toInt(a) / nonZero(toInt(b))),
  mod: fixed(2, (a, b) => toInt(a) % nonZero(toInt(b))),
  addf: between(1, undefined, (...v: Value[]) => foldFloat(0, v, (a, b) => a + b)),
  add1f: fixed(1, (v) => toFloat(v) + 1),
  subf: between(1, undefined, (a: Value, ...v: Value[]) => foldFloat(toFloat(a), v, (x, y) => x - y)),
  mulf: between(1, undefined, (a: Value, ...v: Value[]) => foldFloat(toFloat(a), v, (x, y) => x * y)),
  divf: between(1, undefined, (a: Value, ...v: Value[]) => foldFloat(toFloat(a), v, (x, y) => x / y)),
  max: between(1, undefined, (a: Value, ...v: Value[]) => v.reduce<bigint>((m, e) => (toInt(e) > m ? toInt(e) : m), toInt(a))),
  min: between(1, undefined, (a: Value, ...v: Value[]) => v.reduce<bigint>((m, e) => (toInt(e) < m ? toInt(e) : m), toInt(a))),
  maxf: between(1, undefined, (...v: Value[]) => Math.max(...v.map(toFloat))),
  minf: between(1, undefined, (...v: Value[]) => Math.min(...v.map(toFloat))),
  round: between(2, 3, round),
  floor: fixed(1, (v) => Math.floor(toFloat(v))),
  ceil: fixed(1, (v) => Math.ceil(toFloat(v))),
  int: fixed(1, toInt),
  int64: fixed(1, toInt),
  toInt64: fixed(1, toInt),
  atoi: fixed(1, toInt),
  float64: fixed(1, toFloat),
  toDecimal: fixed(1, (v) => {
    const digits = formatV(v);
    return digits.length <= MAX_DIGITS && /^-?[0-7]+$/.test(digits) ? BigInt(Number.parseInt(digits, 8)) : 0n;
  }),
  until: fixed(1, (n) => sequence(0n, toInt(n), toInt(n) < 0n ? -1n : 1n)),
  untilStep: fixed(3, (a, b, step) => sequence(toInt(a), toInt(b), toInt(step))),
};

function sequence(from: bigint, to: bigint, step: bigint): Value[] {
  const out: Value[] = [];
  if (step === 0n) return out;
  for (let i = from; step > 0n ? i < to : i > to; i += step) {
    if (out.length >= 100_000) throw new Error('the list would be longer than 100000 items');
    out.push(i);
  }
  return out;
}
