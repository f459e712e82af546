// A message under suspicion is tried alone: it waits until what came before it is delivered and confirmed, so that its death costs nobody
// else a repetition. What comes after it from the same source waits behind it, in order; other sources go on. Used by suspects.ts.
import type { Clock } from '../../base/clock.ts';
import type { Meta } from '../../data/tuple.ts';
import type { Data } from './identify.ts';

export type Receive = (data: Data, meta: Meta | undefined, confirm: (() => void) | undefined) => void | Promise<void>;

/** Sinks write and peers confirm meanwhile. */
export const APART_MS = 200;
/** Messages in the line at which they are no longer kept apart: bounded by the peer's window in any case but QoS 0. */
const MAX_WAITING = 10_000;

export class ApartLine {
  private readonly clock: Clock;
  private readonly take: Receive;
  private waiting: { data: Data; meta: Meta | undefined; confirm: (() => void) | undefined; suspect: boolean }[] = [];
  private moved: { promise: Promise<void>; resolve: () => void } | undefined;

  constructor(clock: Clock, take: Receive) {
    this.clock = clock;
    this.take = take;
  }

  get busy(): boolean {
    return this.waiting.length > 0;
  }

  /** @returns a promise to wait for until the line is empty */
  put(data: Data, meta: Meta | undefined, confirm: (() => void) | undefined, suspect: boolean): Promise<void> {
    this.waiting.push({ data, meta, confirm, suspect });
    this.moved ??= Promise.withResolvers<void>();
    const { promise } = this.moved;
    if (this.waiting.length === 1) this.arm();
    else if (this.waiting.length > MAX_WAITING) this.advance();
    return promise;
  }

  private arm(): void {
    this.clock.setTimer(APART_MS, () => this.advance());
  }

  /** The first one, then all up to the next suspect. */
  private advance(): void {
    let first = true;
    while (this.waiting.length > 0 && (first || !this.waiting[0]!.suspect || this.waiting.length > MAX_WAITING)) {
      first = false;
      const { data, meta, confirm } = this.waiting[0]!;
      void this.take(data, meta, confirm);
      this.waiting.shift();
    }
    if (this.waiting.length > 0) return this.arm();
    this.moved?.resolve();
    this.moved = undefined;
  }
}
