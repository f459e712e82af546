// Operands of expressions: parentheses, literals, names, calls, CASE, `*`. Called by expr.ts and by the places where eKuiper's
// grammar takes an operand only (lower end of BETWEEN). Calls continue in call.ts.
import type { ArrayExpr, ColumnExpr, Expr, MetaRefExpr, TimeUnit, WildcardExpr } from '../ast.ts';
import { NEGATE_PRECEDENCE, NOT_PRECEDENCE } from '../operators.ts';
import type { Token } from '../tokens.ts';
import { parseCall } from './call.ts';
import { parseCase } from './case.ts';
import { parseExpr } from './expr.ts';
import { atInterval, parseInterval } from './interval.ts';
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
      if (atInterval(r)) return parseInterval(r);
      return r.peek(1).type === '(' ? parseCall(r) : parseName(r);
    case 'int':
      r.take();
      return intLiteral(token.text, span);
    case 'float':
      return floatLiteral(r, r.take(), '');
    case '-':
      return parseNegative(r);
    case '+':
      if (!r.standard) return r.failFound('expected expression.');
      r.take();
      return parseExpr(r, NEGATE_PRECEDENCE);
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
      return {
        kind: 'timeUnit',
        unit: token.type.toLowerCase() as TimeUnit,
        ...(r.standard && { name: r.sql.slice(span.start, span.end) }),
        span,
      };
    case 'CASE':
      return r.nested(() => parseCase(r));
    case '*':
      return parseWildcard(r);
    case 'NOT': {
      if (!r.standard) return r.failFound('expected expression.');
      r.take();
      const operand = parseExpr(r, NOT_PRECEDENCE);
      return { kind: 'not', operand, span: r.spanFrom(span) };
    }
    case '[':
      return r.standard ? r.nested(() => parseArray(r)) : r.failFound('expected expression.');
    default:
      return r.standard && softWords.has(token.type) ? parseName(r) : r.failFound('expected expression.');
  }
}

/** Reserved words that begin nothing: where an operand is expected they are columns in standard SQL. */
const softWords: ReadonlySet<string> = new Set(
  'FILTER OVER PARTITION REPLACE EXCEPT INVISIBLE DEFAULT ASC DESC ON INNER FULL CROSS'.split(' '),
);

function parseArray(r: Reader): ArrayExpr {
  const open = r.take();
  const items: Expr[] = [];
  while (r.accept(']') === undefined) {
    items.push(parseExpr(r));
    if (r.accept(',') !== undefined) continue;
    r.expect(']', 'expected right bracket.');
    break;
  }
  return { kind: 'array', items, span: r.spanFrom(open.span) };
}

function parseParentheses(r: Reader): Expr {
  const open = r.take();
  const inner = parseExpr(r);
  r.expect(')', 'expected right paren.');
  return { ...inner, span: r.spanFrom(open.span), parens: true };
}

/** A minus sign belongs to the number after it; before anything else it is refused, or negates (standard SQL). */
function parseNegative(r: Reader): Expr {
  const number = r.peek(1);
  // `-.5` is one token already, and eKuiper does not take a minus before a dot with something between.
  const digits =
    number.type === 'int' || (number.type === 'float' && (r.standard || (!number.text.startsWith('.') && !number.text.startsWith('-'))));
  if (!digits && r.standard) {
    const sign = r.take();
    const operand = parseExpr(r, NEGATE_PRECEDENCE);
    return { kind: 'negate', operand, span: r.spanFrom(sign.span) };
  }
  if (!digits) return r.failFound('expected expression.');
  const minus = r.take();
  r.take();
  const span = r.spanFrom(minus.span);
  return number.type === 'int' ? intLiteral('-' + number.text, span) : floatLiteral(r, number, '-', span);
}

/** `a`, `a.b`, `a.*`, and `a.` before something that cannot follow a dot (eKuiper then ignores the dot). */
function parseName(r: Reader): ColumnExpr | MetaRefExpr | WildcardExpr {
  const start = r.peek().span;
  const first = r.acceptName()!;
  let second: string | undefined;
  let star: Token | undefined;
  if (r.accept('.') !== undefined) {
    second = r.acceptName();
    if (second === undefined) star = r.accept('*');
  }
  const span = r.spanFrom(start);
  const stream = second === undefined && star === undefined ? undefined : first;
  const name = second ?? star?.text ?? first;
  if (r.inMeta) return stream === undefined ? { kind: 'metaRef', name, span } : { kind: 'metaRef', stream, name, span };
  if (star !== undefined) return { kind: 'wildcard', stream, except: [], replace: [], span };
  return stream === undefined ? { kind: 'column', name, span } : { kind: 'column', stream, name, span };
}
