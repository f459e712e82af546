// What a rewrite rule is: a name and plan → plan. Alone in its file, tested alone, switched off by name.
import type { LogicalPlan } from '../plan.ts';

export interface RewriteRule {
  readonly name: string;
  /** Names under which eKuiper's option knows it. */
  readonly aliases?: readonly string[];
  readonly doc: string;
  apply(plan: LogicalPlan): LogicalPlan;
}
