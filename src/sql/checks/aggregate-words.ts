// DISTINCT and FILTER (WHERE …) within or behind the parentheses of a call: of aggregates only.
import type { SelectStatement } from '../ast.ts';
import { sqlError } from '../diagnostics.ts';
import { rootsOf, walk } from '../walk.ts';
import { callName, type FunctionNames } from './functions.ts';

/** @throws GatewayError SQL_AGGREGATE_PLACE */
export function checkAggregateWords(s: SelectStatement, sql: string, functions: FunctionNames): void {
  for (const root of rootsOf(s))
    walk(root, (e) => {
      if (e.kind !== 'call' || (e.filter === undefined && e.distinct === undefined)) return;
      const word = e.distinct ? 'DISTINCT' : 'FILTER';
      const name = callName(e, functions);
      if (functions.get(e.name)?.kind !== 'aggregate')
        throw sqlError(
          'SQL_AGGREGATE_PLACE',
          `${word} belongs to aggregates: ${name} is none`,
          sql,
          e.span,
          hintOf(word, e.over !== undefined),
        );
      if (e.distinct && (e.args.length === 0 || e.args[0]!.kind === 'wildcard'))
        throw sqlError(
          'SQL_AGGREGATE_PLACE',
          `${name}(DISTINCT *) has no value to compare`,
          sql,
          e.span,
          'name the column: count(DISTINCT id)',
        );
    });
}

function hintOf(word: string, over: boolean): string {
  if (word === 'DISTINCT') return 'SELECT DISTINCT makes the rows of a window different';
  return over ? 'analytic functions take their condition in OVER (WHEN …)' : 'conditions on rows belong in WHERE';
}
