// The static checks of a SELECT in two steps, as eKuiper takes them: with the text (POST /rules/validate answers these) and with the
// plan (creating the rule). None of them needs to know the streams; plan/bind does the rest.
import type { SelectStatement } from '../ast.ts';
import { checkAggregates, checkGroupBy, checkGroupHasWindow } from './aggregates.ts';
import { checkAliasCycle, checkDuplicateNames } from './aliases.ts';
import type { FunctionNames } from './functions.ts';
import { checkKnownFunctions } from './known-functions.ts';
import { checkOver } from './over.ts';
import { checkSlices } from './slices.ts';
import { checkTableFunctions } from './table-functions.ts';
import { checkWindowFunctions } from './window-functions.ts';

export { checkFormat } from './format.ts';
export { callName, type FunctionFacts, type FunctionNames, outputName } from './functions.ts';

/** Checks that belong to parsing in eKuiper; their errors read `Parse SQL ... error: ...` there.
 *  @param sql the text that `s` was parsed from   @throws GatewayError with a caret */
export function checkSelect(s: SelectStatement, sql: string, functions: FunctionNames): void {
  checkKnownFunctions(s, sql, functions);
  checkOver(s, sql, functions);
  checkGroupBy(s, sql, functions);
  checkTableFunctions(s, sql, functions);
  checkWindowFunctions(s, sql, functions);
}

/** Checks that belong to planning. Run {@link checkSelect} first.   @throws GatewayError with a caret */
export function checkSelectPlan(s: SelectStatement, sql: string, functions: FunctionNames): void {
  checkAliasCycle(s, sql);
  checkDuplicateNames(s, sql, functions);
  checkSlices(s, sql);
  checkAggregates(s, sql, functions);
  checkGroupHasWindow(s, sql);
}
