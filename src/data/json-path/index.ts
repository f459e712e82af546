// JSON path as eKuiper has it (its library's language: paths with filters, scripts, slices, descent, and expressions around them).
// A path is compiled once. Called by the functions json_path_*.
import { rowError } from '../../base/errors/gateway-error.ts';
import type { Value } from '../value.ts';
import { parseJsonPath } from './parser.ts';
import { PathFailure } from './scope.ts';

/** @throws rowError when the path fails on the document */
export type JsonPath = (document: Value) => Value;

/** @throws rowError `parsing error: …` */
export function compileJsonPath(path: string): JsonPath {
  const evaluate = parseJsonPath(path);
  return (document) => {
    try {
      return evaluate({ root: document, current: undefined });
    } catch (error) {
      throw error instanceof PathFailure ? rowError(error.text) : error;
    }
  };
}
