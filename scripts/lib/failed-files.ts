// Reads vitest's JSON report: which files failed, and which tests of them.
import { relative } from 'node:path';

/** The part of the report that we read; vitest writes it as Jest does. */
interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

export interface FailedFile {
  /** Path from `root`. */
  readonly file: string;
  /** Full names of its failed tests; empty when the file itself could not be run. */
  readonly tests: readonly string[];
}

/**
 * @param json the report
 * @param root absolute folder that the paths are given from
 */
export function failedFiles(json: string, root: string): FailedFile[] {
  return (JSON.parse(json) as Report).testResults
    .filter((result) => result.status === 'failed')
    .map((result) => ({
      file: relative(root, result.name),
      tests: result.assertionResults.filter((test) => test.status === 'failed').map((test) => test.fullName),
    }));
}
