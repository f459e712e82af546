// Lambdas: `x -> x > 3`, `(x, i) -> x * i`. The arrow is also the one of JSON (`o->v`), so only the arguments of the functions named here are lambdas, and
// there only a name (or names in parentheses) at the very beginning (docs/adr/0211). Within the body an arrow is JSON's. Called by call.ts.
import type { LambdaExpr } from '../ast.ts';
import { parseExpr } from './expr.ts';
import type { Reader } from './reader.ts';

/** Function → index of its lambda. */
const lambdaArguments: Readonly<Record<string, number>> = {
  array_all: 1,
  array_any: 1,
  array_filter: 1,
  array_find: 1,
  array_map: 1,
  array_max_by: 1,
  array_min_by: 1,
  array_reduce: 2,
  array_sort_by: 1,
  array_sum: 1,
  array_transform: 1,
};

/** @param index of the argument that comes */
export function atLambda(r: Reader, name: string, index: number): boolean {
  const lower = name.toLowerCase();
  if (!r.standard || !Object.hasOwn(lambdaArguments, lower) || lambdaArguments[lower] !== index) return false;
  if (r.peek().type === 'name') return r.peek(1).type === '->';
  if (r.peek().type !== '(') return false;
  let ahead = 1;
  while (r.peek(ahead).type === 'name' && r.peek(ahead + 1).type === ',') ahead += 2;
  return r.peek(ahead).type === 'name' && r.peek(ahead + 1).type === ')' && r.peek(ahead + 2).type === '->';
}

export function parseLambda(r: Reader): LambdaExpr {
  const { span } = r.peek();
  const params: string[] = [];
  const many = r.accept('(') !== undefined;
  do {
    const token = r.take();
    if (params.includes(token.text)) throw r.error('SQL_SYNTAX', `two parameters are called ${token.text}`, token.span);
    params.push(token.text);
  } while (r.accept(',') !== undefined);
  if (many) r.take();
  r.take();
  const body = parseExpr(r);
  return { kind: 'lambda', params, body, span: r.spanFrom(span) };
}
