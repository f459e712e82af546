// `FILTER (WHERE cond)` of windows, and of aggregates in standard SQL. Called by window.ts and call.ts.
import type { Expr } from '../ast.ts';
import { parseExpr } from './expr.ts';
import type { Reader } from './reader.ts';

export function parseFilter(r: Reader): Expr | undefined {
  if (r.accept('FILTER') === undefined) return undefined;
  if (r.accept('(') === undefined) throw r.error('SQL_WINDOW', `Found ${JSON.stringify(r.peek().text)} after FILTER, expect parentheses.`);
  if (r.accept('WHERE') === undefined) throw r.error('SQL_WINDOW', `Found ${JSON.stringify(r.peek().text)} after FILTER(, expect WHERE.`);
  const filter = parseExpr(r);
  if (r.accept(')') === undefined)
    throw r.error('SQL_WINDOW', `Found ${JSON.stringify(r.peek().text)} after FILTER, expect right parentheses.`);
  return filter;
}
