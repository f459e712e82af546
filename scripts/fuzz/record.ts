// The figures of all fuzz runs, as they are committed: what clones that are gone have run (`earlier`) and what this one has. Written by scripts/fuzz.ts, read by a test.
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

interface Counts {
  guided: number;
  mutated: number;
}

export interface FuzzRecord {
  at: string;
  node: string;
  version: string;
  /** Seed of the first round; each round adds a prime to it. */
  seed: number;
  /** Inputs that ran in other clones, on the code of then; they are part of the counts below. */
  earlier: { at: string; version: string; targets: Record<string, Counts> };
  totals: { targets: number; guided: number; mutated: number; edges: number; leastPerTarget: number };
  targets: Record<string, { guided: number; mutated: number; edges: number; corpus: number; found: number }>;
}

/** @param earlier of the record that is there */
export function recordOf(own: readonly (readonly [string, FuzzState])[], earlier: FuzzRecord['earlier']): FuzzRecord {
  const states = own.map(([name, s]) => {
    const before = earlier.targets[name] ?? { guided: 0, mutated: 0 };
    return [name, { ...s, guided: s.guided + before.guided, mutated: s.mutated + before.mutated }] as const;
  });
  const sum = (of: (s: FuzzState) => number) => states.reduce((n, [, s]) => n + of(s), 0);
  const { version } = JSON.parse(readFileSync(path.join(import.meta.dirname, '../../package.json'), 'utf8')) as { version: string };
  return {
    at: new Date().toISOString(),
    node: process.version,
    version,
    seed: 1,
    earlier,
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
