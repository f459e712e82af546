// Operators of the expressions inside JSON paths, with their binding strength. Each tries its operands as they are (two numbers, two
// booleans, two texts) and then converted, in the order that eKuiper's library has. Called by parser.ts.
import { reserveText, spend } from '../../base/budget.ts';
import { deepEqual } from '../compare.ts';
import { formatV, goTypeName } from '../go-format.ts';
import { compileRegex, type Regex } from '../regex.ts';
import { compareText } from '../text.ts';
import type { Value } from '../value.ts';
import { isZero, toBoolean, toNumber } from './convert.ts';
import { type Evaluable, PathFailure } from './scope.ts';

export interface Operator {
  /** Higher binds tighter; all bind to the left. */
  readonly precedence: number;
  readonly build: (left: Evaluable, right: Evaluable) => Evaluable;
}

interface Typed {
  number?(a: number, b: number): Value;
  boolean?(a: boolean, b: boolean): Value;
  text?(a: string, b: string): Value;
  any?(a: Value, b: Value): Value;
}

export const operators: Readonly<Record<string, Operator>> = {
  '??': { precedence: 0, build: (left, right) => (scope) => orElse(left(scope), () => right(scope)) },
  '||': { precedence: 20, build: (left, right) => (scope) => logic(left(scope), '||', () => right(scope)) },
  '&&': { precedence: 21, build: (left, right) => (scope) => logic(left(scope), '&&', () => right(scope)) },
  '==': typed(40, '==', { number: (a, b) => a === b, boolean: (a, b) => a === b, any: deepEqual }),
  '!=': typed(40, '!=', { number: (a, b) => a !== b, boolean: (a, b) => a !== b, any: (a, b) => !deepEqual(a, b) }),
  '<': typed(40, '<', { number: (a, b) => a < b, text: (a, b) => compareText(a, b) < 0 }),
  '<=': typed(40, '<=', { number: (a, b) => a <= b, text: (a, b) => compareText(a, b) <= 0 }),
  '>': typed(40, '>', { number: (a, b) => a > b, text: (a, b) => compareText(a, b) > 0 }),
  '>=': typed(40, '>=', { number: (a, b) => a >= b, text: (a, b) => compareText(a, b) >= 0 }),
  '=~': { precedence: 40, build: (left, right) => matching(left, right, true) },
  '!~': { precedence: 40, build: (left, right) => matching(left, right, false) },
  in: { precedence: 40, build: (left, right) => (scope) => isIn(left(scope), right(scope)) },
  '^': typed(60, '^', { number: bits((a, b) => a ^ b) }),
  '&': typed(60, '&', { number: bits((a, b) => a & b) }),
  '|': typed(60, '|', { number: bits((a, b) => a | b) }),
  '<<': typed(90, '<<', { number: bits((a, b) => (b > 63n ? 0n : a << b)) }),
  '>>': typed(90, '>>', { number: bits((a, b) => a >> b) }),
  '+': typed(120, '+', { number: (a, b) => a + b, text: joined }),
  '-': typed(120, '-', { number: (a, b) => a - b }),
  '*': typed(150, '*', { number: (a, b) => a * b }),
  '/': typed(150, '/', { number: (a, b) => a / b }),
  '%': typed(150, '%', { number: (a, b) => a % b }),
  '**': typed(200, '**', { number: (a, b) => a ** b }),
};

function joined(a: string, b: string): string {
  if (a.length + b.length > 1024) reserveText(a.length + b.length);
  return a + b;
}

function typed(precedence: number, name: string, forms: Typed): Operator {
  const compute = (a: Value, b: Value): Value => {
    if (forms.number && typeof a === 'number' && typeof b === 'number') return forms.number(a, b);
    if (forms.boolean && typeof a === 'boolean' && typeof b === 'boolean') return forms.boolean(a, b);
    if (forms.text && typeof a === 'string' && typeof b === 'string') return forms.text(a, b);
    return converted(forms, a, b) ?? fallback(forms, a, name, b);
  };
  return { precedence, build: (left, right) => (scope) => compute(left(scope), right(scope)) };
}

function converted(forms: Typed, a: Value, b: Value): Value {
  if (forms.number) {
    const x = toNumber(a);
    const y = toNumber(b);
    if (x !== undefined && y !== undefined) return forms.number(x, y);
  }
  if (forms.boolean) {
    const x = toBoolean(a);
    const y = toBoolean(b);
    if (x !== undefined && y !== undefined) return forms.boolean(x, y);
  }
  return forms.text && a != null && b != null ? forms.text(formatV(a), formatV(b)) : undefined;
}

function fallback(forms: Typed, a: Value, name: string, b: Value): Value {
  if (forms.any) return forms.any(a, b);
  throw new PathFailure(`invalid operation (${goTypeName(a)}) ${name} (${goTypeName(b)})`);
}

/** Bit operations work on whole numbers, of which a float keeps 53 bits. */
function bits(compute: (a: bigint, b: bigint) => bigint): (a: number, b: number) => number {
  return (a, b) => {
    if (!Number.isFinite(a) || !Number.isFinite(b)) throw new PathFailure('bit operations need finite numbers');
    return Number(BigInt.asIntN(64, compute(BigInt(Math.trunc(a)), BigInt(Math.trunc(b)))));
  };
}

function logic(a: Value, name: '&&' | '||', right: () => Value): boolean {
  if (typeof a === 'boolean' && a === (name === '||')) return a;
  const b = right();
  const x = toBoolean(a);
  const y = toBoolean(b);
  if (x === undefined || y === undefined) throw new PathFailure(`invalid operation (${goTypeName(a)}) ${name} (${goTypeName(b)})`);
  return name === '&&' ? x && y : x || y;
}

const orElse = (a: Value, right: () => Value): Value => (isZero(a) ? right() : a);

/** The pattern is nearly always the same: it is compiled when it changes only. */
function matching(left: Evaluable, right: Evaluable, wanted: boolean): Evaluable {
  let source: string | undefined;
  let regex: Regex;
  return (scope) => {
    const text = formatV(left(scope));
    const pattern = formatV(right(scope));
    if (pattern !== source) {
      regex = compileRegex(pattern);
      source = pattern;
    }
    return regex.test(text) === wanted;
  };
}

function isIn(a: Value, list: Value): boolean {
  if (!Array.isArray(list)) throw new PathFailure(`expected type []interface{} for in operator but got ${goTypeName(list)}`);
  spend(list.length);
  return list.some((item) => deepEqual(a, item));
}
