// Checks a plan after each rewriting: every slot that is read is filled by a node below, columns belong to inputs that exist.
import { GatewayError } from '../base/errors/gateway-error.ts';
import type { AliasDefinition, BoundCall, BoundExpr } from './bound.ts';
import { isHitCall } from './classify.ts';
import type { LogicalNode } from './logical/index.ts';
import { expressionsOf } from './node-expressions.ts';
import type { LogicalPlan } from './plan.ts';
import { childrenOf } from './walk.ts';

/** @param rule name of what made the plan, for the message
 *  @param tooEarly makes the error for a call that is read below the operator that computes it; given when the plan is built, since then
 *  it is the statement that asks for it
 *  @throws GatewayError PLAN_BROKEN, or what `tooEarly` makes */
export function verifyPlan(plan: LogicalPlan, rule: string, tooEarly?: (call: BoundCall) => Error): void {
  const fail = (text: string): never => {
    throw new GatewayError('PLAN_BROKEN', { rule, text });
  };
  const check = (e: BoundExpr, filled: ReadonlySet<number>, seen = new Set<AliasDefinition>()): void => {
    if (e.kind === 'column' && !plan.sources[e.input]) fail(`column ${e.name} of input ${e.input}, which does not exist`);
    if (e.kind === 'call' && e.slot && !isHitCall(e)) {
      // without a window an aggregate is computed from the one row, where it stands
      if (e.def.kind === 'aggregate' && !hasCollection && !filled.has(e.slot.id)) return;
      if (!filled.has(e.slot.id) && tooEarly) throw tooEarly(e);
      if (!filled.has(e.slot.id)) fail(`${e.name} is read but nothing computes it`);
      return;
    }
    if (e.kind === 'alias') {
      if (seen.has(e.alias)) return;
      seen.add(e.alias);
      check(e.alias.expr, filled, seen);
    } else for (const child of childrenOf(e)) check(child, filled, seen);
  };
  let hasCollection = false;
  const visit = (n: LogicalNode): Set<number> => {
    const filled = new Set<number>();
    for (const child of n.children) for (const id of visit(child)) filled.add(id);
    if (['window', 'inc-window', 'join', 'lookup'].includes(n.type)) hasCollection = true;
    const calls =
      n.type === 'analytic' || n.type === 'timers' || n.type === 'agg-func' || n.type === 'aggregate' || n.type === 'inc-window'
        ? n.calls
        : [];
    const computed = [
      ...calls,
      ...(n.type === 'having' ? n.calls : []),
      ...(n.type === 'window-func' || n.type === 'dedup-trigger' ? [n.call] : []),
    ];
    for (const c of computed) {
      for (const part of childrenOf(c)) check(part, filled);
      if (c.slot) filled.add(c.slot.id);
    }
    for (const e of expressionsOf(n)) if (!computed.includes(e as never)) check(e, filled);
    return filled;
  };
  visit(plan.root);
}
