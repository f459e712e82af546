// Snowflake ids (41 bits of milliseconds, 10 bits of node, 12 bits of sequence) as eKuiper's props("snowflake"). Not a function itself.
import type { Clock } from '../../../base/clock.ts';

/** 2010-11-04T01:42:54.657Z, Twitter's epoch, which eKuiper's library uses. */
const EPOCH_MS = 1_288_834_974_657;
const NODE = 1n;
const LAST_STEP = 4095n;

/** @returns a generator of ids as text, ascending also when the clock stands still or goes back */
export function createSnowflake(clock: Pick<Clock, 'now'>): () => string {
  let ms = 0n;
  let step = 0n;
  return () => {
    const now = BigInt(Math.trunc(clock.now()) - EPOCH_MS);
    if (now > ms) {
      ms = now;
      step = 0n;
    } else if (step < LAST_STEP) step++;
    else {
      ms++;
      step = 0n;
    }
    return ((ms << 22n) | (NODE << 12n) | step).toString();
  };
}
