// row_number().
import type { WindowFunctionDefinition } from '../../contract/function.ts';
import { createWindowFunction } from '../../exec/window-function.ts';
import type { WindowFuncNode } from '../../plan/logical/index.ts';
import type { MakerInput, OperatorMaker } from '../chain.ts';
import { compileExpr } from '../expression.ts';
import { failedRows } from '../sample.ts';

export function makeWindowFunc(n: WindowFuncNode, { ctx }: MakerInput): OperatorMaker {
  const { over } = n.call;
  const items = over?.orderBy.map((s) => ({ value: compileExpr(s.expr, ctx), descending: s.descending })) ?? [];
  const spec = {
    def: n.call.def as WindowFunctionDefinition,
    partitionBy: over?.partitionBy.map((p) => compileExpr(p, ctx)) ?? [],
    order: items.length > 0 ? { items, timeZone: ctx.env.timeZone } : undefined,
    slot: ctx.frame.slot(n.call.slot!),
    args: n.call.args.map((a) => compileExpr(a, ctx)),
    failed: failedRows(ctx),
  };
  ctx.filled.add(n.call.slot!.id);
  return (host, stats, next) => createWindowFunction(spec, host, stats, next);
}
