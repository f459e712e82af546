// `CROSS JOIN UNNEST(list) AS x`, `LEFT JOIN UNNEST(list) AS p(x, i)`, `, UNNEST(list) x`: standard SQL. Called by select.ts, behind FROM and JOIN.
import type { Unnest } from '../ast.ts';
import { parseExpr } from './expr.ts';
import type { Reader } from './reader.ts';

/** @param ahead tokens up to UNNEST */
export const atUnnest = (r: Reader, ahead: number): boolean => r.standard && r.atWord('UNNEST', ahead) && r.peek(ahead + 1).type === '(';

/** From UNNEST on. @param start of the join */
export function parseUnnest(r: Reader, outer: boolean, start: number): Unnest {
  r.take();
  r.take();
  const list = parseExpr(r);
  r.expect(')', 'expected right paren.');
  const numbered = r.acceptWord('WITH') !== undefined;
  if (numbered && r.acceptWord('ORDINALITY') === undefined) r.failFound('expected ORDINALITY.');
  r.accept('AS');
  let name = r.expect('name', 'expected a name for the element: UNNEST(list) AS x.').text;
  let ordinal: string | undefined;
  if (r.accept('(') !== undefined) {
    name = r.expect('name', 'expected the name of the element.').text;
    if (r.accept(',') !== undefined) ordinal = r.expect('name', 'expected the name of the number of the element.').text;
    r.expect(')', 'expected right paren.');
  }
  // ON TRUE is what other databases ask for
  if (r.accept('ON') !== undefined) r.expect('TRUE', 'expected TRUE: conditions belong in WHERE.');
  return { list, outer, name, ...(ordinal !== undefined && { ordinal }), span: r.spanFrom(start) };
}
