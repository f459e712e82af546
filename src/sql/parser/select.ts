// SELECT statements, clause by clause in their fixed order. Called by index.ts.
import type { Expr, Join, JoinType, Limit, NamedQuery, SelectField, SelectStatement, SortItem, Unnest, WindowExpr } from '../ast.ts';
import type { Token } from '../tokens.ts';
import { acceptDistinct } from './distinct.ts';
import { parseExpr } from './expr.ts';
import { parseField } from './field.ts';
import { parseSortItems } from './order.ts';
import type { Reader } from './reader.ts';
import { parseSource } from './source.ts';
import { atUnnest, parseUnnest } from './unnest.ts';

/** From SELECT on, up to the end of the text or a semicolon (what follows a semicolon is ignored, as in eKuiper). */
export function parseSelectStatement(r: Reader): SelectStatement {
  const statement = parseQuery(r);
  parseEnd(r, statement.from.alias === undefined);
  return statement;
}

/** `[WITH …] SELECT … [UNION ALL SELECT …]`: alone, in WITH, or in FROM. */
export function parseQuery(r: Reader): SelectStatement {
  const start = r.peek().span;
  const steps = atWith(r) ? parseWith(r) : undefined;
  const first = parseOne(r);
  const union: SelectStatement[] = [];
  while (r.standard && r.acceptWord('UNION') !== undefined) {
    if (r.acceptWord('ALL') === undefined)
      throw r.error(
        'SQL_SYNTAX',
        `found ${JSON.stringify(r.peek().text)}, expected ALL.`,
        undefined,
        'write UNION ALL: a stream has no end, so its rows cannot be made different',
      );
    union.push(parseOne(r));
  }
  if (steps === undefined && union.length === 0) return first;
  return { ...(steps && { with: steps }), ...first, ...(union.length > 0 && { union }), span: r.spanFrom(start) };
}

/** `with` is no reserved word. */
export const atWith = (r: Reader): boolean => r.standard && r.atWord('WITH') && r.peek(1).type === 'name' && r.peek(2).type === 'AS';

function parseWith(r: Reader): NamedQuery[] {
  r.take();
  const steps: NamedQuery[] = [];
  do {
    const name = r.expect('name', 'expected the name of a step.');
    if (steps.some((s) => s.name === name.text)) throw r.error('SQL_SYNTAX', `two steps are called ${name.text}`, name.span);
    r.expect('AS', 'expected AS.');
    r.expect('(', 'expected a SELECT in parentheses.');
    const query = r.nested(() => parseQuery(r));
    r.expect(')', 'expected right paren.');
    steps.push({ name: name.text, nameSpan: name.span, query, span: r.spanFrom(name.span) });
  } while (r.accept(',') !== undefined);
  return steps;
}

function parseOne(r: Reader): SelectStatement {
  const start = r.expect('SELECT', 'expected SELECT.');
  const unnamedBefore = r.unnamedFields;
  r.unnamedFields = 0;
  const distinct = r.standard ? acceptDistinct(r) : undefined;
  const fields: SelectField[] = [];
  do fields.push(parseField(r));
  while (r.accept(',') !== undefined);
  if (r.accept('FROM') === undefined) r.failFound('expected FROM.');
  const from = parseSource(r);
  const unnests: Unnest[] = [];
  const joins = parseJoins(r, unnests);
  const where = r.accept('WHERE') === undefined ? undefined : parseExpr(r);
  const dimensions = parseDimensions(r);
  const having = r.accept('HAVING') === undefined ? undefined : parseExpr(r);
  const qualify = r.standard && r.acceptWord('QUALIFY') !== undefined ? parseExpr(r) : undefined;
  const orderBy: readonly SortItem[] = r.peek().type === 'ORDER' ? parseSortItems(r) : [];
  const limit = parseLimit(r);
  const span = r.spanFrom(start.span);
  r.unnamedFields = unnamedBefore;

  const isWindow = (expr: Expr): expr is WindowExpr => expr.kind === 'window' && expr.parens !== true;
  const [window, ...ignoredWindows] = dimensions.filter(isWindow);
  const groupBy = dimensions.filter((expr) => !isWindow(expr));
  return {
    kind: 'select',
    ...(distinct && { distinct }),
    fields,
    from,
    joins,
    ...(unnests.length > 0 && { unnests }),
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

/** @param unnests gets the lists of UNNEST, which are read among the joins */
function parseJoins(r: Reader, unnests: Unnest[]): Join[] {
  const joins: Join[] = [];
  for (;;) {
    const first = r.peek();
    const words = unnestWords(r);
    if (words > 0) {
      for (let i = 0; i < words; i++) r.take();
      unnests.push(parseUnnest(r, first.type === 'LEFT', first.span.start));
      continue;
    }
    if (atAsOf(r)) {
      r.take();
      const type = r.accept('LEFT') === undefined ? 'inner' : 'left';
      r.acceptWord('OUTER');
      joins.push({ ...parseJoin(r, first, type), asOf: true });
      continue;
    }
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

/** `ASOF JOIN`, `ASOF LEFT JOIN` */
const atAsOf = (r: Reader): boolean => r.standard && r.atWord('ASOF') && (r.peek(1).type === 'JOIN' || r.peek(1).type === 'LEFT');

/** @returns how many words stand before UNNEST: `,`, `JOIN`, `CROSS JOIN`, `LEFT OUTER JOIN`; 0 when it does not come */
function unnestWords(r: Reader): number {
  if (r.peek().type === ',' || r.peek().type === 'JOIN') return atUnnest(r, 1) ? 1 : 0;
  if (!['CROSS', 'LEFT', 'INNER'].includes(r.peek().type)) return 0;
  const words = r.atWord('OUTER', 1) ? 3 : 2;
  return r.peek(words - 1).type === 'JOIN' && atUnnest(r, words) ? words : 0;
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
