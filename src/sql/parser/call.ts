// Function calls `name(args) [OVER (...)]`. Windows look like calls and are handed to window.ts. Which functions exist, and which
// may have OVER, is not known here (checks/over.ts, plan/bind).
import type { CallExpr, Expr, WindowExpr } from '../ast.ts';
import { parseTypeName } from './cast.ts';
import { acceptDistinct } from './distinct.ts';
import { parseExpr } from './expr.ts';
import { parseFilter } from './filter.ts';
import { atLambda, parseLambda } from './lambda.ts';
import { parseCallOver } from './over.ts';
import type { Reader } from './reader.ts';
import { parseWindow, windowTypeOf } from './window.ts';

export function parseCall(r: Reader): CallExpr | WindowExpr {
  const name = r.take();
  const outerMeta = r.inMeta;
  r.inMeta = ['meta', 'mqtt'].includes(name.text.toLowerCase());
  r.take();
  const distinct = r.standard && acceptDistinct(r);
  const args = r.nested(() => parseArguments(r, name.text));
  r.inMeta = outerMeta;

  const windowType = windowTypeOf(name.text);
  if (windowType !== undefined) return parseWindow(r, name, windowType, args);
  const filter = r.standard ? parseFilter(r) : undefined;
  const over = parseCallOver(r);
  return {
    kind: 'call',
    name: name.text,
    nameSpan: name.span,
    args,
    ...(distinct && { distinct }),
    ...(filter !== undefined && { filter }),
    ...(over !== undefined && { over }),
    span: r.spanFrom(name.span),
  };
}

/** Calls that take `x AS type`. */
const castNames: ReadonlySet<string> = new Set(['cast', 'try_cast']);

/** After `(`, to `)`; a comma before `)` is allowed. */
function parseArguments(r: Reader, name: string): Expr[] {
  const args: Expr[] = [];
  while (r.accept(')') === undefined) {
    args.push(atLambda(r, name, args.length) ? r.nested(() => parseLambda(r)) : parseExpr(r));
    if (r.standard && args.length === 1 && castNames.has(name.toLowerCase()) && r.accept('AS') !== undefined) args.push(parseTypeName(r));
    if (r.accept(',') !== undefined) continue;
    if (r.accept(')') !== undefined) break;
    throw r.error(
      'SQL_SYNTAX',
      `found function call ${JSON.stringify(name.toLowerCase())}, expected ), but with ${JSON.stringify(r.peek().text)}.`,
    );
  }
  return args;
}
