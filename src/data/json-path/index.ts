// JSON path as eKuiper has it (its library's language: paths with filters, scripts, slices, descent, and expressions around them).
// A path is compiled once. Called by the functions json_path_*.
import { rowError } from '../../base/errors/gateway-error.ts';
import type { Value } from '../value.ts';
import { parseJsonPath } from './parser.ts';
import { PathFailure } from './scope.ts';

/** @throws rowError when the path fails on the document */
export type JsonPath = (document: Value) => Value;

/** @param anyQuotes texts of any length may stand in single quotes (RFC 9535); otherwise these hold one character, as in Go
 *  @throws rowError `parsing error: …` */
export function compileJsonPath(path: string, anyQuotes = false): JsonPath {
  const evaluate = parseJsonPath(path, anyQuotes);
  return (document) => {
    try {
      return evaluate({ root: document, current: undefined });
    } catch (error) {
      throw error instanceof PathFailure ? rowError(error.text) : error;
    }
  };
}
