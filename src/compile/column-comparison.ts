// `column < literal`: the hot path. Numbers are compared as numbers without a call; every other kind takes the general way.
// An int literal up to 2^53 compares with a float column exactly as its float does.
import type { Expr } from '../contract/function.ts';
import { eq, ge, gt, le, lt, ne } from '../data/compare.ts';
import type { Value } from '../data/value.ts';
import type { BoundBinary, BoundExpr } from '../plan/bound.ts';
import type { CompileContext } from './context.ts';

/** @returns undefined when the expression has another shape */
export function compileColumnComparison(e: BoundBinary, ctx: CompileContext): Expr | undefined {
  if (e.left.kind !== 'column' || e.right.kind !== 'literal' || ctx.anyCase.has(e.left.input)) return undefined;
  const slot = ctx.frame.column(e.left.input, e.left.name);
  const literal = e.right.value;
  const zone = ctx.env.timeZone;
  const n = exactNumber(e.right);
  if (n !== undefined) return numberComparison(e, slot, literal, n, zone);
  if (typeof literal === 'string') {
    if (e.op === '=') return (t) => (typeof t.cols[slot] === 'string' ? t.cols[slot] === literal : eq(t.cols[slot], literal, zone));
    if (e.op === '!=') return (t) => (typeof t.cols[slot] === 'string' ? t.cols[slot] !== literal : ne(t.cols[slot], literal, zone));
  }
  return undefined;
}

/** A numeric literal as a float when nothing is lost by it; undefined for everything else. */
export function exactNumber(e: BoundExpr): number | undefined {
  if (e.kind !== 'literal') return undefined;
  if (typeof e.value === 'number') return e.value;
  if (typeof e.value !== 'bigint') return undefined;
  const n = Number(e.value);
  return Number.isSafeInteger(n) ? n : undefined;
}

function numberComparison(e: BoundBinary, slot: number, literal: Value, n: number, zone: string): Expr | undefined {
  switch (e.op) {
    case '=':
      return (t) => {
        const v = t.cols[slot];
        return typeof v === 'number' ? v === n : eq(v, literal, zone);
      };
    case '!=':
      return (t) => {
        const v = t.cols[slot];
        return typeof v === 'number' ? v !== n : ne(v, literal, zone);
      };
    case '<':
      return (t) => {
        const v = t.cols[slot];
        return typeof v === 'number' ? v < n : lt(v, literal, zone);
      };
    case '<=':
      return (t) => {
        const v = t.cols[slot];
        return typeof v === 'number' ? v <= n : le(v, literal, zone);
      };
    case '>':
      return (t) => {
        const v = t.cols[slot];
        return typeof v === 'number' ? v > n : gt(v, literal, zone);
      };
    case '>=':
      return (t) => {
        const v = t.cols[slot];
        return typeof v === 'number' ? v >= n : ge(v, literal, zone);
      };
    default:
      return undefined;
  }
}
