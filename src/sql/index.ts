// The SQL front end: text to syntax tree and back, errors with carets. Knows no streams and no functions; plan/bind does.
export type * from './ast.ts';
export { callName, checkFormat, checkSelect, checkSlices, type FunctionFacts, type FunctionNames } from './checks/index.ts';
export { positionOf, renderDiagnostic, sqlError } from './diagnostics.ts';
export { parseExpression, parseSelect, parseSelectField, parseStatement } from './parser/index.ts';
export { asUnitAndNumbers, fixedMs } from './parser/interval.ts';
export { printExpr, printName, printStatement, printType } from './print.ts';
export { type Step, stepsOf } from './steps.ts';
export { didYouMean, suggest } from './suggest.ts';
export { childrenOf, find, rootsOf, selectsOf, walk } from './walk.ts';
