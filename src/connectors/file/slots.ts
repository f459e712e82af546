// How many files may be open at once: who opens one more waits until another one is closed. Used by sink.ts.

export class Slots {
  private taken = 0;
  private readonly waiting: (() => void)[] = [];
  private readonly limit: number;
  private readonly wanted: () => void;

  /** @param wanted called when somebody has to wait: one of the open files should be closed */
  constructor(limit: number, wanted: () => void) {
    this.limit = limit;
    this.wanted = wanted;
  }

  /** Resolves when one more file may be open; each is given back. */
  take(): Promise<void> {
    if (this.taken < this.limit) {
      this.taken++;
      return Promise.resolve();
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.waiting.push(resolve);
    this.wanted();
    return promise;
  }

  give(): void {
    const next = this.waiting.shift();
    if (!next) {
      this.taken--;
      return;
    }
    next();
    // those behind it wait for further files
    if (this.waiting.length > 0) this.wanted();
  }
}
