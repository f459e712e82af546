// Bounds the height of a syntax tree, so that everything that descends it (printer, binder, compiled closures) stays on the stack.
// Called by the parser for each statement. Long chains `a + b + c ...` make high trees without any nesting.
import type { Expr, Statement } from '../ast.ts';
import { sqlError } from '../diagnostics.ts';
import { rootsOf, selectsOf, walk } from '../walk.ts';

/** Levels. A recursive descent takes about 200 bytes of stack a level and function; V8 gives about 1 MB. */
const MAX_HEIGHT = 1000;

/** @throws GatewayError SQL_TOO_COMPLEX */
export function checkDepth(node: Statement | Expr, sql: string): void {
  const roots = !isStatement(node) ? [node] : node.kind === 'select' ? selectsOf(node).flatMap(rootsOf) : rootsOf(node);
  for (const root of roots)
    walk(root, (expr, depth) => {
      if (depth > MAX_HEIGHT)
        throw sqlError(
          'SQL_TOO_COMPLEX',
          `the expression is more than ${MAX_HEIGHT} operators high`,
          sql,
          { start: expr.span.start, end: expr.span.start + 1 },
          'for a long chain of = and OR use IN (...)',
        );
    });
}

const statementKinds: readonly string[] = ['select', 'create', 'describe', 'drop', 'explain', 'show'];
const isStatement = (node: Statement | Expr): node is Statement => statementKinds.includes(node.kind);
