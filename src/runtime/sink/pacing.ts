// Times of a sink's line: its four timers, when it was answered last, and how long the pauses are. Part of sink-line.ts.
import { type Backoff, createBackoff } from '../../base/backoff.ts';
import type { TimerHandle } from '../../base/clock.ts';
import { type LineParts, PATIENCE } from './line-parts.ts';

/** A full queue that moved within this time is just busy; otherwise it goes to disk without waiting longer. */
const BUSY_MS = 200;
/** A peer that answered nothing for so long is lost: it is opened anew. */
export const ANSWER_LIMIT_MS = 60_000;
/** Pause before the next try of a row on which a peer fails that is there. */
export const SOON_MS = 500;

export type LineTimer = 'retry' | 'watch' | 'guard' | 'flush';

export class Pacing {
  /** When the peer answered last, whatever it said; monotonic ms. */
  lastAnswerMs = 0;
  /** When something was delivered last, or began to wait. */
  private lastProgressMs = 0;
  /** The peer is there: the next pause is short. */
  soon = false;
  private readonly parts: LineParts;
  private readonly timers: Record<LineTimer, TimerHandle | undefined> = {
    retry: undefined,
    watch: undefined,
    guard: undefined,
    flush: undefined,
  };
  private backoff: Backoff | undefined;

  constructor(parts: LineParts) {
    this.parts = parts;
  }

  arm(timer: LineTimer, delayMs: number, fire: () => void): void {
    const { clock } = this.parts;
    clock.clear(this.timers[timer]);
    this.timers[timer] = clock.setTimer(delayMs, fire);
  }

  clear(timer: LineTimer): void {
    this.parts.clock.clear(this.timers[timer]);
    this.timers[timer] = undefined;
  }

  answered(): void {
    this.lastAnswerMs = this.parts.clock.monotonic();
  }

  progressed(): void {
    this.lastProgressMs = this.parts.clock.monotonic();
    this.lastAnswerMs = this.lastProgressMs;
  }

  /** Answers nothing for so long: to disk. */
  get watchMs(): number {
    return this.parts.spillAfterMs * this.parts.patience;
  }

  get guardMs(): number {
    return ANSWER_LIMIT_MS * (this.parts.patient ? PATIENCE : 1);
  }

  /** Did something move a moment ago, or may the sink take its time? */
  get isBusy(): boolean {
    return this.parts.patient || this.stillMs <= BUSY_MS * this.parts.patience;
  }

  /** Nothing was delivered for so long. */
  get stillMs(): number {
    return this.parts.clock.monotonic() - this.lastProgressMs;
  }

  /** The pause before the next try. */
  retryMs(): number {
    const { cache, random } = this.parts;
    if (cache.resendIntervalMs > 0) return cache.resendIntervalMs;
    if (this.soon) {
      this.soon = false;
      return SOON_MS / 2 + (random() * SOON_MS) / 2;
    }
    this.backoff ??= createBackoff({ random });
    return this.backoff.next();
  }

  /** The next pause is the first one again. */
  reset(): void {
    this.backoff?.reset();
  }
}
