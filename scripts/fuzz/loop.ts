// The loop: choose, mutate, run, keep what reached something new. Runs in the thread of worker.ts, or right in a test. Inputs run in batches;
// a batch that reached a new branch is halved until the input is found.
import type { Coverage, Edge } from './coverage.ts';
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

const BATCH = 96;

export function createLoop({ target, run, seed, corpus, coverage, before, fault }: LoopOptions): Loop {
  const random = createRandom(seed);
  const { mutate } = createMutator(random, target.words ?? [], target.maxBytes);
  const seen = new Set<Edge>();
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
  const all = async (inputs: readonly Uint8Array[]): Promise<Edge[]> => {
    for (const input of inputs) await one(input);
    return coverage!.take().filter((e) => !seen.has(e));
  };
  /** Some of these reached something new: finds which. */
  const keep = async (inputs: readonly Uint8Array[]): Promise<void> => {
    if (inputs.length === 1) {
      const found = await all(inputs);
      if (found.length === 0) return; // what is cached or compiled once is not reached again
      for (const e of found) seen.add(e);
      corpus.push(inputs[0]!);
      return;
    }
    const half = inputs.length >> 1;
    for (const part of [inputs.slice(0, half), inputs.slice(half)]) if ((await all(part)).length > 0) await keep(part);
  };
  /** New finds are tried more often than old ones. */
  const choose = (): Uint8Array => {
    const n = corpus.length;
    return corpus[random(4) === 0 ? n - 1 - random(Math.min(n, 8)) : random(n)]!;
  };

  let begun = false;
  const begin = async (): Promise<void> => {
    begun = true;
    if (corpus.length === 0) corpus.push(new Uint8Array(0));
    if (coverage) {
      coverage.take();
      for (const e of await all([...corpus])) seen.add(e);
    }
  };

  return {
    async go(count) {
      if (!begun) await begin();
      const end = executions + count;
      while (executions < end) {
        if (!coverage) {
          for (let i = 0; i < BATCH; i++) {
            const input = mutate(choose(), corpus[random(corpus.length)]!);
            executions++;
            before(input);
            try {
              const result = run(input);
              if (result) await result;
            } catch (error) {
              fault(input, error);
            }
          }
          continue;
        }
        const inputs: Uint8Array[] = [];
        for (let i = 0; i < BATCH; i++) inputs.push(mutate(choose(), corpus[random(corpus.length)]!));
        if ((await all(inputs)).length > 0) await keep(inputs);
      }
    },
    corpus,
    get executions() {
      return executions;
    },
    get edges() {
      return seen.size;
    },
  };
}

/** The smallest inputs that together reach all that `corpus` reaches. */
export async function minimise(corpus: readonly Uint8Array[], run: Run, coverage: Coverage): Promise<Uint8Array[]> {
  const seen = new Set<Edge>();
  const kept: Uint8Array[] = [];
  for (const input of [...corpus].sort((a, b) => a.length - b.length)) {
    coverage.take();
    try {
      await run(input);
    } catch {
      continue; // a fault: told by the loop, no input to grow from
    }
    const found = coverage.take().filter((e) => !seen.has(e));
    if (found.length === 0) continue;
    for (const e of found) seen.add(e);
    kept.push(input);
  }
  return kept;
}
