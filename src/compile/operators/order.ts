// ORDER BY.
import { createOrder } from '../../exec/order.ts';
import type { OrderNode } from '../../plan/logical/index.ts';
import type { MakerInput, OperatorMaker } from '../chain.ts';
import { compileExpr } from '../expression.ts';
import { failedRows } from '../sample.ts';

export function makeOrder(n: OrderNode, { ctx }: MakerInput): OperatorMaker {
  const items = n.items.map((s) => ({ value: compileExpr(s.expr, ctx), descending: s.descending }));
  return (host, stats, next) => createOrder({ items, timeZone: ctx.env.timeZone, failed: failedRows(ctx) }, host, stats, next);
}
