// WHERE.
import { createFilter } from '../../exec/filter.ts';
import type { FilterNode } from '../../plan/logical/index.ts';
import type { ChainInput, OperatorMaker } from '../chain.ts';
import { conditionOf } from './condition.ts';

export function makeFilter(n: FilterNode, { ctx }: ChainInput): OperatorMaker {
  const spec = conditionOf(n.condition, ctx);
  return (host, stats, next) => createFilter(spec, host, stats, next);
}
