// All rewrite rules in the order in which they run. Each may be switched off by name (rule option disableOptimizeRules); answers must
// not depend on it, which test/plan/rules-agree.test.ts checks on random rules.
import { aliasReuse } from './alias-reuse.ts';
import { columnPruner } from './column-pruner.ts';
import { commonSubexpressions } from './common-subexpressions.ts';
import { constantFolding } from './constant-folding.ts';
import { incrementalWindow } from './incremental-window.ts';
import { predicatePushDown } from './predicate-push-down.ts';
import type { RewriteRule } from './rule.ts';

export const rewriteRules: readonly RewriteRule[] = [
  constantFolding,
  predicatePushDown,
  aliasReuse,
  commonSubexpressions,
  incrementalWindow,
  columnPruner,
];

export type { RewriteRule } from './rule.ts';
