// Calls. Scalars become closures here; results of aggregates, analytic and window functions are read from the slot that their operator
// has filled. Without a window an aggregate is computed from the one row, as eKuiper does.

import { inFunction } from '../base/budget.ts';
import { GatewayError } from '../base/errors/gateway-error.ts';
import type { CallSite, Expr } from '../contract/function.ts';
import type { BoundCall } from '../plan/bound.ts';
import { ekuiperText } from '../plan/text.ts';
import { aggregateOfRow } from './aggregate-of-row.ts';
import type { CompileContext } from './context.ts';
import { compileExpr } from './expression.ts';
import { compileHit } from './hit.ts';
import { compileScalar } from './scalar.ts';

export function compileCall(e: BoundCall, ctx: CompileContext): Expr {
  const { def } = e;
  if (e.slot && ctx.filled.has(e.slot.id)) {
    const slot = ctx.frame.slot(e.slot);
    return (t) => t.cols[slot];
  }
  switch (def.kind) {
    case 'scalar':
      return compileScalar(e, def, ctx);
    case 'aggregate':
      return def.hit ? compileHit(e, ctx) : aggregateOfRow(e, def, ctx);
    case 'analytic':
      if (def.afterWhere) return compileHit(e, ctx);
      break;
    case 'table': {
      const args = argsOf(e, ctx);
      return (t) => {
        try {
          return def.rows(...args.map((a) => a(t)));
        } catch (error) {
          throw inFunction(error, def.name);
        }
      };
    }
    case 'window':
      if (def.compile) return def.compile(argsOf(e, ctx), siteOf(e, ctx));
      break;
  }
  throw new GatewayError('INTERNAL', { text: `nothing computes ${e.name}` });
}

export const argsOf = (e: BoundCall, ctx: CompileContext): Expr[] => e.args.map((a) => compileExpr(a, ctx));

/** What a function is told about the place of its call. The store is made now, so that it is there when a checkpoint is loaded. */
export function siteOf(e: BoundCall, ctx: CompileContext): CallSite {
  const site = { name: e.name, args: e.facts, env: ctx.env, standard: ctx.standard };
  return e.def.keepsState ? { ...site, state: ctx.states.store(stateKey(e, ctx)) } : site;
}

/** Key of the call's state in the checkpoint. */
export const stateKey = (e: BoundCall, ctx: CompileContext): string =>
  ctx.states.keyOf(e.id, ekuiperText(e, ctx.names) + (e.over?.partitionBy ?? []).map((p) => ekuiperText(p, ctx.names)).join(','));
