// Failures at one place (an operator, the decoder of a stream): the last one in words, how often, and whether they go on. Whether they do is
// told by counting what went well since, not by time: a slow source whose every message fails is as ill as a fast one.
// Held by decode-group.ts and run-host.ts; sentences are made by causes.ts.
import { messageOf } from '../../base/errors/gateway-error.ts';

/** A failure among so many rows is one of many. */
const OFTEN = 10;
const SAMPLE_EVERY_MS = 1000;

export class Failing {
  count = 0;
  /** Epoch ms of the first failure of the present series. */
  sinceMs = 0;
  lastAtMs = 0;
  reason = '';
  code = '';
  sample = '';
  /** Failures of the present series. */
  series = 0;
  private seenAtLast = 0;
  /** Rows from one failure to the next, smoothed. */
  private gap = 0;
  private sampledAtMs = Number.NEGATIVE_INFINITY;

  /** @param seen rows that came here so far, this one included */
  happened(error: unknown, seen: number, nowMs: number, sample: () => string): void {
    const gap = seen - this.seenAtLast;
    if (this.count > 0 && (gap <= OFTEN || this.isOn(seen - 1))) this.gap = this.gap === 0 ? gap : (this.gap * 3 + gap) / 4;
    else {
      this.sinceMs = nowMs;
      this.series = 0;
      this.gap = 0;
    }
    this.count++;
    this.series++;
    this.seenAtLast = seen;
    this.lastAtMs = nowMs;
    if (nowMs - this.sampledAtMs < SAMPLE_EVERY_MS && nowMs >= this.sampledAtMs) return;
    this.sampledAtMs = nowMs;
    this.reason = messageOf(error);
    this.code = String((error as { code?: unknown } | null)?.code ?? 'EVAL_FAILED');
    this.sample = sample();
  }

  /** True while all or many rows fail: nothing went well since the last failure, or not more than twice what lay between failures.
   *  @param seen rows that came here so far */
  isOn(seen: number): boolean {
    if (this.count === 0) return false;
    const good = seen - this.seenAtLast;
    return good === 0 || (this.gap > 0 && this.gap <= OFTEN && good < 2 * this.gap);
  }

  /** All failed, or one in so many. */
  share(): string {
    return this.series === 1 ? 'the last row' : this.gap <= 1 ? 'every row' : `about one row in ${Math.round(this.gap)}`;
  }
}
