// Runs the rewrite rules, checking the plan after each.
import type { LogicalPlan } from './plan.ts';
import { rewriteRules } from './rules/index.ts';
import { verifyPlan } from './verify.ts';

/** @param onChange called with the name of each rule that ran and its plan, for `make explain`
 *  @throws GatewayError PLAN_BROKEN when a rule has broken the plan */
export function optimise(plan: LogicalPlan, onChange?: (rule: string, plan: LogicalPlan) => void): LogicalPlan {
  const off = new Set(plan.options.disabledRules ?? []);
  let current = plan;
  for (const rule of rewriteRules) {
    if (off.has(rule.name) || rule.aliases?.some((a) => off.has(a))) continue;
    const next = rule.apply(current);
    verifyPlan(next, rule.name);
    if (next !== current) onChange?.(rule.name, next);
    current = next;
  }
  return current;
}
