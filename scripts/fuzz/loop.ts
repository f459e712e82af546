// The loop: choose, mutate, run, keep what reached something new: a branch, or twice as many rounds of one as any input before (so that what
// grows with the square of the input is driven up until it shows). Runs in the thread of worker.ts. Inputs run in batches; a batch that
// reached something new is halved until the input is found.
import { type Coverage, createReached, type Place } from './coverage.ts';
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

const MAX_BATCH = 96;
/** An input that runs a block so many times as often as any before is kept, from so many rounds and such a time on. */
const GROWTH = 1.5;
const MIN_ROUNDS = 64;
const MIN_SLOW_MS = 0.2;
/** Slow inputs come in small batches, so that one that is too slow shows soon. */
const SLOW_BATCH_MS = 100;

export function createLoop({ target, run, seed, corpus, coverage, before, fault }: LoopOptions): Loop {
  const random = createRandom(seed);
  const { mutate } = createMutator(random, target.words ?? [], target.maxBytes);
  const reached = createReached();
  /** Most rounds of a block by one input. */
  const most = new Map<Place, number>();
  /** The slowest input of a batch: time only says which to look at, rounds decide. */
  let slowest: { input: Uint8Array; ms: number } | undefined;
  let slowestKeptMs = 0;
  let executions = 0;
  let batch = MAX_BATCH;

  const one = async (input: Uint8Array): Promise<void> => {
    executions++;
    before(input);
    const beganMs = performance.now();
    try {
      const result = run(input);
      if (result) await result;
    } catch (error) {
      fault(input, error);
    }
    const ms = performance.now() - beganMs;
    if (ms > (slowest?.ms ?? MIN_SLOW_MS)) slowest = { input, ms };
  };
  /** @returns true when something ran for the first time */
  const all = async (inputs: readonly Uint8Array[], learn: boolean): Promise<boolean> => {
    for (const input of inputs) await one(input);
    const snapshot = coverage!.take();
    let isNew = reached.isNew(snapshot);
    if (learn) reached.learn(snapshot);
    if (inputs.length === 1)
      for (const [place, count] of snapshot.counts) {
        if (count <= MIN_ROUNDS || count < GROWTH * (most.get(place) ?? 0)) continue;
        isNew = true;
        most.set(place, count);
      }
    return isNew;
  };
  /** Some of these reached something new: finds which. */
  const keep = async (inputs: readonly Uint8Array[]): Promise<void> => {
    if (inputs.length === 1) {
      // what is cached or compiled once is not reached again, and is not worth keeping
      if (await all(inputs, true)) corpus.push(inputs[0]!);
      return;
    }
    const half = inputs.length >> 1;
    for (const part of [inputs.slice(0, half), inputs.slice(half)]) if (part.length === 1 || (await all(part, false))) await keep(part);
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
      for (const input of [...corpus]) await all([input], true);
    }
  };

  return {
    async go(count) {
      if (!begun) await begin();
      const end = executions + count;
      while (executions < end) {
        // handles and promises of the code under test end in turns of the event loop
        await new Promise((resolve) => setImmediate(resolve));
        if (!coverage) {
          for (let i = 0; i < MAX_BATCH; i++) {
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
        for (let i = 0; i < batch; i++) inputs.push(mutate(choose(), corpus[random(corpus.length)]!));
        const beganMs = performance.now();
        const isNew = await all(inputs, false);
        batch = performance.now() - beganMs > SLOW_BATCH_MS ? Math.max(2, batch >> 1) : Math.min(MAX_BATCH, batch * 2);
        if (isNew) await keep(inputs);
        const slow = slowest;
        slowest = undefined;
        if (slow && slow.ms > GROWTH * slowestKeptMs) {
          slowestKeptMs = slow.ms;
          if (await all([slow.input], true)) corpus.push(slow.input);
        }
      }
    },
    corpus,
    get executions() {
      return executions;
    },
    get edges() {
      return reached.edges;
    },
  };
}

/** The smallest inputs that together reach all that `corpus` reaches. */
export async function minimise(corpus: readonly Uint8Array[], run: Run, coverage: Coverage): Promise<Uint8Array[]> {
  const reached = createReached();
  const kept: Uint8Array[] = [];
  for (const input of [...corpus].sort((a, b) => a.length - b.length)) {
    coverage.take();
    try {
      await run(input);
    } catch {
      continue; // a fault: told by the loop, no input to grow from
    }
    const snapshot = coverage.take();
    if (!reached.isNew(snapshot)) continue;
    reached.learn(snapshot);
    kept.push(input);
  }
  return kept;
}
