// Casts as other databases write them: `CAST(x AS bigint)`, `x::bigint`. Both are read as the call that eKuiper has, `cast(x, "bigint")`.
// Standard SQL only. Called by call.ts and expr.ts.
import type { CallExpr, Expr, StringLiteral } from '../ast.ts';
import { didYouMean } from '../suggest.ts';
import type { Reader } from './reader.ts';

/** Names of types elsewhere, and here. */
const types: Readonly<Record<string, string>> = {
  bigint: 'bigint',
  int: 'bigint',
  int8: 'bigint',
  integer: 'bigint',
  long: 'bigint',
  smallint: 'bigint',
  tinyint: 'bigint',
  float: 'float',
  float8: 'float',
  double: 'float',
  real: 'float',
  numeric: 'float',
  decimal: 'float',
  string: 'string',
  text: 'string',
  varchar: 'string',
  char: 'string',
  boolean: 'boolean',
  bool: 'boolean',
  bytea: 'bytea',
  blob: 'bytea',
  datetime: 'datetime',
  timestamp: 'datetime',
};

/** The name of a type, with a length that means nothing here: `VARCHAR(20)`. */
export function parseTypeName(r: Reader): StringLiteral {
  const token = r.expect('name', 'expected the name of a type.');
  const lower = token.text.toLowerCase();
  const type = Object.hasOwn(types, lower) ? types[lower] : undefined;
  if (type === undefined)
    throw r.error(
      'SQL_SYNTAX',
      `found ${JSON.stringify(token.text)}, expected the name of a type.`,
      token.span,
      didYouMean(token.text, Object.keys(types)) ?? 'types are bigint, float, string, boolean, bytea and datetime',
    );
  if (lower === 'double' && r.atWord('PRECISION')) r.take();
  return { kind: 'string', value: type, span: r.spanFrom(token.span) };
}

/** `value::type`, from `::` on. */
export function parseTyped(r: Reader, value: Expr): CallExpr {
  const sign = r.take();
  const type = parseTypeName(r);
  return { kind: 'call', name: 'cast', nameSpan: sign.span, args: [value, type], span: r.spanFrom(value.span) };
}
