// GROUP BY and aggregates over collections.
import { createAggregate } from '../../exec/aggregate.ts';
import type { AggregateNode } from '../../plan/logical/index.ts';
import type { MakerInput, OperatorMaker } from '../chain.ts';
import { aggregateSpec } from './aggregate-spec.ts';

export function makeAggregate(n: AggregateNode, input: MakerInput): OperatorMaker {
  const spec = aggregateSpec(n.dims, n.calls, input);
  return (host, stats, next) => createAggregate(spec, host, stats, next);
}
