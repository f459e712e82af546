// An aggregate without a window: the fold of a single row, made where the call stands.
import { inFunction } from '../base/budget.ts';
import type { AggregateDefinition, Expr } from '../contract/function.ts';
import type { BoundCall } from '../plan/bound.ts';
import { aggregateArgs } from './aggregate-args.ts';
import { siteOf } from './call.ts';
import type { CompileContext } from './context.ts';
import { compileExpr } from './expression.ts';

export function aggregateOfRow(e: BoundCall, def: AggregateDefinition, ctx: CompileContext): Expr {
  const args = aggregateArgs(e, ctx);
  const site = siteOf(e, ctx);
  const filter = e.filter && compileExpr(e.filter, ctx);
  const expr: Expr = (t) => {
    try {
      const state = def.init(site);
      return def.result(filter && filter(t) !== true ? state : def.add(state, ...args.map((a) => a(t))), site);
    } catch (error) {
      throw inFunction(error, def.name);
    }
  };
  return ctx.outside && def.group === 'plugin' && def.outside === undefined ? ctx.outside.once(expr) : expr;
}
