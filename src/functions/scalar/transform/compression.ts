// The methods of compress() and decompress(). Not a function itself.
import { budgetProblem, isBudgetError } from '../../../base/budget.ts';
import { rowError } from '../../../base/errors/gateway-error.ts';
import type { Expr } from '../../../contract/function.ts';
import { toBytes, toTextAlways } from '../../../data/cast.ts';
import { type CompressionName, isCompressionName, pack, unpack } from '../../../data/compression.ts';
import { brief } from '../../../data/go-format.ts';
import type { Value } from '../../../data/value.ts';

/** The body of both functions. The method is fixed by the first row, as in eKuiper.
 *  @throws rowError for other values than text and bytes, an unknown or changed method, and bad data */
export function compileCompression(direction: 'compress' | 'decompress', value: Expr, methodName: Expr): Expr {
  let name: string | undefined;
  let method: CompressionName | undefined;
  return (row) => {
    const v = value(row);
    if (v == null) return null;
    const bytes = bytesOf(v);
    const wanted = toTextAlways(methodName(row));
    method ??= methodNamed(wanted, direction);
    name ??= wanted;
    if (name !== wanted) throw rowError(`${direction} type must be consistent, previous ${name}, now ${wanted}`);
    try {
      return direction === 'compress' ? pack(method, bytes) : unpack(method, bytes, budgetProblem);
    } catch (error) {
      if (isBudgetError(error)) throw error;
      throw rowError(`failed to ${direction}: ${(error as Error).message}`);
    }
  };
}

function bytesOf(v: Value): Uint8Array {
  if (typeof v !== 'string' && !(v instanceof Uint8Array)) throw rowError(`require string or bytea parameter, but got ${brief(v)}`);
  return toBytes(v, 'sameKind');
}

function methodNamed(name: string, direction: 'compress' | 'decompress'): CompressionName {
  if (!isCompressionName(name)) throw rowError(`unsupported ${direction}or: ${name}`);
  return name;
}
