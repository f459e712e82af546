// Where standard SQL and eKuiper differ on recorded vectors: test/compat/sql-differences.json, read by conformance.ts (which fails on a difference
// that is not listed, and on an entry that is none any more) and by sql-differences.ts (which prints docs/sql-differences.md).
import { readFileSync } from 'node:fs';

export const DIFFERENCES = 'test/compat/sql-differences.json';

export interface SqlDifference {
  id: string;
  /** What SQL says, in one sentence. */
  rule: string;
  /** What eKuiper does. */
  ekuiper: string;
  /** A statement, what an engine from outside answers to it, and what eKuiper does. */
  outside: { engine: string; sql: string; answer: string };
  /** `area/name what` of the recorded checks that differ by it; [] when no vector shows it. */
  vectors: string[];
}

export const readDifferences = (): SqlDifference[] => JSON.parse(readFileSync(DIFFERENCES, 'utf8')) as SqlDifference[];

export const listedDifferences = (): string[] => readDifferences().flatMap((d) => d.vectors);
