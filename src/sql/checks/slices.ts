// A slice with literal ends must not be empty: `a[2:1]` and `a[1:1]`. eKuiper checks only fields that have an alias; we check all,
// since a rule without the alias would act as the single index (a defect, docs/spec/sql.md §4.3).
import type { SelectStatement } from '../ast.ts';
import { sqlError } from '../diagnostics.ts';
import { rootsOf, walk } from '../walk.ts';

/** @throws GatewayError SQL_SLICE */
export function checkSlices(s: SelectStatement, sql: string): void {
  for (const root of rootsOf(s))
    walk(root, (expr) => {
      if (expr.kind !== 'slice') return;
      const from = expr.from === undefined ? 0n : expr.from.kind === 'int' ? expr.from.value : -1n;
      const to = expr.to?.kind === 'int' ? expr.to.value : -1n;
      if (from < 0n || to < 0n || from < to) return;
      throw sqlError(
        'SQL_SLICE',
        "colon start value can't be greater than end value",
        sql,
        expr.span,
        `the end is exclusive; for one element write [${from}]`,
      );
    });
}
