// SELECT statements, clause by clause in their fixed order. Called by index.ts.
import type { Expr, Join, JoinType, Limit, SelectField, SelectStatement, SortItem, WindowExpr } from '../ast.ts';
import type { Token } from '../tokens.ts';
import { acceptDistinct } from './distinct.ts';
import { parseExpr } from './expr.ts';
import { parseField } from './field.ts';
import { parseSortItems } from './order.ts';
import type { Reader } from './reader.ts';
import { parseSource } from './source.ts';

/** From SELECT on, up to the end of the text or a semicolon (what follows a semicolon is ignored, as in eKuiper). */
export function parseSelectStatement(r: Reader): SelectStatement {
  const start = r.take();
  const distinct = r.standard ? acceptDistinct(r) : undefined;
  const fields: SelectField[] = [];
  do fields.push(parseField(r));
  while (r.accept(',') !== undefined);
  if (r.accept('FROM') === undefined) r.failFound('expected FROM.');
  const from = parseSource(r);
  const joins = parseJoins(r);
  const where = r.accept('WHERE') === undefined ? undefined : parseExpr(r);
  const dimensions = parseDimensions(r);
  const having = r.accept('HAVING') === undefined ? undefined : parseExpr(r);
  const qualify = r.standard && r.acceptWord('QUALIFY') !== undefined ? parseExpr(r) : undefined;
  const orderBy: readonly SortItem[] = r.peek().type === 'ORDER' ? parseSortItems(r) : [];
  const limit = parseLimit(r);
  const span = r.spanFrom(start.span);
  parseEnd(r, from.alias === undefined);

  const isWindow = (expr: Expr): expr is WindowExpr => expr.kind === 'window' && expr.parens !== true;
  const [window, ...ignoredWindows] = dimensions.filter(isWindow);
  const groupBy = dimensions.filter((expr) => !isWindow(expr));
  return {
    kind: 'select',
    ...(distinct && { distinct }),
    fields,
    from,
    joins,
    where,
    groupBy,
    window,
    ignoredWindows,
    having,
    ...(qualify !== undefined && { qualify }),
    orderBy,
    limit,
    span,
  };
}

/** The end of a statement: `;` or the end of the text. */
export function parseEnd(r: Reader, aliasHint = false): void {
  if (r.accept(';') !== undefined || r.peek().type === 'end') return;
  const found = r.peek();
  const hint =
    found.type === ','
      ? 'several sources are joined: FROM a INNER JOIN b ON a.id = b.id GROUP BY TUMBLINGWINDOW(ss, 10)'
      : aliasHint && found.type === 'name' && r.peek(1).type === 'end'
        ? `an alias needs AS: AS ${found.text}`
        : undefined;
  throw r.error('SQL_SYNTAX', `found ${JSON.stringify(found.text)}, expected EOF.`, undefined, found.hint ?? hint);
}

function parseJoins(r: Reader): Join[] {
  const joins: Join[] = [];
  for (;;) {
    const first = r.peek();
    if (r.standard && first.type === 'JOIN') {
      joins.push(parseJoin(r, first, 'inner'));
      continue;
    }
    if (!['INNER', 'LEFT', 'RIGHT', 'FULL', 'CROSS'].includes(first.type)) return joins;
    r.take();
    if (r.standard && ['LEFT', 'RIGHT', 'FULL'].includes(first.type)) r.acceptWord('OUTER');
    joins.push(parseJoin(r, first, first.type.toLowerCase() as JoinType));
  }
}

/** From JOIN on. */
function parseJoin(r: Reader, first: Token, type: JoinType): Join {
  if (r.accept('JOIN') === undefined) {
    const hint = r.atWord('OUTER') ? `write ${first.text} JOIN without OUTER` : undefined;
    throw r.error('SQL_SYNTAX', `found ${JSON.stringify(r.peek().text)}, expected JOIN key word.`, undefined, hint);
  }
  const source = parseSource(r);
  if (type === 'cross' && r.peek().type === 'ON')
    throw r.error('SQL_SYNTAX', 'On expression is not required for cross join type.', undefined, 'write INNER JOIN, or leave ON away');
  const on = r.accept('ON') === undefined ? undefined : parseExpr(r);
  return { type, source, on, span: r.spanFrom(first.span) };
}

function parseDimensions(r: Reader): Expr[] {
  if (r.accept('GROUP') === undefined) return [];
  r.expect('BY', 'expected BY statement.');
  const dimensions: Expr[] = [];
  do dimensions.push(parseExpr(r));
  while (r.accept(',') !== undefined);
  return dimensions;
}

function parseLimit(r: Reader): Limit | undefined {
  const start = r.accept('LIMIT');
  if (start === undefined) return undefined;
  const count = parseExpr(r);
  if (count.kind !== 'int' || count.parens === true) throw r.error('SQL_LIMIT', 'limit should be integer', count.span);
  return { count: count.value, span: r.spanFrom(start.span) };
}
