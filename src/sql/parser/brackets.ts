// `object[i]`, `object[from:to]` with either end missing, and `object[]` (everything). Called by expr.ts.
import type { Expr, IndexExpr, SliceExpr } from '../ast.ts';
import { parseExpr } from './expr.ts';
import type { Reader } from './reader.ts';

export function parseBrackets(r: Reader, object: Expr): IndexExpr | SliceExpr {
  r.take();
  if (r.accept(']') !== undefined) return { kind: 'slice', object, span: r.spanFrom(object.span) };
  const from = r.peek().type === ':' ? undefined : parseExpr(r);
  if (from !== undefined && r.accept(']') !== undefined) return { kind: 'index', object, index: from, span: r.spanFrom(object.span) };
  if (r.accept(':') === undefined)
    throw r.error('SQL_SYNTAX', `Unexpected token ${JSON.stringify(r.peek().text)}. when parsing bracket expressions`);
  if (r.accept(']') !== undefined) return { kind: 'slice', object, from, span: r.spanFrom(object.span) };
  const to = parseExpr(r);
  if (r.accept(']') === undefined) throw r.error('SQL_SYNTAX', `Found ${JSON.stringify(r.peek().text)}, expected right bracket.`);
  return { kind: 'slice', object, from, to, span: r.spanFrom(object.span) };
}
