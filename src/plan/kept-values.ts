// Which values may be kept in a row and reused: they must be the same whenever the row is looked at. Impure aliases (random(), newuuid())
// that are used twice are kept always, because an alias is computed once per row by definition; others are kept by rules/alias-reuse.ts.
import type { AliasDefinition, BoundExpr } from './bound.ts';
import { isAggregateCall, isAnalyticCall, isHitCall, isWindowCall } from './classify.ts';
import type { LogicalNode } from './logical/index.ts';
import { expressionsOf } from './node-expressions.ts';
import type { LogicalPlan } from './plan.ts';
import { childrenOf, some } from './walk.ts';

/** False for what depends on more than the row: windows, aggregates, counters. */
export const isKeepable = (e: BoundExpr): boolean =>
  !some(e, (n) => isWindowCall(n) || isAggregateCall(n) || isHitCall(n) || isParameter(n));

const isParameter = (e: BoundExpr): boolean => e.kind === 'local' && e.local.slot === undefined;

/** True when looking it up is no dearer than computing it. */
export function isCheap(e: BoundExpr): boolean {
  if (isTrivial(e)) return true;
  // one step only: a chain of aliases that use each other twice would be computed in powers of two
  if (e.kind === 'alias') return e.alias.cache !== undefined || isTrivial(e.alias.expr);
  return e.kind === 'binary' && isCheap(e.left) && isCheap(e.right);
}

const isTrivial = (e: BoundExpr): boolean =>
  e.kind === 'literal' || e.kind === 'column' || e.kind === 'any-column' || e.kind === 'meta' || e.kind === 'local' || isAnalyticCall(e);

/** How many references each alias has; those in an alias that is itself read often count once. */
export function aliasUses(plan: LogicalPlan): Map<AliasDefinition, number> {
  const uses = new Map<AliasDefinition, number>();
  const visit = (e: BoundExpr): void => {
    if (e.kind === 'alias') {
      const before = uses.get(e.alias) ?? 0;
      uses.set(e.alias, before + 1);
      if (before === 0) visit(e.alias.expr);
    } else for (const child of childrenOf(e)) visit(child);
  };
  const go = (n: LogicalNode): void => {
    for (const child of n.children) go(child);
    for (const e of expressionsOf(n)) visit(e);
  };
  go(plan.root);
  return uses;
}

/** Operations per evaluation when every alias is computed at each of its references. */
export function expandedSizes(aliases: readonly AliasDefinition[]): Map<AliasDefinition, number> {
  const sizes = new Map<AliasDefinition, number>();
  const sizeOf = (e: BoundExpr): number => {
    if (e.kind === 'alias') return ofAlias(e.alias);
    let size = 1;
    for (const child of childrenOf(e)) size += sizeOf(child);
    return size;
  };
  const ofAlias = (a: AliasDefinition): number => {
    const known = sizes.get(a);
    if (known !== undefined) return known;
    const size = sizeOf(a.expr);
    sizes.set(a, size);
    return size;
  };
  for (const a of aliases) ofAlias(a);
  return sizes;
}
