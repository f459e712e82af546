// What health and diag say of the operators of a rule: the columns that each reads, and the condition of a filter as it was written.
// Called by program.ts; read by runtime/diagnosis.
import type { OperatorDetails } from '../exec/operator.ts';
import type { LogicalNode } from '../plan/logical/index.ts';
import { expressionsOf } from '../plan/node-expressions.ts';
import type { LogicalPlan } from '../plan/plan.ts';
import { walk } from '../plan/walk.ts';

const MAX_TEXT = 200;

/** Operators that read no column by name are left out. */
export function detailsOf(nodes: readonly LogicalNode[], names: readonly string[], plan: LogicalPlan): Record<string, OperatorDetails> {
  const out: Record<string, OperatorDetails> = {};
  nodes.forEach((n, i) => {
    const columns = new Set<string>();
    for (const e of expressionsOf(n))
      walk(
        e,
        (x) => {
          if (x.kind === 'column' || x.kind === 'any-column') columns.add(x.name);
        },
        true,
      );
    const text = n.type === 'filter' || n.type === 'having' ? written(n.condition.span, plan.options.sql) : undefined;
    if (columns.size > 0 || text !== undefined) out[names[i]!] = { columns: [...columns], ...(text !== undefined && { text }) };
  });
  return out;
}

/** What stands there in the statement; a condition that the planner put together has no place of its own. */
function written(span: { start: number; end: number }, sql: string | undefined): string | undefined {
  const text = sql?.slice(span.start, span.end).replaceAll(/\s+/g, ' ').trim();
  return text ? text.slice(0, MAX_TEXT) : undefined;
}
