// GROUP BY keys are computed row by row, before any group exists: no aggregates there. Aggregates behind aliases, HAVING and nested
// aggregates need bound names and are checked by plan/checks/aggregates.ts.
import type { Expr, SelectStatement } from '../ast.ts';
import { sqlError } from '../diagnostics.ts';
import { printExpr } from '../print.ts';
import { find } from '../walk.ts';
import type { FunctionNames } from './functions.ts';

/** @throws GatewayError SQL_AGGREGATE_PLACE */
export function checkGroupBy(s: SelectStatement, sql: string, functions: FunctionNames): void {
  const isAggregate = (e: Expr) => e.kind === 'call' && functions.get(e.name)?.kind === 'aggregate';
  for (const dimension of [...s.groupBy, ...(s.window === undefined ? [] : [s.window]), ...s.ignoredWindows]) {
    const call = find(dimension, isAggregate);
    if (call === undefined) continue;
    const text = `Not allowed to call aggregate functions in GROUP BY clause: ${printExpr(dimension)}.`;
    throw sqlError('SQL_AGGREGATE_PLACE', text, sql, call.span, 'conditions on aggregates belong in HAVING');
  }
}
