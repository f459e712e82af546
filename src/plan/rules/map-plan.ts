// Rewrites every expression of a plan: those in nodes and those behind aliases. The definitions of aliases are copied, so that the plan
// before the rule stays as it was.
import type { AliasDefinition, BoundExpr } from '../bound.ts';
import { mapExpressions, mapNodes } from '../node-expressions.ts';
import type { LogicalPlan } from '../plan.ts';
import { rewrite } from '../walk.ts';

/** @param change rewrites one whole expression; references to aliases are already those of the new plan */
export function mapPlan(plan: LogicalPlan, change: (e: BoundExpr) => BoundExpr): LogicalPlan {
  const copies = new Map<AliasDefinition, AliasDefinition>(plan.aliases.map((a) => [a, { ...a }]));
  const renew = (e: BoundExpr): BoundExpr =>
    change(rewrite(e, (n) => (n.kind === 'alias' ? { ...n, alias: copies.get(n.alias) ?? n.alias } : n)));
  for (const copy of copies.values()) copy.expr = renew(copy.expr);
  const root = mapNodes(plan.root, (n) => {
    const mapped = mapExpressions(n, renew);
    if (mapped.type !== 'project') return mapped;
    return { ...mapped, columns: mapped.columns.map((c) => ({ ...c, alias: c.alias && (copies.get(c.alias) ?? c.alias) })) };
  });
  return { ...plan, root, aliases: [...copies.values()] };
}
