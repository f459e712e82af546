// Each function exists, and functions that make columns (changed_cols) stand in the select list.
import type { Expr, SelectStatement } from '../ast.ts';
import { sqlError } from '../diagnostics.ts';
import { didYouMean } from '../suggest.ts';
import { rootsOf, walk } from '../walk.ts';
import type { FunctionNames } from './functions.ts';

/** Functions of other databases and what they are called here. */
const elsewhere: Readonly<Record<string, string>> = {
  substr: 'substring',
  ifnull: 'coalesce',
  nvl: 'coalesce',
  len: 'length',
  char_length: 'length',
  ucase: 'upper',
  lcase: 'lower',
  uuid: 'newuuid',
  first_value: 'last_value',
  group_concat: 'collect',
  string_agg: 'collect',
  array_length: 'cardinality',
  json_extract: 'json_path_query',
};

export function checkKnownFunctions(s: SelectStatement, sql: string, functions: FunctionNames): void {
  const fields = new Set<Expr>(s.fields.map((f) => f.expr));
  for (const root of rootsOf(s)) {
    walk(root, (expr) => {
      if (expr.kind !== 'call') return;
      const facts = functions.get(expr.name);
      if (facts === undefined) {
        const other = elsewhere[expr.name.toLowerCase()];
        throw sqlError(
          'SQL_UNKNOWN_FUNCTION',
          `function ${expr.name} not found`,
          sql,
          expr.nameSpan,
          other ? `use ${other}` : didYouMean(expr.name, functions.names()),
        );
      }
      if (facts.columns === true && !fields.has(root))
        throw sqlError('SQL_UNKNOWN_FUNCTION', `function ${expr.name} can only be used inside the select clause`, sql, expr.nameSpan);
    });
  }
}
