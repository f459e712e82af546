// Looks at a new version every few seconds and says when it is healthy, or that it has to go. Made by updater.ts; the judgement is health.ts's.
import type { Clock } from '../../base/clock.ts';
import { type Baseline, type Limits, NOTHING_KNOWN, type Observation, observation, observe, type Sample } from './health.ts';

export interface ObserverParts {
  readonly clock: Clock;
  readonly limits: Limits;
  probe(): Promise<Sample>;
  baseline(): Baseline | undefined;
  /** The gateway answered for the first time. */
  ready(): Promise<void>;
  healthy(text: string): Promise<void>;
  leave(reason: string): Promise<void>;
  changed(): void;
  failed(error: unknown): void;
  readonly everyMs?: number;
}

export interface Observer {
  start(): void;
  stop(): void;
  text(version: string): string;
}

export function createObserver(parts: ObserverParts): Observer {
  const { clock, limits, everyMs = 5000 } = parts;
  let running: AbortController | undefined;
  let seen: Observation | undefined;
  let waiting = '';

  const loop = async (signal: AbortSignal): Promise<void> => {
    const baseline = parts.baseline() ?? NOTHING_KNOWN;
    seen = observation(clock.monotonic(), baseline);
    let ready = false;
    while (!signal.aborted) {
      const sample = await parts.probe();
      if (signal.aborted) return;
      if (!ready && sample.silent === undefined) {
        ready = true;
        await parts.ready();
      }
      const [next, { verdict, text }] = observe(seen, baseline, sample, clock.monotonic(), limits);
      seen = next;
      if (text !== waiting) {
        waiting = text;
        parts.changed();
      }
      if (verdict !== 'wait') {
        running = undefined;
        return verdict === 'healthy' ? parts.healthy(text) : parts.leave(text);
      }
      try {
        await clock.sleep(everyMs, signal);
      } catch {
        return; // stopped
      }
    }
  };
  return {
    start() {
      if (running) return;
      running = new AbortController();
      loop(running.signal).catch(parts.failed);
    },
    stop() {
      running?.abort(new Error('stopped'));
      running = undefined;
    },
    text(version) {
      const head = `Version ${version} is under observation for ${Math.round(limits.healthyMs / 1000)} s without a fault, ${Math.round(limits.deadlineMs / 1000)} s at most`;
      return waiting === '' ? `${head}.` : `${head}; still missing: ${waiting}.`;
    },
  };
}
