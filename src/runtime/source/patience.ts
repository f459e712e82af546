// Whether a source is asked to wait, and since when: rules that are behind, and queues of messages that nobody reads yet, count together. Used by
// source-node.ts; connectors get the promise from `emit`.
import type { Clock } from '../../base/clock.ts';

export class Patience {
  private readonly clock: Clock;
  /** Who asks it to wait. */
  private behind = 0;
  private sinceMs: number | undefined;
  private resume: (() => void) | undefined;
  private resumed: Promise<void> | undefined;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  get asked(): boolean {
    return this.behind > 0;
  }

  /** Someone fell behind (+1) or caught up (-1). */
  change(by: 1 | -1): void {
    this.behind += by;
    if (this.behind <= 0) this.goOn();
  }

  /** What a source waits for. */
  wait(): Promise<void> {
    this.sinceMs ??= this.clock.monotonic();
    this.resumed ??= new Promise((resolve) => {
      this.resume = resolve;
    });
    return this.resumed;
  }

  /** For how long it has been waiting, ms; 0 = it does not. */
  get waitingMs(): number {
    return this.sinceMs === undefined ? 0 : Math.round(this.clock.monotonic() - this.sinceMs);
  }

  /** Whoever waits goes on, whatever is behind: the source is closed. */
  goOn(): void {
    const { resume } = this;
    this.resume = undefined;
    this.resumed = undefined;
    this.sinceMs = undefined;
    resume?.();
  }
}
