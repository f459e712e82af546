// Grouping and aggregates as the aggregation operators take them.
import type { AggregateSpec } from '../../exec/operator.ts';
import type { BoundCall, BoundExpr } from '../../plan/bound.ts';
import type { MakerInput } from '../chain.ts';
import { compileExpr } from '../expression.ts';
import { failedRows } from '../sample.ts';
import { aggregateCalls } from './aggregate-calls.ts';

export function aggregateSpec(dims: readonly BoundExpr[], calls: readonly BoundCall[], { ctx, ownRows }: MakerInput): AggregateSpec {
  const { frame } = ctx;
  const base = ownRows ? undefined : frame.base;
  const spec = { dims: dims.map((d) => compileExpr(d, ctx)), calls: aggregateCalls(calls, ctx), base, failed: failedRows(ctx) };
  // operators above may add slots; the width is final when the operator is made
  return {
    ...spec,
    get width() {
      return frame.width;
    },
  };
}
