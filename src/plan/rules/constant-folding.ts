// Computes what needs no row: `60 * 60`, `upper("a")`. What fails is left as it is, so that the row gets the error. Only plain values are
// folded; functions that prepare something per call do so anyway.

import type { ScalarDefinition } from '../../contract/function.ts';
import { arithmetic } from '../../data/arithmetic.ts';
import { comparisons } from '../../data/compare.ts';
import type { Value } from '../../data/value.ts';
import type { BinaryOp, BoundCall, BoundExpr, BoundLiteral } from '../bound.ts';
import { isStandard } from '../plan.ts';
import { rewrite } from '../walk.ts';
import { mapPlan } from './map-plan.ts';
import type { RewriteRule } from './rule.ts';

export const constantFolding: RewriteRule = {
  name: 'constantFolding',
  doc: 'compute constant expressions once',
  apply: (plan) => mapPlan(plan, (e) => rewrite(e, (n) => fold(n, plan.options.timeZone ?? 'UTC', isStandard(plan)))),
};

function fold(e: BoundExpr, zone: string, standard: boolean): BoundExpr {
  try {
    const value = constantOf(e, zone, standard);
    if (value === undefined || (typeof value === 'object' && value !== null)) return e;
    return { kind: 'literal', value, node: 'folded', span: e.span };
  } catch {
    // it fails for every row: the error belongs to the rows, with its text
    return e;
  }
}

const WRAPS: readonly BinaryOp[] = ['+', '-', '*', '/'];

/** Without the bounds of int64. */
const exactly = (op: BinaryOp, a: bigint, b: bigint): bigint => (op === '+' ? a + b : op === '-' ? a - b : op === '*' ? a * b : a / b);

/** @returns undefined when it cannot be folded */
function constantOf(e: BoundExpr, zone: string, standard: boolean): Value {
  if (e.kind === 'binary') {
    const compute: ((a: Value, b: Value, zone?: string) => Value) | undefined = arithmetic[e.op] ?? comparisons[e.op];
    if (!compute || !isLiteral(e.left) || !isLiteral(e.right)) return undefined;
    const a = e.left.value;
    const b = e.right.value;
    if (standard && (a == null || b == null)) return undefined;
    const value = compute(a, b, zone);
    // an overflow is an error of the rows
    if (standard && typeof value === 'bigint' && WRAPS.includes(e.op) && value !== exactly(e.op, a as bigint, b as bigint))
      return undefined;
    return value;
  }
  if (e.kind === 'call' && e.def.kind === 'scalar' && e.def.pure && e.def.exec && !e.def.compile) return callValue(e, e.def);
  return undefined;
}

function callValue(e: BoundCall, def: ScalarDefinition): Value {
  if (!e.args.every(isLiteral)) return undefined;
  const values = e.args.map((a) => (a as BoundLiteral).value);
  // null arguments are rare as constants; the compiled call knows the null rules
  if (values.some((v) => v == null)) return undefined;
  return def.exec!(...values) ?? null;
}

const isLiteral = (e: BoundExpr): e is BoundLiteral => e.kind === 'literal';
