// The checks of a SELECT that eKuiper makes together with parsing (POST /rules/validate answers these). They need the functions'
// kinds but no streams. What needs bound names (HAVING, duplicate names, alias cycles, argument types) is in plan/checks.
import type { SelectStatement } from '../ast.ts';
import { checkAggregateWords } from './aggregate-words.ts';
import type { FunctionNames } from './functions.ts';
import { checkGroupBy } from './group-by.ts';
import { checkKnownFunctions } from './known-functions.ts';
import { checkOver } from './over.ts';
import { checkTableFunctions } from './table-functions.ts';
import { checkWindowFunctions } from './window-functions.ts';

export { checkFormat } from './format.ts';
export { callName, type FunctionFacts, type FunctionNames } from './functions.ts';
export { checkSlices } from './slices.ts';

/** Checks that belong to parsing in eKuiper; their errors read `Parse SQL ... error: ...` there.
 *  @param sql the text that `s` was parsed from   @throws GatewayError with a caret */
export function checkSelect(s: SelectStatement, sql: string, functions: FunctionNames): void {
  checkKnownFunctions(s, sql, functions);
  checkAggregateWords(s, sql, functions);
  checkOver(s, sql, functions);
  checkGroupBy(s, sql, functions);
  checkTableFunctions(s, sql, functions);
  checkWindowFunctions(s, sql, functions);
}
