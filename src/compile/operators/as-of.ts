// ASOF JOIN.
import { createAsOfJoin } from '../../exec/as-of-join.ts';
import type { AsOfNode } from '../../plan/logical/index.ts';
import type { MakerInput, OperatorMaker } from '../chain.ts';
import { compileExpr } from '../expression.ts';
import { keptMeta, keptSlots } from './kept.ts';

export function makeAsOf({ join }: AsOfNode, input: MakerInput): OperatorMaker {
  const { frame } = input.ctx;
  // a value that a row of one side kept would be wrong for both
  const ctx = { ...input.ctx, keep: false };
  const { keyLimits, isEventTime } = input.plan.options;
  const spec = {
    left: frame.inputs.filter((i) => i < join.source).map((i) => frame.present(i)!),
    right: frame.present(join.source)!,
    slots: frame.slotsOf(join.source),
    leftKeys: join.leftKeys.map((k) => compileExpr(k, ctx)),
    rightKeys: join.rightKeys.map((k) => compileExpr(k, ctx)),
    rest: join.rest && compileExpr(join.rest, ctx),
    outer: join.outer,
    keep: keptSlots(input),
    keepMeta: keptMeta(input),
    keyLimits,
    eventTime: isEventTime === true,
  };
  return (host, stats, next) => createAsOfJoin(spec, host, stats, next);
}
