// CASE v WHEN x THEN …, CASE WHEN condition THEN …: the first that fits; without one, ELSE or null.
import { isBudgetError } from '../base/budget.ts';
import { messageOf, rowError } from '../base/errors/gateway-error.ts';
import type { Expr } from '../contract/function.ts';
import { eqItem } from '../data/compare.ts';
import { brief } from '../data/go-format.ts';
import type { Tuple } from '../data/tuple.ts';
import type { BoundCase } from '../plan/bound.ts';
import type { CompileContext } from './context.ts';
import { compileExpr } from './expression.ts';
import { compileOfOneType } from './standard/one-type.ts';

export function compileCase(e: BoundCase, ctx: CompileContext): Expr {
  const value = e.value && compileExpr(e.value, ctx);
  const whens = e.whens.map((w) => compileExpr(w.when, ctx));
  const branches = compileOfOneType([...e.whens.map((w) => w.result), ...(e.otherwise ? [e.otherwise] : [])], ctx);
  const results = branches.slice(0, e.whens.length);
  const otherwise = branches[e.whens.length];
  const zone = ctx.env.timeZone;
  const { standard } = ctx;
  const pick = (t: Tuple): number => {
    if (value) {
      const v = value(t);
      if (v == null) return -1; // equals nothing; the WHENs are not asked for
      for (let i = 0; i < whens.length; i++) if (eqItem(v, whens[i]!(t), zone)) return i;
    } else
      for (let i = 0; i < whens.length; i++) {
        const c = whens[i]!(t);
        if (c === true) return i;
        if (standard && c != null && c !== false) throw rowError(`WHEN takes a condition, but found ${brief(c)}`);
      }
    return -1;
  };
  return (t) => {
    let i: number;
    try {
      i = pick(t);
    } catch (error) {
      if (isBudgetError(error)) throw error;
      throw rowError(`evaluate case expression error: ${messageOf(error)}`);
    }
    return i >= 0 ? results[i]!(t) : otherwise ? otherwise(t) : null;
  };
}
