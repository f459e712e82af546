// CASE [value] WHEN .. THEN .. [ELSE ..] END. Called by primary.ts.
import type { CaseExpr, CaseWhen, Expr } from '../ast.ts';
import { parseExpr } from './expr.ts';
import type { Reader } from './reader.ts';

export function parseCase(r: Reader): CaseExpr {
  const start = r.take();
  const value = r.peek().type === 'WHEN' ? undefined : parseExpr(r);
  const whens: CaseWhen[] = [];
  for (let when = r.accept('WHEN'); when !== undefined; when = r.accept('WHEN'))
    whens.push(parseWhen(r, value === undefined, when.span.start));

  if (whens.length === 0 && r.peek().type === 'ELSE') throw r.error('SQL_CASE', 'invalid CASE expression, WHEN expected before ELSE');
  const otherwise = r.accept('ELSE') === undefined ? undefined : parseExpr(r);
  if (whens.length === 0 && r.peek().type === 'END') throw r.error('SQL_CASE', 'invalid CASE expression, WHEN expected before END');
  if (r.accept('END') === undefined) throw r.error('SQL_CASE', 'invalid CASE expression, END expected');
  return { kind: 'case', value, whens, otherwise, span: r.spanFrom(start.span) };
}

function parseWhen(r: Reader, conditional: boolean, start: number): CaseWhen {
  const when = parseExpr(r);
  if (conditional && !r.standard && !isCondition(when)) {
    const hint = when.parens === true ? 'remove the parentheses around the condition' : 'write a comparison, for example x = true';
    throw r.error('SQL_CASE', 'invalid CASE expression, WHEN expression must be a bool condition', when.span, hint);
  }
  if (r.accept('THEN') === undefined) throw r.error('SQL_CASE', 'invalid CASE expression, THEN expected after WHEN');
  return { when, result: parseExpr(r), span: r.spanFrom(start) };
}

/** eKuiper looks at the form only: a boolean column, a call or parentheses are refused. */
function isCondition(expr: Expr): boolean {
  if (expr.parens === true) return false;
  switch (expr.kind) {
    case 'bool':
    case 'between':
    case 'in':
    case 'like':
      return true;
    case 'binary':
      return ['=', '!=', '<', '<=', '>', '>=', 'AND', 'OR'].includes(expr.op);
    default:
      return false;
  }
}
