// Operands of expressions: parentheses, literals, names, calls, CASE, `*`. Called by expr.ts and by the places where eKuiper's
// grammar takes an operand only (lower end of BETWEEN). Calls continue in call.ts.
import type { ColumnExpr, Expr, MetaRefExpr, TimeUnit, WildcardExpr } from '../ast.ts';
import type { Token } from '../tokens.ts';
import { parseCall } from './call.ts';
import { parseCase } from './case.ts';
import { parseExpr } from './expr.ts';
import { floatLiteral, intLiteral } from './numbers.ts';
import type { Reader } from './reader.ts';
import { parseWildcard } from './wildcard.ts';

export function parsePrimary(r: Reader): Expr {
  const token = r.peek();
  const span = token.span;
  switch (token.type) {
    case '(':
      return parseParentheses(r);
    case 'name':
      return r.peek(1).type === '(' ? parseCall(r) : parseName(r);
    case 'int':
      r.take();
      return intLiteral(token.text, span);
    case 'float':
      return floatLiteral(r, r.take(), '');
    case '-':
      return parseNegative(r);
    case 'string':
    case 'single':
      r.take();
      return { kind: 'string', value: token.text, span };
    case 'TRUE':
    case 'FALSE':
      r.take();
      return { kind: 'bool', value: token.type === 'TRUE', span };
    case 'DD':
    case 'HH':
    case 'MI':
    case 'SS':
    case 'MS':
      r.take();
      return { kind: 'timeUnit', unit: token.type.toLowerCase() as TimeUnit, span };
    case 'CASE':
      return r.nested(() => parseCase(r));
    case '*':
      return parseWildcard(r);
    default:
      return r.failFound('expected expression.');
  }
}

function parseParentheses(r: Reader): Expr {
  const open = r.take();
  const inner = parseExpr(r);
  r.expect(')', 'expected right paren.');
  return { ...inner, span: r.spanFrom(open.span), parens: true };
}

/** A minus sign belongs to the number after it; before anything else it is refused. */
function parseNegative(r: Reader): Expr {
  const number = r.peek(1);
  // `-.5` is one token already, and eKuiper does not take a minus before a dot with something between.
  const digits = number.type === 'int' || (number.type === 'float' && !number.text.startsWith('.') && !number.text.startsWith('-'));
  if (!digits) return r.failFound('expected expression.');
  const minus = r.take();
  r.take();
  const span = r.spanFrom(minus.span);
  return number.type === 'int' ? intLiteral('-' + number.text, span) : floatLiteral(r, number, '-', span);
}

/** `a`, `a.b`, `a.*`, and `a.` before something that cannot follow a dot (eKuiper then ignores the dot). */
function parseName(r: Reader): ColumnExpr | MetaRefExpr | WildcardExpr {
  const first = r.take();
  let second: Token | undefined;
  if (r.accept('.') !== undefined) second = r.accept('name') ?? r.accept('*');
  const span = r.spanFrom(first.span);
  const stream = second === undefined ? undefined : first.text;
  const name = (second ?? first).text;
  if (r.inMeta) return stream === undefined ? { kind: 'metaRef', name, span } : { kind: 'metaRef', stream, name, span };
  if (second?.type === '*') return { kind: 'wildcard', stream, except: [], replace: [], span };
  return stream === undefined ? { kind: 'column', name, span } : { kind: 'column', stream, name, span };
}
