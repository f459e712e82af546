// Words and signs of standard SQL that are operators and functions which are there already: `x IS NULL` is isnull(x), `NOT c` is c = false, `-x` is
// x * -1, `[a, b]` is array_create(a, b). Called by expression.ts.
import type { Span } from '../../sql/ast.ts';
import type { BoundCall, BoundExpr, BoundLiteral } from '../bound.ts';
import type { Scope } from './scope.ts';

export const literal = (value: BoundLiteral['value'], node: BoundLiteral['node'], span: Span): BoundLiteral => ({
  kind: 'literal',
  value,
  node,
  span,
});

/** Null where the condition is null. */
export const isFalse = (e: BoundExpr, span: Span): BoundExpr => ({
  kind: 'binary',
  op: '=',
  left: e,
  right: literal(false, 'bool', span),
  span,
});

/** A call of a built-in scalar function that the user did not write as one. */
export function callOf(name: string, args: readonly BoundExpr[], scope: Scope, span: Span): BoundCall {
  const found = scope.catalog.functions.get(name);
  if (found?.kind !== 'scalar') throw scope.fail('PLAN_UNKNOWN_FUNCTION', `function ${name} not found`, span);
  const facts = args.map((a) => ({ text: '', node: a.kind, literal: false, type: 'unknown' as const }));
  return { kind: 'call', def: found.standard ?? found, name, id: scope.newCallId(), args, facts, span };
}

/** Never null: that is what IS is for. */
export function bindIs(what: 'NULL' | 'TRUE' | 'FALSE', value: BoundExpr, not: boolean, scope: Scope, span: Span): BoundExpr {
  if (what === 'NULL') {
    const call = callOf('isnull', [value], scope, span);
    return not ? isFalse(call, span) : call;
  }
  // a null is neither true nor false
  const known = callOf('coalesce', [value, literal(what === 'FALSE', 'bool', span)], scope, span);
  return { kind: 'binary', op: '=', left: known, right: literal((what === 'TRUE') !== not, 'bool', span), span };
}
