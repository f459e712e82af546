// What all inputs together have reached: a branch that never ran before is new, and so is one that an input runs far more often than any input
// before it (so that what grows with the square of the input is driven up until it shows). Used by loop.ts.
import type { Branches } from './instrument.ts';

/** An input that runs a branch so many times as often as any before is kept, from so many rounds on. */
const GROWTH = 1.5;
const MIN_ROUNDS = 64;

export interface Coverage {
  /** Forgets what ran since the last call. */
  reset(): void;
  /** Takes what ran since the last call as one input. @returns true when it reached something new */
  take(): boolean;
  /** Branches that the input of the last `take` ran, each as often as it did: what it costs, in a way that is the same each time. */
  readonly work: number;
  /** Branches reached. */
  readonly edges: number;
}

export function createCoverage(branches: Branches): Coverage {
  const { counts } = branches;
  /** More rounds than this are new. */
  const most = new Uint32Array(counts.length);
  let edges = 0;
  let work = 0;
  return {
    reset() {
      counts.fill(0, 0, branches.used);
    },
    take() {
      const { used } = branches;
      let isNew = false;
      work = 0;
      for (let i = 0; i < used; i++) {
        const count = counts[i]!;
        work += count;
        if (count <= most[i]!) continue;
        isNew = true;
        if (most[i] === 0) edges++;
        most[i] = Math.max(MIN_ROUNDS, Math.floor(count * GROWTH));
      }
      counts.fill(0, 0, used);
      return isNew;
    },
    get work() {
      return work;
    },
    get edges() {
      return edges;
    },
  };
}
