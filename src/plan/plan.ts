// The plan of one rule: the tree of nodes and what all of them share. Made by build.ts, rewritten by rules/, read by compile/.
import type { BoundSource } from './bind/scope.ts';
import type { AliasDefinition, PlanSlot } from './bound.ts';
import type { PlanOptions } from './catalog.ts';
import type { LogicalNode } from './logical/index.ts';

export interface LogicalPlan {
  readonly root: LogicalNode;
  /** All sources in order of FROM and JOIN, lookup tables too. */
  readonly sources: readonly BoundSource[];
  readonly aliases: readonly AliasDefinition[];
  readonly options: PlanOptions;
  /** Makes slots for rules that keep values in the row. */
  newSlot(label: string): PlanSlot;
}

/** Names for texts of columns. */
export const namesOf = (plan: LogicalPlan): string[] => plan.sources.map((s) => s.info.name);

/** SQL's own answers instead of eKuiper's. */
export const isStandard = (plan: Pick<LogicalPlan, 'options'>): boolean => plan.options.sqlCompatibility === 'standard';
