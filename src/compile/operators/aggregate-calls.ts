// Aggregate calls as operators take them: arguments compiled, a slot for the result, which is readable from then on.
import type { AggregateDefinition } from '../../contract/function.ts';
import type { AggregateCall } from '../../exec/operator.ts';
import type { BoundCall } from '../../plan/bound.ts';
import { aggregateArgs } from '../aggregate-args.ts';
import { siteOf } from '../call.ts';
import type { CompileContext } from '../context.ts';
import { compileExpr } from '../expression.ts';

export function aggregateCalls(calls: readonly BoundCall[], ctx: CompileContext): AggregateCall[] {
  const out = calls.map(
    (c): AggregateCall => ({
      def: c.def as AggregateDefinition,
      site: siteOf(c, ctx),
      args: aggregateArgs(c, ctx),
      filter: c.filter && compileExpr(c.filter, ctx),
      slot: ctx.frame.slot(c.slot!),
    }),
  );
  for (const c of calls) ctx.filled.add(c.slot!.id);
  return out;
}
