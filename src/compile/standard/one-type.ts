// Branches of CASE and arguments of coalesce have one type: where one of them is known to be a float, ints become floats.
import type { Expr } from '../../contract/function.ts';
import type { BoundExpr } from '../../plan/bound.ts';
import { commonNumericType, numericTypeOf } from '../../plan/numeric-type.ts';
import type { CompileContext } from '../context.ts';
import { compileExpr } from '../expression.ts';

export function compileOfOneType(all: readonly BoundExpr[], ctx: CompileContext): Expr[] {
  const float = ctx.standard && commonNumericType(all) === 'float';
  return all.map((e) => {
    const expr = compileExpr(e, ctx);
    if (!float || numericTypeOf(e) === 'float') return expr;
    if (e.kind === 'literal') {
      const { value } = e;
      const known = typeof value === 'bigint' ? Number(value) : value;
      return () => known;
    }
    return (t) => {
      const v = expr(t);
      return typeof v === 'bigint' ? Number(v) : v;
    };
  });
}
