// Asks instruments in turn and waits for each answer: one conversation at a time on a line, with time-outs and repeats.
import type { Clock, TimerHandle } from '../../base/clock.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { KeptPort } from '../port/index.ts';
import type { LineReader } from './line-reader.ts';
import type { Request } from './requests.ts';

/** How often an absent port is looked at before a round of requests. */
const AWAY_MS = 100;

export interface PollerOptions {
  pollMs: number;
  timeoutMs: number;
  retries: number;
  turnaroundMs: number;
}

export interface PollerEvents {
  answer(frame: Buffer, request: Request): void;
  /** All repeats went unanswered, or the request could not be written. */
  failed(request: Request, reason: string): void;
  /** A frame that nobody asked for. */
  unasked(): void;
}

export interface Poller {
  /** Each frame of the line. */
  frame(frame: Buffer): void;
  stop(): void;
}

export function startPoller(
  clock: Clock,
  port: KeptPort,
  reader: LineReader,
  requests: readonly Request[],
  o: PollerOptions,
  events: PollerEvents,
): Poller {
  let stopped = false;
  let waiting: ((frame: Buffer | undefined) => void) | undefined;
  let pause: TimerHandle | undefined;

  const answerWithin = (ms: number): Promise<Buffer | undefined> =>
    new Promise((resolve) => {
      const timer = clock.setTimer(ms, () => waiting?.(undefined));
      waiting = (frame) => {
        waiting = undefined;
        clock.clear(timer);
        resolve(frame);
      };
    });
  const ask = async (request: Request): Promise<void> => {
    let reason = '';
    for (let tries = 0; tries <= o.retries && !stopped; tries++) {
      reader.reset(); // a late answer to the request before must not be taken for this one
      try {
        const answer = answerWithin(o.timeoutMs);
        await port.write(request.bytes);
        const frame = await answer;
        if (stopped) return;
        if (frame) return events.answer(frame, request);
        reason = `no answer within ${o.timeoutMs} ms`;
      } catch (error) {
        (waiting as ((frame: undefined) => void) | undefined)?.(undefined);
        reason = messageOf(error);
        break; // the port is away: repeats would fail alike
      }
    }
    if (!stopped) events.failed(request, reason);
  };
  const round = async (): Promise<void> => {
    const startMs = clock.monotonic();
    if (port.state !== 'connected') {
      // its state says so already: no request is counted as unanswered
      pause = clock.setTimer(Math.min(o.pollMs, AWAY_MS), () => void round());
      return;
    }
    for (const request of requests) {
      if (stopped) return;
      if (port.state !== 'connected') break;
      await port.converse(() => ask(request));
      if (o.turnaroundMs > 0 && !stopped) await new Promise<void>((resolve) => clock.setTimer(o.turnaroundMs, resolve));
    }
    if (!stopped) pause = clock.setTimer(Math.max(0, startMs + o.pollMs - clock.monotonic()), () => void round());
  };
  void round();
  return {
    frame(frame) {
      if (waiting) waiting(frame);
      else events.unasked();
    },
    stop() {
      stopped = true;
      clock.clear(pause);
      waiting?.(undefined);
    },
  };
}
