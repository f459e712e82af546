// ORDER BY items. eKuiper's loop takes items that begin with a name, commas being optional, and stops at anything else. Standard SQL takes
// any expression.
import type { SortItem } from '../ast.ts';
import { parseExpr } from './expr.ts';
import type { Reader } from './reader.ts';

/** From ORDER on. */
export function parseSortItems(r: Reader): SortItem[] {
  r.take();
  r.expect('BY', 'expected BY keyword.');
  const items: SortItem[] = [];
  let comma = false;
  for (;;) {
    if (r.accept(',') !== undefined) {
      comma = true;
      continue;
    }
    if (r.standard ? items.length > 0 && !comma : r.peek().type !== 'name') return items;
    comma = false;
    const expr = parseExpr(r);
    const descending = r.accept('DESC') !== undefined;
    if (!descending) r.accept('ASC');
    items.push({ expr, descending, span: r.spanFrom(expr.span) });
  }
}
