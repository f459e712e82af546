// lag(), latest() and their kind.
import type { AnalyticDefinition } from '../../contract/function.ts';
import { type AnalyticCall, createAnalytic } from '../../exec/analytic.ts';
import type { AnalyticNode } from '../../plan/logical/index.ts';
import { ekuiperText } from '../../plan/text.ts';
import { argsOf, siteOf } from '../call.ts';
import type { MakerInput, OperatorMaker } from '../chain.ts';
import { compileExpr } from '../expression.ts';
import { failedRows } from '../sample.ts';

export function makeAnalytic(n: AnalyticNode, { ctx, plan }: MakerInput): OperatorMaker {
  const { keyLimits } = plan.options;
  const seen = new Map<string, number>();
  const calls = n.calls.map((c): AnalyticCall => {
    const text = ekuiperText(c, ctx.names) + (c.over?.partitionBy ?? []).map((p) => ekuiperText(p, ctx.names)).join(',');
    const count = seen.get(text) ?? 0;
    seen.set(text, count + 1);
    const call: AnalyticCall = {
      key: `${text}#${count}`,
      def: c.def as AnalyticDefinition,
      site: siteOf(c, ctx),
      args: argsOf(c, ctx),
      partitionBy: c.over?.partitionBy.map((p) => compileExpr(p, ctx)) ?? [],
      when: c.over?.when && compileExpr(c.over.when, ctx),
      slot: ctx.frame.slot(c.slot!),
    };
    // readable from here on, also by outer calls of this node
    ctx.filled.add(c.slot!.id);
    return call;
  });
  const isSuspended = ctx.outside && (() => ctx.outside!.suspended);
  const failed = failedRows(ctx);
  return (host, stats, next) => createAnalytic(calls, host, stats, next, isSuspended, failed, keyLimits, plan.options.isEventTime === true);
}
