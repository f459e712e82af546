// WHERE.
import { createEarlyFilter } from '../../exec/early-filter.ts';
import { createFilter } from '../../exec/filter.ts';
import type { FilterNode } from '../../plan/logical/index.ts';
import type { MakerInput, OperatorMaker } from '../chain.ts';
import { compileExpr } from '../expression.ts';
import { failedRows } from '../sample.ts';
import { conditionOf } from './condition.ts';

export function makeFilter(n: FilterNode, { ctx }: MakerInput): OperatorMaker {
  if (n.early !== undefined) {
    const spec = { condition: compileExpr(n.condition, ctx), present: ctx.frame.present(n.early) };
    return (_host, stats, next) => createEarlyFilter(spec, stats, next);
  }
  const spec = conditionOf(n.condition, ctx);
  return (host, stats, next) => createFilter({ ...spec, failed: failedRows(ctx) }, host, stats, next);
}
