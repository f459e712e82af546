// The loop: choose, mutate, run, keep what reached something new. Runs in the thread of worker.ts.
import { type Coverage, createCoverage } from './coverage.ts';
import type { Branches } from './instrument.ts';
import { createMutator, createRandom } from './mutate.ts';
import type { Run, Target } from './target.ts';

export interface LoopOptions {
  target: Target;
  run: Run;
  seed: number;
  corpus: Uint8Array[];
  /** Absent: inputs are mutated without looking at what they reach, which is many times faster. */
  coverage?: Coverage;
  /** Called with each input before it runs: whoever watches can tell what hangs. */
  before(input: Uint8Array): void;
  /** An input that made the target throw. */
  fault(input: Uint8Array, error: unknown): void;
}

export interface Loop {
  /** Runs so many inputs. */
  go(count: number): Promise<void>;
  /** All inputs worth keeping, grown by what was found. */
  readonly corpus: readonly Uint8Array[];
  readonly executions: number;
  /** Branches reached. */
  readonly edges: number;
}

/** Inputs between two turns of the event loop. */
const BATCH = 96;

export function createLoop({ target, run, seed, corpus, coverage, before, fault }: LoopOptions): Loop {
  const random = createRandom(seed);
  const { mutate } = createMutator(random, target.words ?? [], target.maxBytes);
  let executions = 0;

  const one = async (input: Uint8Array): Promise<void> => {
    executions++;
    before(input);
    try {
      const result = run(input);
      if (result) await result;
    } catch (error) {
      fault(input, error);
    }
  };
  /** What each input of the corpus costs; empty without coverage. */
  const works: number[] = [];
  /** New finds are tried more often than old ones, cheap ones more often than dear ones. */
  const choose = (): Uint8Array => {
    const n = corpus.length;
    if (random(4) === 0) return corpus[n - 1 - random(Math.min(n, 8))]!;
    const a = random(n);
    const b = random(n);
    return corpus[(works[b] ?? 0) < (works[a] ?? 0) ? b : a]!;
  };

  let begun = false;
  const begin = async (): Promise<void> => {
    begun = true;
    if (corpus.length === 0) corpus.push(new Uint8Array(0));
    if (!coverage) return;
    coverage.reset();
    for (const input of [...corpus]) {
      await one(input);
      coverage.take();
      works.push(coverage.work);
    }
  };

  return {
    async go(count) {
      if (!begun) await begin();
      const end = executions + count;
      while (executions < end) {
        // handles and promises of the code under test end in turns of the event loop
        await new Promise((resolve) => setImmediate(resolve));
        for (let i = 0; i < BATCH; i++) {
          const input = mutate(choose(), corpus[random(corpus.length)]!);
          await one(input);
          if (!coverage?.take()) continue;
          corpus.push(input);
          works.push(coverage.work);
        }
      }
    },
    corpus,
    get executions() {
      return executions;
    },
    get edges() {
      return coverage?.edges ?? 0;
    },
  };
}

/** The smallest inputs that together reach all that `corpus` reaches. */
export async function minimise(corpus: readonly Uint8Array[], run: Run, branches: Branches): Promise<Uint8Array[]> {
  const coverage = createCoverage(branches);
  const kept: Uint8Array[] = [];
  for (const input of [...corpus].sort((a, b) => a.length - b.length)) {
    coverage.reset();
    try {
      await run(input);
    } catch {
      continue; // a fault: told by the loop, no input to grow from
    }
    if (coverage.take()) kept.push(input);
  }
  return kept;
}
