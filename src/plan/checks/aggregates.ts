// Where aggregates may stand: not in GROUP BY, needed in HAVING; functions on single hits not in queries with windows or joins.
// @source eKuiper internal/topo/planner/analyzer.go (aggFuncChecker, groupChecker)
import type { SelectStatement } from '../../sql/ast.ts';
import type { BoundSelect } from '../bind/select.ts';
import type { BoundExpr } from '../bound.ts';
import { hasAggregate } from '../classify.ts';
import { structureOf } from '../structure.ts';
import { ekuiperText } from '../text.ts';
import { childrenOf, walk } from '../walk.ts';

/** @throws GatewayError PLAN_HAVING, PLAN_AGGREGATE_PLACE, PLAN_GROUP_WITHOUT_WINDOW */
export function checkAggregates(b: BoundSelect, select: SelectStatement): void {
  const { scope } = b;
  const names = b.sources.map((s) => s.info.name);
  const keys = new Set(scope.options.sqlCompatibility === 'standard' ? b.dims.map(structureOf) : []);
  if (b.having && !allAggregate(b.having) && !ofKeys(b.having, keys))
    throw scope.fail(
      'PLAN_HAVING',
      `Not allowed to call non-aggregate functions in HAVING clause: ${ekuiperText(b.having, names)}.`,
      select.having!.span,
      'conditions on single rows belong in WHERE',
    );
  b.dims.forEach((d, i) => {
    if (hasAggregate(d))
      throw scope.fail(
        'PLAN_AGGREGATE_PLACE',
        `Not allowed to call aggregate functions in GROUP BY clause: ${ekuiperText(d, names)}.`,
        select.groupBy[i]!.span,
      );
  });
  if (b.window || b.joins.length > 0) {
    const clauses = [...b.fields.map((f) => f.expr), b.where, b.having, ...b.dims, ...b.orderBy.map((s) => s.expr)];
    for (const clause of clauses)
      if (clause)
        walk(clause, (e) => {
          if (e.kind === 'call' && e.def.kind === 'analytic' && e.def.afterWhere && !e.def.columns)
            throw scope.fail('PLAN_AGGREGATE_PLACE', `function ${e.name.toLowerCase()} is not allowed in an aggregate query`, e.span);
        });
  }
  if (b.dims.length > 0 && !b.window)
    throw scope.fail(
      'PLAN_GROUP_WITHOUT_WINDOW',
      'select stmt group by should be used with window',
      select.groupBy[0]!.span,
      'add a window, e.g. TUMBLINGWINDOW(ss, 10)',
    );
}

/** Standard SQL: keys of GROUP BY, aggregates and what is computed of them alone. */
function ofKeys(e: BoundExpr, keys: ReadonlySet<string>): boolean {
  if (keys.size === 0) return false;
  const known = (x: BoundExpr): boolean => {
    if (keys.has(structureOf(x))) return true;
    switch (x.kind) {
      case 'alias':
        return known(x.alias.expr);
      case 'call':
        return x.def.kind === 'aggregate' || x.def.kind === 'window' || childrenOf(x).every(known);
      case 'column':
      case 'any-column':
      case 'meta':
      case 'wildcard':
        return false;
      default:
        return childrenOf(x).every(known);
    }
  };
  return known(e);
}

/** Both sides of each operator must hold an aggregate, unless they need no row. */
function allAggregate(e: BoundExpr): boolean {
  switch (e.kind) {
    case 'binary':
      return allAggregate(e.left) && allAggregate(e.right);
    case 'between':
    case 'in':
    case 'like':
      return allAggregate(e.value);
    case 'call':
    case 'column':
    case 'any-column':
    case 'alias':
      return hasAggregate(e);
    default:
      return true;
  }
}
