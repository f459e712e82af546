// Calls that occur more than once with the same arguments are computed once per row and kept; equal aggregates are folded once.
// Functions of numbers are left alone: computing them twice is cheaper than a copy of the row.
import type { BoundCall, BoundExpr, PlanSlot } from '../bound.ts';
import { isHitCall, isPure } from '../classify.ts';
import { isKeepable } from '../kept-values.ts';
import type { LogicalNode } from '../logical/index.ts';
import { expressionsOf, mapNodes } from '../node-expressions.ts';
import type { LogicalPlan } from '../plan.ts';
import { structureOf } from '../structure.ts';
import { childrenOf, rewrite } from '../walk.ts';
import { mapPlan } from './map-plan.ts';
import type { RewriteRule } from './rule.ts';

const cheapGroups: readonly string[] = ['math'];

export const commonSubexpressions: RewriteRule = {
  name: 'commonSubexpressions',
  doc: 'compute equal expressions once',
  apply: (plan) => shareCalls(shareAggregates(plan)),
};

/** Equal aggregates of one node read one slot. */
function shareAggregates(plan: LogicalPlan): LogicalPlan {
  const slots = new Map<number, PlanSlot>();
  const root = mapNodes(plan.root, (n): LogicalNode => {
    if (n.type !== 'aggregate' && n.type !== 'inc-window') return n;
    const byText = new Map<string, BoundCall>();
    for (const c of n.calls) {
      const text = structureOf(c);
      const first = byText.get(text);
      if (!first || !c.args.every(isPure)) byText.set(first ? `${text}#${c.id}` : text, c);
      else slots.set(c.slot!.id, first.slot!);
    }
    return { ...n, calls: [...byText.values()] };
  });
  if (slots.size === 0) return plan;
  const redirect = (e: BoundExpr): BoundExpr =>
    e.kind === 'call' && e.slot && slots.has(e.slot.id) ? { ...e, slot: slots.get(e.slot.id)! } : e;
  return mapPlan({ ...plan, root }, (e) => rewrite(e, redirect));
}

function shareCalls(plan: LogicalPlan): LogicalPlan {
  const counts = new Map<string, number>();
  const visit = (e: BoundExpr): void => {
    if (isShareable(e)) counts.set(structureOf(e), (counts.get(structureOf(e)) ?? 0) + 1);
    for (const child of childrenOf(e)) visit(child);
  };
  const go = (n: LogicalNode): void => {
    for (const child of n.children) go(child);
    for (const e of expressionsOf(n)) visit(e);
  };
  go(plan.root);
  for (const a of plan.aliases) visit(a.expr);
  const slots = new Map<string, PlanSlot>();
  for (const [text, count] of counts) if (count > 1) slots.set(text, plan.newSlot('shared'));
  if (slots.size === 0) return plan;
  return mapPlan(plan, (e) =>
    rewrite(e, (n) => {
      const slot = isShareable(n) ? slots.get(structureOf(n)) : undefined;
      return slot ? { kind: 'shared', expr: n, slot, span: n.span } : n;
    }),
  );
}

function isShareable(e: BoundExpr): e is BoundCall {
  if (e.kind !== 'call' || e.def.kind !== 'scalar' || isHitCall(e)) return false;
  return !cheapGroups.includes(e.def.group) && e.args.some((a) => a.kind !== 'literal') && isPure(e) && isKeepable(e);
}
