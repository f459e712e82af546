// HAVING.
import { formatV } from '../../data/go-format.ts';
import type { Tuple } from '../../data/tuple.ts';
import { createHaving } from '../../exec/having.ts';
import type { HavingNode } from '../../plan/logical/index.ts';
import type { MakerInput, OperatorMaker } from '../chain.ts';
import { compileExpr } from '../expression.ts';
import { failedRows } from '../sample.ts';
import { aggregateCalls } from './aggregate-calls.ts';
import { conditionOf } from './condition.ts';

export function makeHaving(n: HavingNode, { ctx, nodes }: MakerInput): OperatorMaker {
  // aggregates of an ungrouped collection are known to this condition only
  const own = n.grouped ? ctx : { ...ctx, memo: new Map(), filled: new Set(ctx.filled) };
  const calls = aggregateCalls(n.calls, own);
  const spec = conditionOf(n.condition, own);
  const dims = nodes.flatMap((x) => (x.type === 'aggregate' || x.type === 'inc-window' ? x.dims : [])).map((d) => compileExpr(d, ctx));
  const shownKey = (t: Tuple): string => dims.map((d) => formatV(d(t))).join(', ');
  return (host, stats, next) =>
    createHaving({ ...spec, shownKey, calls, grouped: n.grouped, width: ctx.frame.width, failed: failedRows(ctx) }, host, stats, next);
}
