// Set-returning functions (unnest): one per SELECT, among the fields, and not inside another call.
import type { Expr, SelectStatement } from '../ast.ts';
import { sqlError } from '../diagnostics.ts';
import { find, rootsOf, walk } from '../walk.ts';
import type { FunctionNames } from './functions.ts';

export function checkTableFunctions(s: SelectStatement, sql: string, functions: FunctionNames): void {
  const isTable = (e: Expr) => e.kind === 'call' && functions.get(e.name)?.kind === 'table';
  const fail = (text: string, at: Expr): never => {
    throw sqlError('SQL_TABLE_FUNCTION_PLACE', text, sql, at.span);
  };
  const fields = s.fields.map((field) => field.expr);
  for (const field of fields)
    walk(field, (expr) => {
      if (expr.kind !== 'call') return;
      for (const arg of expr.args) {
        const nested = find(arg, isTable);
        if (nested !== undefined) fail("select clause shouldn't has nested set-returning-functions", nested);
      }
    });
  const calls: Expr[] = [];
  for (const field of fields)
    walk(field, (expr) => {
      if (isTable(expr)) calls.push(expr);
    });
  if (calls.length > 1) fail("select clause shouldn't has multi set-returning-functions", calls[1]!);
  for (const root of rootsOf(s).slice(fields.length)) {
    const misplaced = find(root, isTable);
    if (misplaced !== undefined) fail("select statement shouldn't has srf except fields", misplaced);
  }
}
