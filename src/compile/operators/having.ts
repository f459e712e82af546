// HAVING.
import { createHaving } from '../../exec/having.ts';
import type { HavingNode } from '../../plan/logical/index.ts';
import type { MakerInput, OperatorMaker } from '../chain.ts';
import { aggregateCalls } from './aggregate-calls.ts';
import { conditionOf } from './condition.ts';

export function makeHaving(n: HavingNode, { ctx }: MakerInput): OperatorMaker {
  // aggregates of an ungrouped collection are known to this condition only
  const own = n.grouped ? ctx : { ...ctx, memo: new Map(), filled: new Set(ctx.filled) };
  const calls = aggregateCalls(n.calls, own);
  const spec = conditionOf(n.condition, own);
  return (host, stats, next) => createHaving({ ...spec, calls, grouped: n.grouped, width: ctx.frame.width }, host, stats, next);
}
