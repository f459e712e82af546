// One request at a time on a line, so that an answer is never taken for the answer to another request. An answer that is late when its request was given
// up is still under way: before a request whose answers do not tell whose they are, the line is left silent until it came or its quiet time is
// over. Called by poller.ts inside KeptPort.converse; what counts as an answer: answers.ts.
import type { Clock, TimerHandle } from '../../base/clock.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { KeptPort } from '../port/index.ts';
import type { Answers } from './answers.ts';
import type { LineReader } from './line-reader.ts';
import type { Request } from './requests.ts';

export interface ConversationOptions {
  timeoutMs: number;
  retries: number;
  /** Longest time after a request during which a late answer is waited for. Default: 5 time-outs, 5 s at the least. */
  quietMs: number | undefined;
}

/** What became of a frame that was no answer. */
export type Stray = 'late' | 'echo' | 'foreign' | 'undecodable' | 'unasked';

export type Outcome =
  | { readonly kind: 'answered'; readonly frame: Buffer; readonly tookMs: number }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'stopped' };

export interface Conversation {
  ask(request: Request): Promise<Outcome>;
  /** Each frame of the line. */
  frame(frame: Buffer): void;
  stop(): void;
}

const LEAST_QUIET_MS = 5000;
const QUIET_TIMEOUTS = 5;

export const quietMsOf = ({ quietMs, timeoutMs }: ConversationOptions): number =>
  quietMs ?? Math.max(LEAST_QUIET_MS, QUIET_TIMEOUTS * timeoutMs);

export function createConversation(
  clock: Clock,
  port: Pick<KeptPort, 'write' | 'owed'>,
  reader: Pick<LineReader, 'reset' | 'held'>,
  answers: Answers,
  options: ConversationOptions,
  onStray: (what: Stray, request: Request | undefined, error?: unknown) => void,
): Conversation {
  let stopped = false;
  let current: Request | undefined;
  let answered: ((frame: Buffer | undefined) => void) | undefined;
  let timer: TimerHandle | undefined;
  const { owed } = port;
  const me = {};

  const within = (ms: number): Promise<Buffer | undefined> =>
    new Promise((resolve) => {
      timer = clock.setTimer(ms, () => {
        // an answer that has begun is not cut in two: its rest could be taken for another
        if (reader.held > 0) timer = clock.setTimer(ms, () => answered?.(undefined));
        else answered?.(undefined);
      });
      answered = (frame) => {
        answered = undefined;
        clock.clear(timer);
        resolve(frame);
      };
    });

  const converse = async (request: Request): Promise<Outcome> => {
    if (!answers.identifies(request)) await owed.settle(clock, request, () => stopped);
    let reason = '';
    let sent = 0;
    for (let tries = 0; tries <= options.retries && !stopped; tries++) {
      reader.reset();
      current = request;
      try {
        const answer = within(options.timeoutMs);
        await port.write(request.bytes);
        sent++;
        const sentMs = clock.monotonic();
        const frame = await answer;
        if (stopped) return { kind: 'stopped' };
        if (frame) {
          // the other tries may be answered as well
          if (sent > 1) owed.add(request, me, sent - 1, sentMs + quietMsOf(options));
          return { kind: 'answered', frame, tookMs: clock.monotonic() - sentMs };
        }
        reason = `no answer within ${options.timeoutMs} ms`;
      } catch (error) {
        answered?.(undefined);
        reason = messageOf(error);
        break; // the port is away: repeats would fail alike
      }
    }
    if (sent > 0) owed.add(request, me, sent, clock.monotonic() - options.timeoutMs + quietMsOf(options));
    return stopped ? { kind: 'stopped' } : { kind: 'failed', reason };
  };

  return {
    async ask(request) {
      owed.speaker = me;
      try {
        return await converse(request);
      } finally {
        owed.speaker = undefined;
        current = undefined;
      }
    },

    frame(frame) {
      if (answered && current) {
        const judgement = answers.judge(frame, current);
        if (judgement.kind === 'answer') answered(judgement.frame);
        else onStray(judgement.kind, current, judgement.kind === 'undecodable' ? judgement.error : undefined);
        return;
      }
      // another stream talks on this line, or waits for a late answer
      if ((owed.speaker ?? me) !== me || (owed.owner ?? me) !== me) return;
      const late = owed.request as Request | undefined;
      const judgement = late && answers.judge(frame, late);
      if (judgement?.kind === 'echo') return;
      if (judgement?.kind === 'answer') {
        owed.came();
        onStray('late', late);
      } else onStray('unasked', undefined);
    },

    stop() {
      stopped = true;
      answered?.(undefined);
    },
  };
}
