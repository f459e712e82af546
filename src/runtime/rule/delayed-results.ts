// Results of a rule that calls delay(): they go to the sinks later, in order, and the rule's next row waits behind them as it would behind a
// sleeping operator. Nothing else waits. Made by rule-run.ts at the first call; see docs/adr/0052-delay-without-sleeping.md.
import type { Clock, TimerHandle } from '../../base/clock.ts';
import type { Result } from '../../data/tuple.ts';

export class DelayedResults {
  private readonly clock: Clock;
  private readonly deliver: (result: Result) => void;
  private readonly onCount: () => void;
  private readonly waiting: { result: Result; atMs: number }[] = [];
  private timer: TimerHandle | undefined;
  /** Asked for by calls since the last result. */
  private owedMs = 0;
  /** Monotonic ms at which the rule would wake up. */
  private busyUntilMs = 0;

  /** @param onCount told when results come or go */
  constructor(clock: Clock, deliver: (result: Result) => void, onCount: () => void) {
    this.clock = clock;
    this.deliver = deliver;
    this.onCount = onCount;
  }

  get count(): number {
    return this.waiting.length;
  }

  /** delay() was called. */
  wait(ms: number): void {
    this.owedMs += ms;
  }

  /** A row is done, with or without a result: what it asked for keeps later rows waiting. */
  settle(): void {
    if (this.owedMs === 0) return;
    this.busyUntilMs = Math.max(this.busyUntilMs, this.clock.monotonic()) + this.owedMs;
    this.owedMs = 0;
  }

  /** @returns false when the result may go on at once; else it is kept, and its messages with it */
  keep(result: Result): boolean {
    this.settle();
    const leftMs = this.busyUntilMs - this.clock.monotonic();
    if (leftMs <= 0 && this.waiting.length === 0) return false;
    for (const ack of result.acks) ack.retain();
    if (this.waiting.push({ result, atMs: this.busyUntilMs }) === 1) this.arm();
    this.onCount();
    return true;
  }

  /** The rule ends: everything goes to the sinks now. */
  flush(): void {
    this.clock.clear(this.timer);
    this.timer = undefined;
    this.busyUntilMs = 0;
    for (const { result } of this.waiting.splice(0)) this.release(result);
  }

  private arm(): void {
    const first = this.waiting[0]!;
    this.timer = this.clock.setTimer(Math.max(1, first.atMs - this.clock.monotonic()), () => {
      this.timer = undefined;
      const nowMs = this.clock.monotonic();
      while (this.waiting.length > 0 && this.waiting[0]!.atMs <= nowMs) this.release(this.waiting.shift()!.result);
      if (this.waiting.length > 0) this.arm();
      this.onCount();
    });
  }

  private release(result: Result): void {
    try {
      this.deliver(result);
    } finally {
      for (const ack of result.acks) ack.release();
    }
  }
}
