// A window of the plan as the window operator takes it: lengths in ms, conditions compiled, what a kept row consists of.
import type { Expr } from '../../contract/function.ts';
import type { BoundWindow } from '../../plan/bind/select.ts';
import type { BoundExpr } from '../../plan/bound.ts';
import { UNIT_MS } from '../../windows/align.ts';
import type { WindowSpec } from '../../windows/spec.ts';
import type { MakerInput } from '../chain.ts';
import { compileExpr } from '../expression.ts';
import { createStateRegistry } from '../state.ts';
import { conditionIn } from './condition.ts';
import { keptMeta, keptSlots } from './kept.ts';

export function windowSpec(w: BoundWindow, input: MakerInput): WindowSpec {
  const { ctx, plan } = input;
  const conditions = createStateRegistry(ctx.states.touch);
  const condition = (e: BoundExpr | undefined): Expr | undefined => e && conditionIn(e, ctx, conditions);
  const [first, second] = w.lengths;
  const inMs = (n: number | undefined): number | undefined => (n === undefined ? undefined : n * UNIT_MS[w.unit ?? 'ms']);
  return {
    kind: w.type,
    unit: w.unit,
    ...(w.type === 'count'
      ? { count: first, countInterval: second }
      : {
          lengthMs: inMs(first),
          intervalMs: w.type === 'sliding' ? undefined : inMs(second),
          delayMs: w.type === 'sliding' ? inMs(second) : undefined,
        }),
    filter: condition(w.filter),
    when: condition(w.when),
    begin: condition(w.conditions[0]),
    emit: condition(w.conditions[1]),
    partitionBy: w.partitionBy.map((p) => compileExpr(p, ctx)),
    eventTime: plan.options.isEventTime === true,
    lateToleranceMs: plan.options.lateToleranceMs ?? 1000,
    timeZone: plan.options.timeZone ?? 'UTC',
    standard: ctx.standard,
    ...(plan.options.windowOffsetMs ? { offsetMs: plan.options.windowOffsetMs } : {}),
    ...(plan.options.keyLimits ? { keyLimits: plan.options.keyLimits } : {}),
    version2: plan.options.windowVersion === 'v2',
    sendTwice: plan.options.sendSlidingWindowTwice === true,
    keep: keptSlots(input),
    keepMeta: keptMeta(input),
    conditions,
  };
}
