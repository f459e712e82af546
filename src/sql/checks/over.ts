// OVER (...) stands after analytic functions (PARTITION BY, WHEN) and after row_number() (PARTITION BY, ORDER BY) only.
import type { CallExpr, SelectStatement } from '../ast.ts';
import { sqlError } from '../diagnostics.ts';
import { rootsOf, walk } from '../walk.ts';
import { callName, type FunctionNames } from './functions.ts';

export function checkOver(s: SelectStatement, sql: string, functions: FunctionNames): void {
  for (const root of rootsOf(s))
    walk(root, (expr) => {
      if (expr.kind === 'call' && expr.over !== undefined) checkCall(expr, sql, functions);
    });
}

function checkCall(call: CallExpr, sql: string, functions: FunctionNames): void {
  const over = call.over!;
  const facts = functions.get(call.name);
  const analytic = facts?.kind === 'analytic' && (facts.afterWhere !== true || facts.onlyStandard === true) && facts.columns !== true;
  const ranking = facts?.kind === 'window' && facts.over !== undefined;
  if (!analytic && !ranking) {
    const hint =
      facts?.kind === 'aggregate'
        ? 'group instead: GROUP BY key, TUMBLINGWINDOW(ss, 10); for a running value use acc_sum, acc_count, acc_avg'
        : undefined;
    throw sqlError('SQL_OVER', `Found OVER after non analytic function ${callName(call, functions)}`, sql, over.span, hint);
  }
  const found = analytic && over.orderBy.length > 0 ? 'ORDER' : ranking && over.when !== undefined ? 'WHEN' : undefined;
  if (found === undefined) return;
  const text =
    over.partitionBy.length === 0
      ? `Found "${found}" after OVER (, expect partition by or when.`
      : `Found "${found}", expect right parentheses after OVER `;
  const at = found === 'ORDER' ? over.orderBy[0]!.span : over.when!.span;
  throw sqlError(
    'SQL_OVER',
    text,
    sql,
    at,
    analytic ? 'analytic functions see the rows in their order of arrival' : 'row_number() takes no condition',
  );
}
