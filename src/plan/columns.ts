// Which columns of which source the rule reads. The source is asked for these only (rules/column-pruner.ts).
import type { AliasDefinition, BoundExpr } from './bound.ts';
import { isRowCount } from './classify.ts';
import type { LogicalNode } from './logical/index.ts';
import { expressionsOf } from './node-expressions.ts';
import type { LogicalPlan } from './plan.ts';
import { childrenOf } from './walk.ts';

export interface UsedColumns {
  /** By input. */
  readonly columns: readonly ReadonlySet<string>[];
  readonly all: readonly boolean[];
  /** By input: columns of which only these members are read. */
  readonly members: readonly ReadonlyMap<string, ReadonlySet<string>>[];
}

export function usedColumns(plan: LogicalPlan): UsedColumns {
  const columns = plan.sources.map(() => new Set<string>());
  const all = plan.sources.map(() => false);
  const seen = new Set<AliasDefinition>();
  const whole = plan.sources.map(() => new Set<string>());
  const members = plan.sources.map(() => new Map<string, Set<string>>());
  const every = (input: number | undefined): void => {
    if (input === undefined) all.fill(true);
    else all[input] = true;
  };
  // names of schemaless fields in any case are looked for in the whole object
  if (plan.options.ignoreCase) for (const s of plan.sources) all[s.index] = s.info.schema === undefined;
  const visit = (e: BoundExpr): void => {
    if (e.kind === 'member' && e.object.kind === 'column') {
      const { input, name } = e.object;
      columns[input]!.add(name);
      const known = members[input]!.get(name) ?? new Set();
      members[input]!.set(name, known.add(e.name));
      if (e.shadow) visit(e.shadow);
      return;
    }
    if (e.kind === 'column') {
      columns[e.input]!.add(e.name);
      whole[e.input]!.add(e.name);
    }
    if (e.kind === 'any-column')
      for (const i of e.inputs) {
        columns[i]!.add(e.name);
        whole[i]!.add(e.name);
      }
    if (e.kind === 'wildcard') every(e.input);
    if (e.kind === 'call' && e.def.kind === 'aggregate' && e.def.rowFirst) every(undefined);
    if (e.kind === 'member' && e.shadow) visit(e.shadow);
    if (e.kind === 'call' && isRowCount(e)) {
      if (e.filter) visit(e.filter);
      return;
    }
    if (e.kind === 'alias') {
      if (seen.has(e.alias)) return;
      seen.add(e.alias);
      visit(e.alias.expr);
    } else for (const child of childrenOf(e)) visit(child);
  };
  const go = (n: LogicalNode): void => {
    for (const e of expressionsOf(n)) visit(e);
    if (n.type === 'project' && n.wildcard) {
      if (n.wildcard.inputs) for (const i of n.wildcard.inputs) every(i);
      else every(undefined);
    }
    for (const child of n.children) go(child);
  };
  go(plan.root);
  members.forEach((m, i) => {
    for (const name of whole[i]!) m.delete(name);
    if (all[i]) m.clear();
  });
  return { columns, all, members };
}
