// The planner: SELECT → bound → logical plan → optimised plan. compile/ turns the plan into a program.
import type { SelectStatement } from '../sql/ast.ts';
import { bindSelect } from './bind/select.ts';
import type { AliasDefinition } from './bound.ts';
import { buildPlan } from './build.ts';
import type { PlanCatalog, PlanOptions } from './catalog.ts';
import { checkJoinedAliases } from './checks/joined-aliases.ts';
import { hasWindowCall, isHitCall, isPure } from './classify.ts';
import { usedColumns } from './columns.ts';
import { aliasUses, expandedSizes, isCheap, isKeepable } from './kept-values.ts';
import type { LogicalNode } from './logical/index.ts';
import { mapNodes } from './node-expressions.ts';
import { optimise } from './optimise.ts';
import type { LogicalPlan } from './plan.ts';
import { verifyPlan } from './verify.ts';
import { some } from './walk.ts';

/** @param onChange sees the plan after building (`build`) and after each rewrite rule that changed it
 *  @throws GatewayError PLAN_*, eKuiper's text first, then place and hint */
export function planRule(
  select: SelectStatement,
  catalog: PlanCatalog,
  options: PlanOptions = {},
  onChange?: (rule: string, plan: LogicalPlan) => void,
): LogicalPlan {
  const bound = bindSelect(select, catalog, options);
  checkJoinedAliases(bound);
  const built = keepImpure(withColumns(buildPlan(bound)));
  verifyPlan(built, 'build', (call) =>
    bound.scope.fail(
      'PLAN_ORDER',
      `function ${call.name.toLowerCase()} is used where its value is not known yet`,
      call.span,
      'aggregates are computed after joins and analytic functions, row_number() last',
    ),
  );
  onChange?.('build', built);
  return withColumns(optimise(built, onChange));
}

/** Operations above which an alias that is used again is always kept: chains of aliases would grow in powers of two. */
const MAX_EXPANDED = 100;

/** An alias has one value per row, also when its expression gives another each time. */
function keepImpure(plan: LogicalPlan): LogicalPlan {
  const uses = aliasUses(plan);
  const sizes = expandedSizes(plan.aliases);
  const mustKeep = (a: AliasDefinition): boolean => (!isPure(a.expr) && !isCheap(a.expr)) || (sizes.get(a) ?? 0) > MAX_EXPANDED;
  const counts = (a: AliasDefinition): boolean => some(a.expr, isHitCall) && !hasWindowCall(a.expr);
  for (const a of plan.aliases)
    if ((uses.get(a) ?? 0) > 1 && (counts(a) || (isKeepable(a.expr) && mustKeep(a)))) a.cache = plan.newSlot(`alias_${a.name}`);
  return plan;
}

/** Columns that expressions read are always asked for; the pruner only leaves out the rest. */
function withColumns(plan: LogicalPlan): LogicalPlan {
  const used = usedColumns(plan);
  const root = mapNodes(plan.root, (n): LogicalNode => {
    if (n.type === 'data-source') return { ...n, columns: [...used.columns[n.input]!].sort() };
    if (n.type === 'lookup') return { ...n, columns: [...used.columns[n.input]!].sort() };
    return n;
  });
  return { ...plan, root };
}

export { bindExpression } from './bind/expression.ts';
export { createScope } from './bind/scope.ts';
export { withMeta } from './bind/select.ts';
export type { PlanCatalog, PlanOptions, SourceInfo } from './catalog.ts';
export { explain } from './explain.ts';
export type { LogicalPlan } from './plan.ts';
export { rewriteRules } from './rules/index.ts';
