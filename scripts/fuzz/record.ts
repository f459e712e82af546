// The figures of all fuzz runs of this clone, as they are committed. Written by scripts/fuzz.ts, read by a test.
import { readFileSync } from 'node:fs';
import path from 'node:path';

export interface FuzzState {
  /** Inputs that ran under coverage, and without. */
  guided: number;
  mutated: number;
  edges: number;
  rounds: number;
  /** Inputs kept. */
  corpus: number;
  findings: { id: string; kind: string; input: string; text: string }[];
}

export interface FuzzRecord {
  at: string;
  node: string;
  version: string;
  /** Seed of the first round; each round adds a prime to it. */
  seed: number;
  totals: { targets: number; guided: number; mutated: number; edges: number; leastPerTarget: number };
  targets: Record<string, { guided: number; mutated: number; edges: number; corpus: number; found: number }>;
}

export function recordOf(states: readonly (readonly [string, FuzzState])[]): FuzzRecord {
  const sum = (of: (s: FuzzState) => number) => states.reduce((n, [, s]) => n + of(s), 0);
  const { version } = JSON.parse(readFileSync(path.join(import.meta.dirname, '../../package.json'), 'utf8')) as { version: string };
  return {
    at: new Date().toISOString(),
    node: process.version,
    version,
    seed: 1,
    totals: {
      targets: states.length,
      guided: sum((s) => s.guided),
      mutated: sum((s) => s.mutated),
      edges: sum((s) => s.edges),
      leastPerTarget: Math.min(...states.map(([, s]) => s.guided + s.mutated)),
    },
    targets: Object.fromEntries(
      states.map(([name, s]) => [
        name,
        { guided: s.guided, mutated: s.mutated, edges: s.edges, corpus: s.corpus, found: s.findings.length },
      ]),
    ),
  };
}
