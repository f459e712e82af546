// Aggregates in WHERE.
import { createAggFunc } from '../../exec/agg-func.ts';
import type { AggFuncNode } from '../../plan/logical/index.ts';
import type { MakerInput, OperatorMaker } from '../chain.ts';
import { failedRows } from '../sample.ts';
import { aggregateCalls } from './aggregate-calls.ts';

export function makeAggFunc(n: AggFuncNode, { ctx }: MakerInput): OperatorMaker {
  const calls = aggregateCalls(n.calls, ctx);
  return (host, stats, next) => createAggFunc({ calls, width: ctx.frame.width, failed: failedRows(ctx) }, host, stats, next);
}
