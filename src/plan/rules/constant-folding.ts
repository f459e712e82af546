// Computes what needs no row: `60 * 60`, `upper("a")`. What fails is left as it is, so that the row gets the error. Only plain values are
// folded; functions that prepare something per call do so anyway.

import type { ScalarDefinition } from '../../contract/function.ts';
import { add, bitAnd, bitOr, bitXor, div, mod, mul, sub } from '../../data/arithmetic.ts';
import { eq, ge, gt, le, lt, ne } from '../../data/compare.ts';
import type { Value } from '../../data/value.ts';
import type { BinaryOp } from '../../sql/ast.ts';
import type { BoundCall, BoundExpr, BoundLiteral } from '../bound.ts';
import { rewrite } from '../walk.ts';
import { mapPlan } from './map-plan.ts';
import type { RewriteRule } from './rule.ts';

export const constantFolding: RewriteRule = {
  name: 'constantFolding',
  doc: 'compute constant expressions once',
  apply: (plan) => mapPlan(plan, (e) => rewrite(e, (n) => fold(n, plan.options.timeZone ?? 'UTC'))),
};

function fold(e: BoundExpr, zone: string): BoundExpr {
  try {
    const value = constantOf(e, zone);
    if (value === undefined || (typeof value === 'object' && value !== null)) return e;
    return { kind: 'literal', value, node: 'folded', span: e.span };
  } catch {
    // it fails for every row: the error belongs to the rows, with its text
    return e;
  }
}

const operators: Partial<Record<BinaryOp, (a: Value, b: Value, zone?: string) => Value>> = {
  '+': add,
  '-': sub,
  '*': mul,
  '/': div,
  '%': mod,
  '&': bitAnd,
  '|': bitOr,
  '^': bitXor,
  '=': eq,
  '!=': ne,
  '<': lt,
  '<=': le,
  '>': gt,
  '>=': ge,
};

/** @returns undefined when it cannot be folded */
function constantOf(e: BoundExpr, zone: string): Value {
  if (e.kind === 'binary') {
    const compute = operators[e.op];
    return compute && isLiteral(e.left) && isLiteral(e.right) ? compute(e.left.value, e.right.value, zone) : undefined;
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
