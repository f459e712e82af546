// `column < literal`: the hot path. Numbers are compared as numbers without a call; every other kind takes the general way.
// In standard SQL a null beside a literal is null. An int literal up to 2^53 compares with a float column exactly as its float does.
import type { Expr } from '../contract/function.ts';
import { eq, ge, gt, le, lt, ne } from '../data/compare.ts';
import type { Value } from '../data/value.ts';
import type { BinaryOp, BoundBinary, BoundExpr } from '../plan/bound.ts';
import type { CompileContext } from './context.ts';

/** @returns undefined when the expression has another shape */
export function compileColumnComparison(e: BoundBinary, ctx: CompileContext): Expr | undefined {
  if (e.left.kind !== 'column' || e.right.kind !== 'literal' || ctx.anyCase.has(e.left.input)) return undefined;
  const slot = ctx.frame.column(e.left.input, e.left.name);
  const literal = e.right.value;
  const zone = ctx.env.timeZone;
  const n = exactNumber(e.right);
  const general = generalWay(e.op, literal, zone, ctx.standard);
  if (!general) return undefined;
  if (n !== undefined) return numberComparison(e, slot, n, general);
  if (typeof literal === 'string') {
    if (e.op === '=') return (t) => (typeof t.cols[slot] === 'string' ? t.cols[slot] === literal : general(t.cols[slot]));
    if (e.op === '!=') return (t) => (typeof t.cols[slot] === 'string' ? t.cols[slot] !== literal : general(t.cols[slot]));
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

const operators: Partial<Record<BinaryOp, (a: Value, b: Value, zone: string) => boolean>> = {
  '=': eq,
  '!=': ne,
  '<': lt,
  '<=': le,
  '>': gt,
  '>=': ge,
};

/** The comparison for values of any kind. */
function generalWay(op: BinaryOp, literal: Value, zone: string, standard: boolean): ((v: Value) => boolean | null) | undefined {
  const compare = operators[op];
  if (!compare) return undefined;
  return standard ? (v) => (v == null ? null : compare(v, literal, zone)) : (v) => compare(v, literal, zone);
}

function numberComparison(e: BoundBinary, slot: number, n: number, general: (v: Value) => boolean | null): Expr | undefined {
  switch (e.op) {
    case '=':
      return (t) => {
        const v = t.cols[slot];
        return typeof v === 'number' ? v === n : general(v);
      };
    case '!=':
      return (t) => {
        const v = t.cols[slot];
        return typeof v === 'number' ? v !== n : general(v);
      };
    case '<':
      return (t) => {
        const v = t.cols[slot];
        return typeof v === 'number' ? v < n : general(v);
      };
    case '<=':
      return (t) => {
        const v = t.cols[slot];
        return typeof v === 'number' ? v <= n : general(v);
      };
    case '>':
      return (t) => {
        const v = t.cols[slot];
        return typeof v === 'number' ? v > n : general(v);
      };
    case '>=':
      return (t) => {
        const v = t.cols[slot];
        return typeof v === 'number' ? v >= n : general(v);
      };
    default:
      return undefined;
  }
}
