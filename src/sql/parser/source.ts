// A source of FROM or JOIN: name and alias. eKuiper's grammar also takes the pieces of an MQTT topic (`a/b/#`), written together.
import type { SourceRef } from '../ast.ts';
import type { Reader } from './reader.ts';
import { parseQuery } from './select.ts';

const isPiece = (type: string) => type === 'name' || type === '/' || type === '#' || type === '+';

/** `(SELECT …) AS name` */
function parseSubSelect(r: Reader): SourceRef {
  const open = r.take();
  const query = parseQuery(r);
  r.expect(')', 'expected right paren.');
  r.accept('AS');
  const token = r.peek();
  if (token.type !== 'name' || !isAlias(r)) return r.failFound('expected a name for the sub-select: (SELECT …) AS x.');
  r.take();
  return { query, name: token.text, nameSpan: token.span, span: r.spanFrom(open.span) };
}

/** Words that go on with the statement behind a source; they are no reserved words. */
const FOLLOWING = ['QUALIFY', 'UNION', 'ASOF', 'OUTER', 'OFFSET'];

/** `FROM demo d`: standard SQL. */
const hasBareAlias = (r: Reader): boolean => r.standard && r.peek().type === 'name' && isAlias(r);
const isAlias = (r: Reader): boolean => !FOLLOWING.some((word) => r.atWord(word));

export function parseSource(r: Reader): SourceRef {
  const first = r.peek();
  if (r.standard && first.type === '(') return r.nested(() => parseSubSelect(r));
  let name = '';
  // Pieces with a blank between them are not one name: eKuiper joins `demo d` to `demod`, which never exists.
  for (let end = first.span.start; isPiece(r.peek().type) && r.peek().span.start === end; ) {
    const piece = r.take();
    name += piece.text;
    end = piece.span.end;
  }
  if (name === '') return r.failFound(first.type === '(' ? 'expected EOF.' : 'expected the name of a stream or table.');
  const nameSpan = r.spanFrom(first.span);
  if (r.accept('AS') === undefined && !hasBareAlias(r)) return { name, nameSpan, span: nameSpan };
  const alias = r.expect('name', 'expected as alias.').text;
  return { name, nameSpan, alias, span: r.spanFrom(first.span) };
}
