// Which values may be kept in a row and reused: they must be the same whenever the row is looked at. Impure aliases (random(), newuuid())
// that are used twice are kept always, because an alias is computed once per row by definition; others are kept by rules/alias-reuse.ts.
import type { AliasDefinition, BoundExpr } from './bound.ts';
import { isAggregateCall, isAnalyticCall, isHitCall, isWindowCall } from './classify.ts';
import type { LogicalNode } from './logical/index.ts';
import { expressionsOf } from './node-expressions.ts';
import type { LogicalPlan } from './plan.ts';
import { childrenOf, some } from './walk.ts';

/** False for what depends on more than the row: windows, aggregates, counters. */
export const isKeepable = (e: BoundExpr): boolean => !some(e, (n) => isWindowCall(n) || isAggregateCall(n) || isHitCall(n));

/** True when looking it up is no dearer than computing it. */
export function isCheap(e: BoundExpr): boolean {
  if (e.kind === 'literal' || e.kind === 'column' || e.kind === 'any-column' || e.kind === 'meta' || isAnalyticCall(e)) return true;
  if (e.kind === 'alias') return isCheap(e.alias.expr) || e.alias.cache !== undefined;
  return e.kind === 'binary' && isCheap(e.left) && isCheap(e.right);
}

/** How often each alias is read when a row goes all the way. */
export function aliasUses(plan: LogicalPlan): Map<AliasDefinition, number> {
  const uses = new Map<AliasDefinition, number>();
  const visit = (e: BoundExpr): void => {
    if (e.kind === 'alias') {
      uses.set(e.alias, (uses.get(e.alias) ?? 0) + 1);
      visit(e.alias.expr);
    } else for (const child of childrenOf(e)) visit(child);
  };
  const go = (n: LogicalNode): void => {
    for (const child of n.children) go(child);
    for (const e of expressionsOf(n)) visit(e);
  };
  go(plan.root);
  return uses;
}

/** Joined rows are made of rows that were looked at before: what those kept would be wrong for the joined row. */
export const hasJoin = (plan: LogicalPlan): boolean => plan.sources.length > 1;
