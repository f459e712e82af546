// Asks instruments in turn, round after round. One that does not answer is asked less often, so that the others keep their pace. The requests themselves:
// conversation.ts. Started by source.ts.
import type { Clock, TimerHandle } from '../../base/clock.ts';
import type { DeviceReport } from '../../contract/device.ts';
import type { KeptPort } from '../port/index.ts';
import type { Answers } from './answers.ts';
import { type ConversationOptions, createConversation, quietMsOf, type Stray } from './conversation.ts';
import type { LineReader } from './line-reader.ts';
import { createRequestStates, type RequestStates } from './request-state.ts';
import type { Request } from './requests.ts';

/** How often an absent port is looked at before a round of requests. */
const AWAY_MS = 100;
/** An instrument that stays silent takes one part in so many of the line's time. */
const SILENT_REST = 9;
const MAX_REST_MS = 60_000;

export interface PollerOptions extends ConversationOptions {
  pollMs: number;
  turnaroundMs: number;
}

export interface PollerEvents {
  answer(frame: Buffer, request: Request): void;
  /** All repeats went unanswered, or the request could not be written. */
  failed(request: Request, reason: string): void;
  /** A frame that is not an answer. */
  stray(what: Stray, request: Request | undefined, error?: unknown): void;
}

export interface Poller {
  /** Each frame of the line. */
  frame(frame: Buffer): void;
  devices(line: string): DeviceReport[];
  stop(): void;
}

export function startPoller(
  clock: Clock,
  port: KeptPort,
  reader: LineReader,
  requests: readonly Request[],
  answers: Answers,
  o: PollerOptions,
  events: PollerEvents,
): Poller {
  let stopped = false;
  let pause: TimerHandle | undefined;
  let endTurnaround: (() => void) | undefined;
  const states: RequestStates = createRequestStates(requests);
  const conversation = createConversation(clock, port, reader, answers, o, (what, request, error) => {
    if (request && what !== 'echo') states.stray(request);
    events.stray(what, request, error);
  });

  const ask = async (request: Request): Promise<void> => {
    const startMs = clock.monotonic();
    states.asked(request);
    const outcome = await conversation.ask(request);
    if (outcome.kind === 'stopped') return;
    const nowMs = clock.monotonic();
    if (outcome.kind === 'answered') {
      states.answered(request, nowMs, clock.now(), outcome.tookMs);
      request.answered?.();
      events.answer(outcome.frame, request);
      return;
    }
    const costMs = nowMs - startMs + (requests.length > 1 && !requests.every(answers.identifies) ? quietMsOf(o) - o.timeoutMs : 0);
    // alone on its line it keeps nobody waiting
    const restMs = requests.length > 1 && port.state === 'connected' ? Math.min(MAX_REST_MS, SILENT_REST * costMs) : 0;
    states.failed(request, nowMs, outcome.reason, restMs);
    events.failed(request, outcome.reason);
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
      if (!states.isDue(request, clock.monotonic())) continue;
      await port.converse(() => ask(request));
      if (o.turnaroundMs > 0 && !stopped)
        await new Promise<void>((resolve) => {
          const timer = clock.setTimer(o.turnaroundMs, resolve);
          endTurnaround = () => {
            clock.clear(timer);
            resolve();
          };
        });
    }
    if (!stopped) pause = clock.setTimer(Math.max(0, startMs + o.pollMs - clock.monotonic()), () => void round());
  };
  void round();
  return {
    frame: (frame) => conversation.frame(frame),
    devices: (line) => states.report(line, clock.monotonic()),
    stop() {
      stopped = true;
      clock.clear(pause);
      endTurnaround?.();
      conversation.stop();
      port.owed.interrupt();
    },
  };
}
