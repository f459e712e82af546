// All rewrite rules in the order in which they run. Each may be switched off by name (rule option disableOptimizeRules); answers must
// not depend on it, which test/plan/rules/agree.test.ts checks on random rules.
import { columnPruner } from './column-pruner.ts';
import type { RewriteRule } from './rule.ts';

export const rewriteRules: readonly RewriteRule[] = [columnPruner];

export type { RewriteRule } from './rule.ts';
