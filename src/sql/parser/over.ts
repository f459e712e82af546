// OVER (...): of calls `[PARTITION BY ..] [ORDER BY ..] [WHEN ..]`, of windows `[WHEN ..] [PARTITION BY ..]` (that order).
import type { CallOver, Expr } from '../ast.ts';
import { parseExpr } from './expr.ts';
import { parseSortItems } from './order.ts';
import type { Reader } from './reader.ts';

export function parseCallOver(r: Reader): CallOver | undefined {
  const over = r.accept('OVER');
  if (over === undefined) return undefined;
  if (r.accept('(') === undefined) throw r.error('SQL_OVER', `Found ${JSON.stringify(r.peek().text)} after OVER, expect parentheses.`);
  const partitionBy = parsePartitionBy(r) ?? [];
  const orderBy = r.peek().type === 'ORDER' ? parseSortItems(r) : [];
  const when = r.accept('WHEN') === undefined ? undefined : parseExpr(r);
  if (partitionBy.length === 0 && orderBy.length === 0 && when === undefined)
    throw r.error('SQL_OVER', `Found ${JSON.stringify(r.peek().text)} after OVER (, expect partition by or when.`);
  if (r.accept(')') === undefined) {
    const hint = r.peek().type === 'PARTITION' ? 'for a function, PARTITION BY comes before WHEN' : undefined;
    throw r.error('SQL_OVER', `Found ${JSON.stringify(r.peek().text)}, expect right parentheses after OVER `, undefined, hint);
  }
  return { partitionBy, orderBy, when, span: r.spanFrom(over.span) };
}

export function parseWindowOver(r: Reader): { when?: Expr; partitionBy: readonly Expr[] } {
  if (r.accept('OVER') === undefined) return { partitionBy: [] };
  if (r.accept('(') === undefined) throw r.error('SQL_OVER', `Found ${JSON.stringify(r.peek().text)} after OVER, expect parentheses.`);
  const when = r.accept('WHEN') === undefined ? undefined : parseExpr(r);
  const partitionBy = parsePartitionBy(r) ?? [];
  if (r.accept(')') === undefined) {
    const hint = r.peek().type === 'WHEN' ? 'for a window, WHEN comes before PARTITION BY' : undefined;
    throw r.error('SQL_OVER', `Found ${JSON.stringify(r.peek().text)} after OVER, expect right parentheses.`, undefined, hint);
  }
  return { when, partitionBy };
}

function parsePartitionBy(r: Reader): Expr[] | undefined {
  if (r.accept('PARTITION') === undefined) return undefined;
  r.expect('BY', 'expected by after partition.');
  const exprs: Expr[] = [];
  do exprs.push(parseExpr(r));
  while (r.accept(',') !== undefined);
  return exprs;
}
