// Questions to a plugin, one after the other: the plugin dials and asks "what shall I do?", the answer is our question, and its next request is its
// answer. It says "handshake" when it has waited for long; a question that met that moment is asked again. Used by plugin-process.ts.
import type { Clock, TimerHandle } from '../../base/clock.ts';
import { ioError } from '../../base/errors/gateway-error.ts';
import { listenRep, type RepSocket } from './sp-socket.ts';

export interface Conversation {
  /** Settles when the plugin has said hello. @throws ioError after the time, or when it is ended */
  greeted(limitMs: number): Promise<void>;
  /** @throws NoAnswer after the time; PluginGone when its process ends meanwhile */
  ask(content: string, limitMs: number): Promise<Buffer>;
  /** The process has ended: what is under way fails. */
  gone(): void;
  close(): void;
}

export class NoAnswer extends Error {}
export class PluginGone extends Error {}

interface Question {
  content: Buffer;
  limitMs: number;
  resolve: (answer: Buffer) => void;
  reject: (error: Error) => void;
  timer: TimerHandle | undefined;
}

/** 'h' of handshake: answers are JSON or a text that begins otherwise. */
const HANDSHAKE = 0x68;

export async function openConversation(path: string, clock: Clock): Promise<Conversation> {
  const queue: Question[] = [];
  let current: Question | undefined;
  let hello = Promise.withResolvers<void>();
  hello.promise.catch(() => undefined);

  const settle = (work: (q: Question) => void) => {
    const q = current;
    current = undefined;
    if (!q) return;
    clock.clear(q.timer);
    work(q);
  };
  const next = () => {
    if (current || queue.length === 0 || !rep.waits) return;
    const q = queue.shift()!;
    current = q;
    q.timer = clock.setTimer(q.limitMs, () => settle((late) => late.reject(new NoAnswer(`no answer within ${late.limitMs / 1000} s`))));
    rep.answer(q.content);
  };
  const gone = () => {
    settle((q) => q.reject(new PluginGone('its process ended')));
  };
  const rep: RepSocket = await listenRep(
    path,
    (content) => {
      hello.resolve();
      if (content[0] === HANDSHAKE) {
        if (current) rep.answer(current.content);
      } else settle((q) => q.resolve(content));
      next();
    },
    gone,
  );
  return {
    async greeted(limitMs) {
      const timer = clock.setTimer(limitMs, () => hello.reject(ioError(`it did not connect within ${limitMs / 1000} s`)));
      try {
        await hello.promise;
      } finally {
        clock.clear(timer);
      }
    },
    ask: (content, limitMs) =>
      new Promise((resolve, reject) => {
        queue.push({ content: Buffer.from(content), limitMs, resolve, reject, timer: undefined });
        next();
      }),
    gone() {
      gone();
      hello.reject(ioError('its process ended'));
      hello = Promise.withResolvers<void>();
      hello.promise.catch(() => undefined);
    },
    close() {
      gone();
      for (const q of queue.splice(0)) q.reject(new PluginGone('the plugin was removed'));
      hello.reject(ioError('the plugin was removed'));
      rep.close();
    },
  };
}
