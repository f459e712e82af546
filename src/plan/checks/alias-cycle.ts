// Aliases that need each other can never be computed.
import type { SelectStatement } from '../../sql/ast.ts';
import type { Scope } from '../bind/scope.ts';
import type { BoundField } from '../bind/select.ts';
import type { AliasDefinition, BoundExpr } from '../bound.ts';
import { walk } from '../walk.ts';

/** @throws GatewayError PLAN_ALIAS_CYCLE */
export function checkAliasCycle(fields: readonly BoundField[], select: SelectStatement, scope: Scope): void {
  const state = new Map<AliasDefinition, 'open' | 'done'>();
  const visit = (alias: AliasDefinition): boolean => {
    const seen = state.get(alias);
    if (seen) return seen === 'open';
    state.set(alias, 'open');
    let cycle = false;
    walk(alias.expr, (e: BoundExpr) => {
      if (e.kind === 'alias' && visit(e.alias)) cycle = true;
    });
    state.set(alias, 'done');
    return cycle;
  };
  fields.forEach((f, i) => {
    if (f.alias && visit(f.alias))
      throw scope.fail('PLAN_ALIAS_CYCLE', 'select fields have cycled alias', select.fields[i]!.span, 'rename one of the aliases');
  });
}
