// Asks again and again: after the usual time, a fifth more or less at random so that a fleet does not come in step, and later and later while it fails.
// Used by pull/agent.ts and hawkbit/agent.ts.
import { type Backoff, createBackoff } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors/gateway-error.ts';
import type { Log } from '../base/log.ts';

export interface Poller {
  start(): void;
  /** Asks now, beside the rhythm. Resolves when the answer was dealt with. */
  poke(): Promise<void>;
  /** Resolves when what is under way has ended. */
  stop(): Promise<void>;
  /** Of the last time: '' = it went well. */
  readonly problem: string;
  readonly lastAtMs: number | undefined;
}

export interface PollerDeps {
  name: string;
  clock: Clock;
  log: Log;
  random: () => number;
  intervalMs(): number;
  once(signal: AbortSignal): Promise<void>;
}

const FIRST_RETRY_MS = 5_000;
const MAX_RETRY_MS = 3_600_000;

export function createPoller({ name, clock, log, random, intervalMs, once }: PollerDeps): Poller {
  const stopping = new AbortController();
  const backoff: Backoff = createBackoff({ firstMs: FIRST_RETRY_MS, maxMs: MAX_RETRY_MS, factor: 2, random });
  let problem = '';
  let lastAtMs: number | undefined;
  let current: Promise<void> | undefined;
  let loop: Promise<void> | undefined;
  const ask = (): Promise<void> =>
    (current ??= once(stopping.signal)
      .then(
        () => {
          problem = '';
          backoff.reset();
        },
        (error: unknown) => {
          if (stopping.signal.aborted) return;
          const text = messageOf(error);
          if (text !== problem) log.warn({ code: 'FLEET', part: name, reason: text }, 'The fleet could not be followed; trying again.');
          problem = text;
        },
      )
      .finally(() => {
        lastAtMs = clock.now();
        current = undefined;
      }));
  const run = async () => {
    while (!stopping.signal.aborted) {
      await ask();
      const usual = intervalMs() * (0.8 + 0.4 * random());
      await clock.sleep(problem === '' ? usual : Math.max(usual, backoff.next()), stopping.signal).catch(() => undefined);
    }
  };
  return {
    start: () => void (loop ??= run()),
    poke: ask,
    async stop() {
      stopping.abort(new Error('the gateway stops'));
      await loop;
      await current;
    },
    get problem() {
      return problem;
    },
    get lastAtMs() {
      return lastAtMs;
    },
  };
}
