// Aggregate calls as operators take them: arguments compiled, a slot for the result, which is readable from then on.
import type { AggregateDefinition, CallSite } from '../../contract/function.ts';
import type { AggregateCall } from '../../exec/operator.ts';
import type { BoundCall } from '../../plan/bound.ts';
import { aggregateArgs } from '../aggregate-args.ts';
import { siteOf } from '../call.ts';
import type { CompileContext } from '../context.ts';
import { compileExpr } from '../expression.ts';

/** A plugin's aggregate has effects in its result; where an operator may be run again they happen once. */
function onceOnly(def: AggregateDefinition, ctx: CompileContext): AggregateDefinition {
  if (!ctx.outside || def.group !== 'plugin' || def.outside !== undefined) return def;
  let state: unknown;
  let site: CallSite | undefined;
  const result = ctx.outside.once(() => def.result(state, site!));
  return {
    ...def,
    result(s, at) {
      state = s;
      site = at;
      // the row does not matter: the state holds everything
      return result(undefined as never);
    },
  };
}

export function aggregateCalls(calls: readonly BoundCall[], ctx: CompileContext): AggregateCall[] {
  const out = calls.map(
    (c): AggregateCall => ({
      def: onceOnly(c.def as AggregateDefinition, ctx),
      site: siteOf(c, ctx),
      args: aggregateArgs(c, ctx),
      filter: c.filter && compileExpr(c.filter, ctx),
      slot: ctx.frame.slot(c.slot!),
    }),
  );
  for (const c of calls) ctx.filled.add(c.slot!.id);
  return out;
}
