// Keeps the value of an alias in the row when it is read more than once and dear to compute.
import type { AliasDefinition } from '../bound.ts';
import { aliasUses, isCheap, isKeepable } from '../kept-values.ts';
import { mapPlan } from './map-plan.ts';
import type { RewriteRule } from './rule.ts';

export const aliasReuse: RewriteRule = {
  name: 'aliasReuse',
  doc: 'compute an alias once per row',
  apply(plan) {
    const uses = aliasUses(plan);
    const wanted = (a: AliasDefinition): boolean =>
      a.cache === undefined && (uses.get(a) ?? 0) > 1 && !isCheap(a.expr) && isKeepable(a.expr);
    if (!plan.aliases.some(wanted)) return plan;
    const names = new Set(plan.aliases.filter(wanted).map((a) => a.name));
    const next = mapPlan(plan, (e) => e);
    for (const a of next.aliases) if (names.has(a.name)) a.cache = plan.newSlot(`alias_${a.name}`);
    return next;
  },
};
