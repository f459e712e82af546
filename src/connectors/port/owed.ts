// Answers that are still under way on a line after their request was given up. Kept per port, since several streams may ask on it. Used by
// serial/conversation.ts.
import type { Clock, TimerHandle } from '../../base/clock.ts';

export class Owed {
  /** Whose answers are under way; undefined: none. */
  request: object | undefined;
  /** Whose conversation is under way: frames are for it alone. */
  speaker: object | undefined;
  /** Who asked `request`. */
  owner: object | undefined;
  private count = 0;
  private untilMs = 0;
  private wake: (() => void) | undefined;

  /** So many answers to this request may still come, until then (monotonic ms). */
  add(request: object, owner: object, count: number, untilMs: number): void {
    this.owner = owner;
    this.count = request === this.request ? this.count + count : count;
    this.request = request;
    this.untilMs = Math.max(this.untilMs, untilMs);
  }

  /** One of them came. */
  came(): void {
    if (--this.count > 0) return;
    this.clear();
  }

  /** The line was opened anew: nothing is under way. */
  clear(): void {
    this.request = undefined;
    this.owner = undefined;
    this.count = 0;
    this.untilMs = 0;
    this.wake?.();
  }

  /** Resolves when no answer to another request is under way any more. One conversation at a time waits.
   *  @param ended looked at when the wait ends early */
  async settle(clock: Clock, request: object, ended: () => boolean): Promise<void> {
    while (this.request !== undefined && this.request !== request && !ended()) {
      const leftMs = this.untilMs - clock.monotonic();
      if (leftMs <= 0) {
        this.clear();
        return;
      }
      await new Promise<void>((resolve) => {
        let timer: TimerHandle | undefined;
        const done = () => {
          clock.clear(timer);
          this.wake = undefined;
          resolve();
        };
        timer = clock.setTimer(leftMs, done);
        this.wake = done;
      });
    }
  }

  /** Whoever waits looks again. */
  interrupt(): void {
    this.wake?.();
  }
}
