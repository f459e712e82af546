// Finds calls in expressions, also behind aliases, inner ones first, each once.
import type { AliasDefinition, BoundCall, BoundExpr } from './bound.ts';
import { childrenOf } from './walk.ts';

/** @returns calls for which `test` holds, in order of evaluation */
export function callsIn(exprs: readonly BoundExpr[], test: (e: BoundExpr) => boolean): BoundCall[] {
  const found = new Map<number, BoundCall>();
  const seen = new Set<AliasDefinition>();
  const visit = (e: BoundExpr): void => {
    if (e.kind === 'alias') {
      if (seen.has(e.alias)) return;
      seen.add(e.alias);
      visit(e.alias.expr);
    } else for (const child of childrenOf(e)) visit(child);
    if (e.kind === 'call' && !found.has(e.id) && test(e)) found.set(e.id, e);
  };
  for (const e of exprs) visit(e);
  return [...found.values()];
}
