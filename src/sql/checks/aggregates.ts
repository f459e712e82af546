// Where aggregates may stand: not in GROUP BY, not inside each other; HAVING needs them. Aliases count as what they stand for.
// Run checkAliasCycle first.
import type { Expr, SelectStatement } from '../ast.ts';
import { sqlError } from '../diagnostics.ts';
import { printExpr } from '../print.ts';
import { find, rootsOf, walk } from '../walk.ts';
import { aliasNameOf, sourceNames } from './aliases.ts';
import { callName, type FunctionNames } from './functions.ts';

/** GROUP BY without aggregates written in it: eKuiper checks this already when the text is parsed.
 *  @throws GatewayError SQL_AGGREGATE_PLACE */
export function checkGroupBy(s: SelectStatement, sql: string, functions: FunctionNames): void {
  for (const dimension of [...s.groupBy, ...(s.window === undefined ? [] : [s.window]), ...s.ignoredWindows]) {
    const call = find(dimension, (e) => isAggregateCall(e, functions));
    if (call !== undefined) failGroupBy(dimension, call, sql);
  }
}

/** HAVING, nested aggregates, GROUP BY through aliases, last_hit_*: what eKuiper checks when it plans.
 *  @throws GatewayError SQL_AGGREGATE_PLACE */
export function checkAggregates(s: SelectStatement, sql: string, functions: FunctionNames): void {
  const aggregates = createAggregateTest(s, functions);
  if (s.having !== undefined && !isAllAggregate(s.having, aggregates)) {
    const text = `Not allowed to call non-aggregate functions in HAVING clause: ${printExpr(s.having)}.`;
    throw sqlError('SQL_AGGREGATE_PLACE', text, sql, s.having.span, 'HAVING looks at groups; conditions on single rows belong in WHERE');
  }
  for (const dimension of s.groupBy) if (aggregates(dimension)) failGroupBy(dimension, dimension, sql);

  const grouped = s.groupBy.length > 0 || s.window !== undefined || s.joins.length > 0;
  for (const root of rootsOf(s))
    walk(root, (expr) => {
      if (expr.kind === 'window') return false;
      if (expr.kind !== 'call') return true;
      const facts = functions.get(expr.name);
      const nested = facts?.kind === 'aggregate' ? expr.args.find(aggregates) : undefined;
      if (nested !== undefined)
        throw sqlError(
          'SQL_AGGREGATE_PLACE',
          `invalid argument for func ${callName(expr, functions)}: aggregate argument is not allowed`,
          sql,
          nested.span,
        );
      if (grouped && facts?.kind === 'analytic' && facts.afterWhere === true && facts.columns !== true)
        throw sqlError('SQL_AGGREGATE_PLACE', `function ${callName(expr, functions)} is not allowed in an aggregate query`, sql, expr.span);
      return true;
    });
}

/** @throws GatewayError SQL_GROUP_WITHOUT_WINDOW */
export function checkGroupHasWindow(s: SelectStatement, sql: string): void {
  if (s.groupBy.length === 0 || s.window !== undefined) return;
  throw sqlError(
    'SQL_GROUP_WITHOUT_WINDOW',
    'select stmt group by should be used with window',
    sql,
    s.groupBy[0]!.span,
    'add a window, e.g. TUMBLINGWINDOW(ss, 10)',
  );
}

function failGroupBy(dimension: Expr, at: Expr, sql: string): never {
  throw sqlError(
    'SQL_AGGREGATE_PLACE',
    `Not allowed to call aggregate functions in GROUP BY clause: ${printExpr(dimension)}.`,
    sql,
    at.span,
  );
}

function isAggregateCall(expr: Expr, functions: FunctionNames): boolean {
  return expr.kind === 'call' && functions.get(expr.name)?.kind === 'aggregate';
}

/** @returns a test: does the expression, aliases replaced, contain an aggregate? Each alias is looked into once. */
function createAggregateTest(s: SelectStatement, functions: FunctionNames): (expr: Expr) => boolean {
  const sources = sourceNames(s);
  const aliases = new Map(s.fields.flatMap((f) => (f.alias === undefined ? [] : [[f.alias, f.expr] as const])));
  const known = new Map<string, boolean>();
  const test = (expr: Expr): boolean =>
    find(expr, (e) => {
      if (isAggregateCall(e, functions)) return true;
      if (e.kind !== 'column') return false;
      if (e.stream !== undefined && sources.has(e.stream)) return false;
      const alias = aliasNameOf(e, sources);
      const target = aliases.get(alias);
      if (target === undefined || target === e) return false;
      let answer = known.get(alias);
      if (answer === undefined) {
        // Inside its own expression the alias means the column.
        known.set(alias, false);
        answer = test(target);
        known.set(alias, answer);
      }
      return answer;
    }) !== undefined;
  return test;
}

/** eKuiper's rule, by form: operators on both sides, calls and columns must be aggregates; everything else passes. */
function isAllAggregate(expr: Expr, aggregates: (expr: Expr) => boolean): boolean {
  if (expr.parens === true) return true;
  switch (expr.kind) {
    case 'binary':
      return isAllAggregate(expr.left, aggregates) && isAllAggregate(expr.right, aggregates);
    case 'between':
    case 'in':
    case 'like':
      return isAllAggregate(expr.value, aggregates);
    case 'call':
    case 'column':
      return aggregates(expr);
    default:
      return true;
  }
}
