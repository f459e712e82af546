// Start and stop of the daemon's parts: started downwards, stopped upwards. A part that fails to start stops those before it; a part
// that fails or hangs at its stop never keeps the others from stopping. The list itself is in run.ts.
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors/gateway-error.ts';
import type { Log } from '../base/log.ts';

export interface Part {
  readonly name: string;
  /** @param signal aborts when the daemon is told to stop while it starts */
  start(signal: AbortSignal): void | Promise<void>;
  stop?(): void | Promise<void>;
  /** Longest stop; then the next part is stopped while this one goes on. */
  readonly stopTimeoutMs?: number;
}

export interface Lifecycle {
  /** Rejects with the first failure, after the parts before it were stopped; resolves early when `stop` is called meanwhile. */
  start(): Promise<void>;
  /** Safe to call twice: the second call waits for the first. */
  stop(): Promise<void>;
}

export function createLifecycle(parts: readonly Part[], { clock, log }: { clock: Clock; log: Log }): Lifecycle {
  const started: Part[] = [];
  const abort = new AbortController();
  let starting: Promise<void> | undefined;
  let stopping: Promise<void> | undefined;

  const stopStarted = async () => {
    for (const part of started.toReversed()) {
      if (!part.stop) continue;
      const limitMs = part.stopTimeoutMs ?? 500;
      const beganMs = clock.monotonic();
      try {
        const late = Symbol('late');
        const limit = new AbortController();
        const outcome = await Promise.race([part.stop(), clock.sleep(limitMs, limit.signal).then(() => late)]).finally(() => limit.abort());
        if (outcome === late) log.warn({ code: 'STOP_LATE', part: part.name, limitMs }, 'A part did not stop in time; going on.');
        else log.debug({ part: part.name, tookMs: Math.round(clock.monotonic() - beganMs) }, 'Stopped.');
      } catch (error) {
        log.error({ code: 'STOP_FAILED', part: part.name, reason: messageOf(error) }, 'A part failed to stop; going on.');
      }
    }
    started.length = 0;
  };
  const startAll = async () => {
    for (const part of parts) {
      if (abort.signal.aborted) return;
      try {
        const beganMs = clock.monotonic();
        // counted as started before it is: what it opened half must be closed too
        started.push(part);
        await part.start(abort.signal);
        log.debug({ part: part.name, tookMs: Math.round(clock.monotonic() - beganMs) }, 'Started.');
      } catch (error) {
        await stopStarted();
        throw error;
      }
    }
  };
  return {
    start: () => (starting ??= startAll()),
    stop() {
      abort.abort();
      stopping ??= (async () => {
        // a start under way ends at its next part; its own failure is reported by start()
        await starting?.catch(() => undefined);
        await stopStarted();
      })();
      return stopping;
    },
  };
}
