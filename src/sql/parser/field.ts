// One select field: expression, alias, INVISIBLE, and the output name that eKuiper gives it. Called by select.ts and REPLACE(...).
import type { Expr, SelectField, Span } from '../ast.ts';
import { parseExpr } from './expr.ts';
import type { Reader } from './reader.ts';

export function parseField(r: Reader): SelectField {
  const start = r.peek().span;
  const expr = parseExpr(r);
  const parens = expr.parens === true;
  let name = parens ? '' : nameOf(expr);
  let alias: string | undefined;
  let aliasSpan: Span | undefined;
  const as = r.accept('AS');
  if (as !== undefined) {
    const token = r.peek();
    const text = parseAlias(r);
    if (name === '*') throw r.error('SQL_SYNTAX', 'alias is not supported for *', r.spanFrom(as.span));
    // An empty name in back quotes is not an alias in eKuiper.
    if (text !== '') {
      alias = text;
      aliasSpan = token.span;
    }
  }
  if (name === '' && alias === undefined) name = `kuiper_field_${r.unnamedFields++}`;
  const invisible = r.accept('INVISIBLE') !== undefined;
  const span = r.spanFrom(start);
  return alias === undefined ? { expr, name, invisible, parens, span } : { expr, alias, aliasSpan, name, invisible, parens, span };
}

/** Standard SQL takes a text in quotes and reserved words as well. */
function parseAlias(r: Reader): string {
  if (r.standard && (r.peek().type === 'string' || r.peek().type === 'single')) return r.take().text;
  return r.acceptName(NO_ALIAS) ?? r.failFound('expected as alias.');
}

const NO_ALIAS: ReadonlySet<string> = new Set(['FROM']);

function nameOf(expr: Expr): string {
  switch (expr.kind) {
    case 'column':
    case 'call':
      return expr.name;
    case 'timeUnit':
      return expr.name ?? '';
    case 'wildcard':
      return '*';
    default:
      return '';
  }
}
