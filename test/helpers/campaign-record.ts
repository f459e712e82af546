// Records of campaigns, as they lie in bench/results. They are too long for the suites; that a record is of late is the same question for all.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';

const root = join(import.meta.dirname, '../..');
/** A quarter of a year. */
const MAX_AGE_MS = 92 * 86_400_000;

/** @param name file in bench/results */
export const readRecord = (name: string): unknown => JSON.parse(readFileSync(join(root, 'bench/results', name), 'utf8'));

/** No older than a quarter of a year at the last commit, and it says which commits and which Node it is of. */
export function expectOfLate({ at, commits, node }: { at: string; commits: readonly string[]; node: string }): void {
  const committedMs = 1000 * Number(execFileSync('git', ['-C', root, 'log', '-1', '--format=%ct'], { encoding: 'utf8' }));
  expect(committedMs - Date.parse(at)).toBeLessThan(MAX_AGE_MS);
  for (const commit of commits) expect(commit).toMatch(/^[0-9a-f]{7,}$/);
  expect(node).toMatch(/^v\d+\./);
}
