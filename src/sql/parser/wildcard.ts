// `*` with EXCEPT(...) and REPLACE(...). `stream.*` is read by primary.ts and takes neither, as in eKuiper.
import type { MetaRefExpr, SelectField, WildcardExpr } from '../ast.ts';
import { parseField } from './field.ts';
import type { Reader } from './reader.ts';

export function parseWildcard(r: Reader): WildcardExpr | MetaRefExpr {
  const star = r.take();
  if (r.inMeta) {
    const next = r.peek();
    if (next.type === 'EXCEPT' || next.type === 'REPLACE')
      throw r.error('SQL_SYNTAX', `${JSON.stringify(next.text)} is not supported in meta function`);
    return { kind: 'metaRef', name: '*', span: star.span };
  }
  let except: readonly string[] = [];
  let replace: readonly SelectField[] = [];
  for (;;) {
    if (r.accept('EXCEPT') !== undefined) except = parseExcept(r);
    else if (r.accept('REPLACE') !== undefined) replace = parseReplace(r);
    else return { kind: 'wildcard', except, replace, span: r.spanFrom(star.span) };
  }
}

/** Commas are optional and the list may be empty: eKuiper's grammar. */
function parseExcept(r: Reader): string[] {
  if (r.accept('(') === undefined)
    throw r.error('SQL_SYNTAX', `Found ${JSON.stringify(r.peek().text)} after EXCEPT, expect left parentheses.`);
  const names: string[] = [];
  while (r.accept(')') === undefined) {
    if (r.accept(',') !== undefined) continue;
    if (r.peek().type !== 'name') throw r.error('SQL_SYNTAX', `Found ${JSON.stringify(r.peek().text)} in EXCEPT`);
    names.push(r.take().text);
  }
  return names;
}

function parseReplace(r: Reader): SelectField[] {
  if (r.accept('(') === undefined)
    throw r.error('SQL_SYNTAX', `Found ${JSON.stringify(r.peek().text)} after REPLACE, expect left parentheses.`);
  const fields = [r.nested(() => parseField(r))];
  while (r.accept(',') !== undefined) fields.push(r.nested(() => parseField(r)));
  if (r.accept(')') === undefined) throw r.error('SQL_SYNTAX', `Found ${JSON.stringify(r.peek().text)} in REPLACE`);
  return fields;
}
