// SELECT DISTINCT makes the rows of one result different. A stream without a window has no end, so nothing could ever be forgotten there.
import type { BoundSelect } from '../bind/select.ts';
import { isTableCall } from '../classify.ts';

/** @throws GatewayError PLAN_WINDOW */
export function checkDistinct(b: BoundSelect): void {
  if (!b.distinct) return;
  const at = b.fields[0]!.expr.span;
  if (!b.window)
    throw b.scope.fail(
      'PLAN_WINDOW',
      'SELECT DISTINCT needs a window: a stream has no end',
      at,
      'add GROUP BY TUMBLINGWINDOW(ss, 10); for each id once within a time use WHERE first_within(id, 60000), for changes had_changed(true, id)',
    );
  const table = b.fields.find((f) => isTableCall(f.expr));
  if (table)
    throw b.scope.fail(
      'PLAN_WINDOW',
      'SELECT DISTINCT does not go with a function that makes rows',
      table.expr.span,
      'make the rows in a step before: FROM (SELECT unnest(…) …)',
    );
}
