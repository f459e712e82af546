// A condition that decides whether rows pass: hit counters in it look first and are updated for what passes. Each has states of its own.
import type { Expr } from '../../contract/function.ts';
import type { Tuple } from '../../data/tuple.ts';
import type { ClosureState } from '../../exec/stateful.ts';
import type { BoundExpr } from '../../plan/bound.ts';
import type { CompileContext } from '../context.ts';
import { compileExpr } from '../expression.ts';
import { createStateRegistry } from '../state.ts';

export interface Condition {
  condition: Expr;
  onPass: ((t: Tuple) => void)[];
  state: ClosureState;
}

export function conditionOf(e: BoundExpr, ctx: CompileContext): Condition {
  const states = createStateRegistry();
  const onPass: ((t: Tuple) => void)[] = [];
  return { condition: compileExpr(e, { ...ctx, states, hits: 'look', onPass }), onPass, state: states };
}
