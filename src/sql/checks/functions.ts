// What the checks need to know of functions: a small part of contract/function.ts, stated here since sql/ stands above contract/.
// Any FunctionCatalogue of the contract fits.
import type { CallExpr } from '../ast.ts';

export interface FunctionFacts {
  readonly name: string;
  readonly kind: 'scalar' | 'aggregate' | 'analytic' | 'table' | 'window';
  /** Analytic: updated only for rows that pass WHERE (last_hit_count). */
  readonly afterWhere?: boolean;
  /** No function of eKuiper, which lets none of the above be partitioned. */
  readonly onlyStandard?: true;
  /** Analytic: makes several columns (changed_cols). */
  readonly columns?: true;
  /** Window function that is computed over the whole collection (row_number); the others read the row's window. */
  readonly over?: unknown;
}

export interface FunctionNames {
  get(name: string): FunctionFacts | undefined;
  names(): readonly string[];
}

/** Built-in functions are found in any case and shown in lower case; plugin functions only in their own. */
export function callName(call: CallExpr, functions: FunctionNames): string {
  const lower = call.name.toLowerCase();
  return functions.get(call.name) !== undefined && functions.get(lower) !== undefined ? lower : call.name;
}
