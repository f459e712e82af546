// Values that are computed at most once per row and kept in a slot: aliases and shared subexpressions. Where nothing was planned to be
// kept, an alias is simply its expression.
import type { Expr } from '../contract/function.ts';
import type { BoundAliasRef, BoundShared, PlanSlot } from '../plan/bound.ts';
import type { CompileContext } from './context.ts';
import { compileExpr } from './expression.ts';

export function compileAlias(e: BoundAliasRef, ctx: CompileContext): Expr {
  const known = ctx.memo.get(e.alias);
  if (known) return known;
  const expr = compileExpr(e.alias.expr, ctx);
  const made = e.alias.cache && ctx.keep ? kept(expr, e.alias.cache, ctx) : expr;
  ctx.memo.set(e.alias, made);
  return made;
}

export function compileShared(e: BoundShared, ctx: CompileContext): Expr {
  if (ctx.filled.has(e.slot.id)) {
    const slot = ctx.frame.slot(e.slot);
    return (t) => t.cols[slot];
  }
  return ctx.keep ? compileKept(e, ctx) : compileExpr(e.expr, ctx);
}

/** Keeps the value in the row whatever the context says: for the operator that fills the slot. */
export const compileKept = (e: BoundShared, ctx: CompileContext): Expr => kept(compileExpr(e.expr, ctx), e.slot, ctx);

/** An absent value is kept as null, so that `undefined` in the slot means "not computed yet". */
function kept(expr: Expr, planSlot: PlanSlot, ctx: CompileContext): Expr {
  const slot = ctx.frame.slot(planSlot);
  return (t) => {
    const v = t.cols[slot];
    if (v !== undefined) return v;
    const computed = expr(t);
    t.cols[slot] = computed ?? null;
    return computed;
  };
}
