// Plans to programs. The only folder that sees plan/ and exec/.
export { compileExpression } from './compile-expression.ts';
export { compileRule } from './program.ts';
