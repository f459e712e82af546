// Each function exists, and functions that make columns (changed_cols) stand in the select list.
import type { Expr, SelectStatement } from '../ast.ts';
import { sqlError } from '../diagnostics.ts';
import { didYouMean } from '../suggest.ts';
import { rootsOf, walk } from '../walk.ts';
import type { FunctionNames } from './functions.ts';

/** Functions of other databases and what they are called here. */
const elsewhere: Readonly<Record<string, string>> = {
  all_match: 'array_all',
  any_match: 'array_any',
  any_value: 'last_value',
  approx_count_distinct: 'deduplicate',
  array_agg: 'collect',
  array_length: 'cardinality',
  array_size: 'cardinality',
  char_length: 'length',
  charindex: 'indexof, which counts bytes from 0',
  collect_list: 'collect',
  date_add: 'date_calc',
  date_part: 'hour, minute, day_of_month and the like',
  date_trunc: 'format_time',
  datediff: 'date_diff',
  first_value: 'last_value',
  from_unixtime: 'from_unix_time',
  group_concat: 'collect',
  ifnull: 'coalesce',
  iif: 'if',
  instr: 'indexof, which counts bytes from 0',
  json_extract: 'json_path_query',
  json_value: 'json_path_query_first',
  lcase: 'lower',
  len: 'length',
  list_contains: 'array_contains',
  list_filter: 'array_filter',
  list_transform: 'array_transform',
  listagg: 'collect',
  locate: 'indexof, which counts bytes from 0',
  nvl: 'coalesce',
  percentile: 'percentile_cont',
  percentile_approx: 'percentile_cont',
  position: 'indexof, which counts bytes from 0',
  pow: 'power',
  quantile: 'percentile_cont',
  regexp_extract: 'regexp_substr',
  regexp_like: 'regexp_matches',
  safe_cast: 'try_cast',
  split: 'split_value',
  stddev_pop: 'stddev',
  stddev_samp: 'stddevs',
  str_to_date: 'parse_time',
  strftime: 'format_time',
  string_agg: 'collect',
  strpos: 'indexof, which counts bytes from 0',
  substr: 'substring',
  to_char: 'format_time',
  to_date: 'parse_time',
  to_timestamp: 'from_unix_time',
  transform: 'array_transform',
  ucase: 'upper',
  uuid: 'newuuid',
  var_pop: 'var',
  var_samp: 'vars',
};

export function checkKnownFunctions(s: SelectStatement, sql: string, functions: FunctionNames): void {
  const fields = new Set<Expr>(s.fields.map((f) => f.expr));
  for (const root of rootsOf(s)) {
    walk(root, (expr) => {
      if (expr.kind !== 'call') return;
      const facts = functions.get(expr.name);
      if (facts === undefined) {
        const other = elsewhere[expr.name.toLowerCase()];
        // eKuiper's SQL lacks some of them
        const isThere = other !== undefined && functions.get(other.replace(/\W.*/, '')) !== undefined;
        throw sqlError(
          'SQL_UNKNOWN_FUNCTION',
          `function ${expr.name} not found`,
          sql,
          expr.nameSpan,
          isThere ? `use ${other}` : didYouMean(expr.name, functions.names()),
        );
      }
      if (facts.columns === true && !fields.has(root))
        throw sqlError('SQL_UNKNOWN_FUNCTION', `function ${expr.name} can only be used inside the select clause`, sql, expr.nameSpan);
    });
  }
}
