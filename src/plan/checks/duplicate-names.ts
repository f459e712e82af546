// Two fields with one name in the output, or two aliases of one name: refused, because one of them would be lost.
import type { SelectStatement } from '../../sql/ast.ts';
import type { Scope } from '../bind/scope.ts';

/** @throws GatewayError PLAN_DUPLICATE_FIELD */
export function checkDuplicateNames(select: SelectStatement, scope: Scope): void {
  const aliases = new Set<string>();
  const names = new Set<string>();
  for (const f of select.fields) {
    if (f.alias !== undefined) {
      if (aliases.has(f.alias)) throw scope.fail('PLAN_DUPLICATE_FIELD', `duplicate alias ${f.alias}`, f.aliasSpan ?? f.span);
      aliases.add(f.alias);
    }
    if (f.invisible || f.expr.kind === 'wildcard') continue;
    const name = f.alias ?? (f.expr.kind === 'call' ? f.name.toLowerCase() : f.name);
    if (names.has(name))
      throw scope.fail('PLAN_DUPLICATE_FIELD', `duplicate field definition ${name}`, f.aliasSpan ?? f.span, 'give it another name with AS');
    names.add(name);
  }
}
