// Member access: `object->name`, and `.name` after the first dot. Called by expr.ts.
import type { Expr, MemberExpr } from '../ast.ts';
import { parsePrimary } from './primary.ts';
import type { Reader } from './reader.ts';

export function parseMember(r: Reader, object: Expr): MemberExpr {
  r.take();
  const quoted = r.standard && (r.peek().type === 'string' || r.peek().type === 'single');
  if (quoted || r.peek(1).type !== '(') {
    const name = quoted ? r.take().text : r.acceptName();
    if (name !== undefined) return { kind: 'member', object, name, span: r.spanFrom(object.span) };
  }
  // eKuiper takes any operand here (`a->1`) and fails for each row that has an object on the left.
  const computed = parsePrimary(r);
  return { kind: 'member', object, name: '', computed, span: r.spanFrom(object.span) };
}
