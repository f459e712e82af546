// The arguments of the JSON path functions. Not a function itself.
import { messageOf, rowError } from '../../../base/errors/gateway-error.ts';
import type { ArgFact, Expr } from '../../../contract/function.ts';
import { brief } from '../../../data/go-format.ts';
import { compileJsonPath, type JsonPath } from '../../../data/json-path/index.ts';
import { parseJsonText } from '../../../data/json-text.ts';
import type { Tuple } from '../../../data/tuple.ts';
import { isStruct, type Value } from '../../../data/value.ts';

/** @throws Error when the rule is made: the path must be a literal */
export function checkPathLiteral(args: readonly ArgFact[]): void {
  if (args[1]?.node !== 'string') throw new Error('Expect string type for parameter 2');
}

/** @param standard texts in the path may stand in single quotes too (RFC 9535)
 *  @returns row → what the path selects   @throws rowError per row for a bad path, for null and for values without members */
export function compilePathQuery(value: Expr, path: Expr, standard: boolean | undefined): (row: Tuple) => Value {
  let compiled: JsonPath | undefined; // the path is a literal: one per call
  return (row) => {
    compiled ??= compileJsonPath(path(row) as string, standard === true);
    return compiled(documentOf(value(row)));
  };
}

function documentOf(v: Value): Value {
  if (typeof v === 'string') return parseDocument(v);
  if (Array.isArray(v) || isStruct(v)) return v;
  throw rowError(`invalid data ${v == null ? 'nil' : brief(v)} for jsonpath`);
}

function parseDocument(text: string): Value {
  try {
    return parseJsonText(text);
  } catch (error) {
    throw rowError(`data '${text}' is not a valid json string (${messageOf(error)})`);
  }
}
