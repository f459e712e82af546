// row_number() numbers the rows of the result, so it stands among the select fields, or in QUALIFY.
import type { SelectStatement } from '../ast.ts';
import { sqlError } from '../diagnostics.ts';
import { find, rootsOf } from '../walk.ts';
import type { FunctionNames } from './functions.ts';

export function checkWindowFunctions(s: SelectStatement, sql: string, functions: FunctionNames): void {
  for (const root of rootsOf(s).slice(s.fields.length)) {
    if (root === s.qualify) continue;
    const call = find(root, (e) => {
      const facts = e.kind === 'call' ? functions.get(e.name) : undefined;
      return facts?.kind === 'window' && facts.over !== undefined;
    });
    if (call !== undefined) throw sqlError('SQL_WINDOW_FUNCTION_PLACE', 'window functions can only be in select fields', sql, call.span);
  }
}
