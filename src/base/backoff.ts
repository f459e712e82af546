// Delays between tries: exponential with full jitter, reset only after a stable time, so that a fleet does not return in step.

export interface BackoffOptions {
  firstMs?: number;
  maxMs?: number;
  factor?: number;
  /** 0..1, uniform; injected by tests. */
  random?: () => number;
}

export interface Backoff {
  /** Delay before the next try, ms. Grows with every call until `reset`. */
  next(): number;
  reset(): void;
  readonly tries: number;
}

/** The delay after so many tries, for those who keep the number themselves. @param random 0..1, uniform */
export function delayMs(
  { firstMs, maxMs, factor }: { firstMs: number; maxMs: number; factor: number },
  tries: number,
  random: number,
): number {
  const ceilingMs = Math.min(maxMs, firstMs * factor ** tries);
  // never below half of the ceiling: a storm is bounded also for one peer
  return ceilingMs / 2 + (random * ceilingMs) / 2;
}

/** @param options first delay 100 ms, at most 10 s, factor 2 (eKuiper's figures for connections) */
export function createBackoff({ firstMs = 100, maxMs = 10_000, factor = 2, random = Math.random }: BackoffOptions = {}): Backoff {
  let tries = 0;
  return {
    next() {
      return delayMs({ firstMs, maxMs, factor }, tries++, random());
    },
    reset() {
      tries = 0;
    },
    get tries() {
      return tries;
    },
  };
}
