// Functions that may stand only in the select list: set-returning ones as a field of their own, row_number() in any field.
import type { SelectStatement } from '../../sql/ast.ts';
import type { BoundSelect } from '../bind/select.ts';
import type { BoundExpr } from '../bound.ts';
import { isTableCall, isWindowCall } from '../classify.ts';
import { childrenOf, some } from '../walk.ts';

/** @throws GatewayError PLAN_TABLE_FUNCTION */
export function checkPlaces(b: BoundSelect, select: SelectStatement): void {
  const { scope } = b;
  let seen = 0;
  b.fields.forEach((f, i) => {
    const span = select.fields[i]!.span;
    if (isTableCall(f.expr)) seen++;
    if (childrenOf(f.expr).some((child) => hasTableCall(child)))
      throw scope.fail('PLAN_TABLE_FUNCTION', "select clause shouldn't has nested set-returning-functions", span);
    if (seen > 1) throw scope.fail('PLAN_TABLE_FUNCTION', "select clause shouldn't has multi set-returning-functions", span);
  });
  const others: (BoundExpr | undefined)[] = [b.where, b.having, ...b.dims, ...b.orderBy.map((s) => s.expr), ...b.joins.map((j) => j.on)];
  for (const e of others) {
    if (!e) continue;
    if (hasTableCall(e)) throw scope.fail('PLAN_TABLE_FUNCTION', "select statement shouldn't has srf except fields", e.span);
    if (some(e, (n) => isWindowCall(n) && n.slot !== undefined && n.span.start >= e.span.start && n.span.end <= e.span.end))
      throw scope.fail('PLAN_TABLE_FUNCTION', 'window functions can only be in select fields', e.span);
  }
}

const hasTableCall = (e: BoundExpr): boolean => isTableCall(e) || childrenOf(e).some(hasTableCall);
