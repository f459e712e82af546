// A condition that decides whether rows pass: hit counters in it look first and are updated for what passes. Each has states of its own.
import type { Expr } from '../../contract/function.ts';
import type { Tuple } from '../../data/tuple.ts';
import type { ClosureState } from '../../exec/stateful.ts';
import type { BoundExpr } from '../../plan/bound.ts';
import type { CompileContext } from '../context.ts';
import { compileExpr } from '../expression.ts';
import { createStateRegistry, type StateRegistry } from '../state.ts';

export interface Condition {
  condition: Expr;
  onPass: ((t: Tuple) => void)[];
  state: ClosureState;
}

export function conditionOf(e: BoundExpr, ctx: CompileContext): Condition {
  const states = createStateRegistry(ctx.states.touch);
  const onPass: ((t: Tuple) => void)[] = [];
  return { condition: compileExpr(e, { ...ctx, memo: new Map(), states, hits: 'look', onPass }), onPass, state: states };
}

/** A condition that an operator evaluates itself, e.g. FILTER and WHEN of a window: what it counts is updated when it is true. */
export function conditionIn(e: BoundExpr, ctx: CompileContext, states: StateRegistry): Expr {
  const onPass: ((t: Tuple) => void)[] = [];
  const condition = compileExpr(e, { ...ctx, memo: new Map(), filled: new Set(ctx.filled), states, hits: 'look', onPass });
  if (onPass.length === 0) return condition;
  return (t) => {
    const v = condition(t);
    if (v === true) for (const update of onPass) update(t);
    return v;
  };
}
